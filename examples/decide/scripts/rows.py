"""Questions that hypothesis generates: near the rules of stop, start and auto-stop, and around them."""

from datetime import datetime, timedelta, timezone

from hypothesis import strategies as some

STATES = ["started", "stopped", "paused", "archived", "archiving", "starting", "stopping", "error", "destroyed", "creating"]
DESIRED = ["started", "stopped", "paused", "archived", "destroyed"]
# Each input, with the states in which it is accepted.
INPUTS = [
    ({"command": "stop"}, ["started", "paused"]),
    ({"command": "stop", "force": True}, ["started", "paused"]),
    ({"command": "start"}, ["stopped", "archived", "paused", "started"]),
    ({"timer": "autoStop"}, ["started"]),
]
BEGIN = datetime(2024, 10, 1, 16, 45, tzinfo=timezone.utc)


def written(time):
    return time.isoformat().replace("+00:00", "Z")


@some.composite
def questions(draw, defaults):
    """A question `decide`. Its row names only what differs from the defaults, so that a small one is short."""
    asked, accepted = draw(some.sampled_from(INPUTS))
    is_near = draw(some.sampled_from([True, True, True, False]))
    state = draw(some.sampled_from(accepted if is_near else STATES))
    # What demands a settled sandbox is reached often, and so is what is asked after it.
    settled = [state] * 4 if state in DESIRED else []
    desired = state if is_near else draw(some.sampled_from(settled + DESIRED))
    flag = some.booleans()
    seldom = some.sampled_from([False, False, False, True])
    columns = {
        "pending": not is_near and draw(flag),
        "hasRunner": is_near or draw(flag),
        "sandboxClass": draw(some.sampled_from(["container", "linux-vm", "windows", "android"])),
        "autoStopInterval": draw(some.sampled_from([15, 0, 1, 60, 2147483647])),
        "autoDeleteInterval": draw(some.sampled_from([-1, 0, 60])),
        "backupState": draw(some.sampled_from(["None", "Pending", "InProgress", "Completed", "Error"])),
        "hasBackupRef": draw(flag),
        "changedSinceBackup": draw(flag),
        "keptBackup": draw(seldom),
        "isForkChild": draw(seldom),
        "mustAsk": draw(seldom),
        "forceStop": draw(seldom),
        "archiveAttempts": draw(some.sampled_from([0, 3])),
        "revision": draw(some.sampled_from([0, 7, (1 << 32) - 1])),
        "epoch": draw(some.sampled_from([0, 7, (1 << 32) - 1])),
    }
    minutes = columns["autoStopInterval"] if columns["autoStopInterval"] < 1000 else 15
    used = BEGIN - timedelta(minutes=minutes)
    named = {"pending", "hasRunner", "changedSinceBackup"}
    differing = {name: value for name, value in columns.items() if name in named or value != defaults[name]}
    if draw(some.booleans()) and columns["backupState"] in ("Pending", "InProgress"):
        differing["backupSince"] = written(used)
    edge = draw(some.sampled_from([1, 0, -1, 60_000_000]))
    question = {
        "ask": "decide",
        "row": {"state": state, "desiredState": desired} | differing | {"createdAt": written(used)},
        "input": asked,
        "now": written(BEGIN + timedelta(microseconds=edge)),
    }
    context = {
        "liveForkChildren": draw(some.sampled_from([0, 0, 0, 2])),
        "organizationSuspended": draw(seldom),
        "runnerUnready": draw(seldom),
        "warmPool": draw(seldom),
    }
    context = {name: value for name, value in context.items() if value}
    if context:
        question["context"] = context | {"revision": columns["revision"]}
    if draw(some.integers(0, 30)) == 30:
        question["context"] = context | {"revision": (columns["revision"] + 1) % (1 << 32)}
    return question
