"""The laws that hold when nothing is killed any more and everything rests. Each yields its offences: a sandbox and a text."""

import collections
import json
import math
import tarfile

from .callers import ACCEPTED, UNKNOWN
from .history import DESIRED, STATE

# The minutes that a change may last (`Policy::default`). No runner refuses a call here, so only after them is a sandbox in error.
LIMITS = {
    "creating": 15, "pulling_snapshot": 30, "restoring": 30, "starting": 5, "stopping": 15, "destroying": 30, "pausing": 30,
    "resuming": 30, "resizing": 30, "snapshotting": 60, "forking": 60, "archiving": 1440,
}  # fmt: skip
AT_REST = {"started", "stopped", "archived", "paused", "destroyed"}


def unrest(history):
    """Everything rests: nothing is pending, asked for, or to be sent, and no timer that this test has set is still to act."""
    for row in history.rows.values():
        state, desired = row["state"], row["desired_state"]
        waits = [name for name in ("pending", "must_ask", "must_ask_store", "repair") if row[name]]
        if waits or state not in AT_REST | {"error"}:
            yield row["id"], f"{state}, desired {desired}, {' '.join(waits)}"
        elif row["backup_state"] in ("Pending", "InProgress") and state != "destroyed":
            yield row["id"], f"its backup is {row['backup_state']}"
        elif state == "error" and desired in ("destroyed", "archived"):
            yield row["id"], f"in error, desired {desired}"
        elif row["auto_destroy_at"] and state != "destroyed":
            yield row["id"], "its time to live is not over"
        elif row["auto_stop_interval"] and state == "started":
            yield row["id"], "it is not idle for long enough"
    for entry in history.outbox:
        if entry["send_at"] is not None:
            yield entry["sandbox_id"], f"the outbox still holds {entry['key']}, attempts {entry['attempts']}"


def settled(history):
    """A sandbox is where it was asked to be. It is in error only after its time limit, or if runners refuse calls."""
    for row in history.rows.values():
        if row["state"] not in (row["desired_state"], "error"):
            yield row["id"], f"at rest in {row['state']}, desired {row['desired_state']}"
    for sandbox, writes in () if history.platform.refuses else history.writes.items():
        since = writes[0].at
        for write in writes:
            before, after = write.change(STATE) or (None, None)
            passed = (write.at - since) * history.platform.time_scale / 60
            if after == "error" and passed < LIMITS.get(before, math.inf):
                yield sandbox, f"an error after {passed:.1f} minutes in {before} (revision {write.revision})"
            if after:
                since = write.at


def events_chain(history):
    """The events lead from the creation to the row without a gap, and each desired state comes from a command or a timer."""
    for sandbox, writes in history.writes.items():
        row = history.rows.get(sandbox)
        # The end of a fork is also an event of creation.
        created = [write.revision for write in writes for event in write.events if event["event"] == "sandbox.created"]
        forks = sum("fork" in write.commands() for write in writes)
        if created[:1] != [0] or len(created) > 1 + forks:
            yield sandbox, f"it was created in the revisions {created}"
        if row is None:
            continue
        for name, column in ((STATE, "state"), (DESIRED, "desired_state")):
            changes = [(write.revision, *changed) for write in writes if (changed := write.change(name))]
            for (_, _, before), (revision, after, _) in zip(changes, changes[1:]):
                if before != after:
                    yield sandbox, f"{name} at revision {revision} begins at {after}, not at {before}"
            last = changes[-1][2] if changes else None
            if last not in (None, row[column]):
                yield sandbox, f"the events end in {last}, and the row has {row[column]}"
        has_timer = row["auto_stop_interval"] or row["auto_destroy_at"] or row["owner_id"] or row["auto_delete_interval"] == 0
        for write in writes:
            changed = write.change(DESIRED)
            refused_pause = history.platform.refuses and changed == ("paused", "started")
            if changed and not write.commands() and not has_timer and not refused_pause and not recovers(history, sandbox):
                yield sandbox, f"nobody asked for {changed[1]} instead of {changed[0]} (revision {write.revision})"


def recovers(history, sandbox):
    return any(request.kind == "recover" and request.outcome != "refused" for request in history.requests[sandbox])


def events_seen(history):
    """Each event was seen by the subscriber at least once, under one key and with one content."""
    committed = {(entry["sandbox_id"], entry["key"]): entry for entry in history.events}
    received = history.subscriber.received
    for key, entry in committed.items():
        content = json.dumps(json.loads(entry["entry"])["message"]["event"], sort_keys=True)
        if key not in received:
            yield key[0], f"nobody saw {key[1]}"
        elif list(received[key]) != [content]:
            yield key[0], f"{key[1]} is {content}, and was seen as {' and '.join(received[key])}"
    for key in received.keys() - committed.keys():
        yield key[0], f"{key[1]} was seen, and is not committed"


def effect_of(request):
    """Returns the command whose event an accepted request has written, or `None` if it had nothing to write."""
    state, desired = request.answer.get("state"), request.answer.get("desiredState")
    match request.kind:
        case "start":
            return None if (state, desired) == ("started", "started") else "start"
        case "stop" | "force-stop":
            return "destroy" if desired == "destroyed" else "stop"
        case "destroy":
            return None if state == "destroyed" else "destroy"
        case "backup":
            return "backup" if request.answer.get("backupState") == "Pending" else None
        case "pause" | "archive" | "resize" | "fork" | "snapshot":
            return request.kind
    return None


def accounts(history):
    """Each accepted request is in the events exactly once, and no event of a command is without a request."""
    rows = {int(history.record(row)["env"]["REQUEST"]): row for row in history.rows.values() if not row["parent_id"]}
    created = {request.number: request for request in history.callers.requests if request.kind == "create"}
    for number, request in created.items():
        if request.outcome == ACCEPTED and rows.get(number, {}).get("id") != request.answer["id"]:
            yield request.answer["id"], f"the create {number} was accepted, and is not there"
        if request.outcome == "refused" and number in rows:
            yield rows[number]["id"], f"the create {number} was refused, and is there"
    for number in rows.keys() - created.keys():
        yield rows[number]["id"], f"nobody asked for the create {number}"
    children = collections.Counter(row["parent_id"] for row in history.rows.values() if row["parent_id"])
    by_sandbox = collections.defaultdict(list)
    for request in history.callers.requests:
        if request.sandbox:
            by_sandbox[request.sandbox].append(request)
    for sandbox, row in history.rows.items():
        done = collections.Counter(command for write in history.writes[sandbox] for command in write.commands())
        least, most = collections.Counter(), collections.Counter()
        for request in by_sandbox[sandbox]:
            if request.outcome == ACCEPTED and (effect := effect_of(request)):
                least[effect] += 1
                most[effect] += 1
                if effect == "fork" and request.answer["id"] not in history.rows:
                    yield sandbox, f"the fork {request.number} was accepted, and its child is not there"
            elif request.outcome == UNKNOWN or request.kind == "recover":
                kinds = {"force-stop": ["stop", "destroy"], "stop": ["stop", "destroy"], "recover": ["start"]}
                most.update(kinds.get(request.kind, [request.kind]))
        if row["owner_id"] or row["auto_destroy_at"]:
            most["destroy"] += 1  # With its owner, or at the end of its time.
        if row["auto_stop_interval"] or row["auto_delete_interval"] == 0:
            most.update({"stop": 1000, "destroy": 1})
        # Several requests may destroy a sandbox in error, and one of them does.
        least["destroy"] = min(least["destroy"], 1)
        # An archive requests a backup, and requests it again if the attempt fails.
        most["backup"] += 4 * done["archive"]
        for command in done.keys() | least.keys():
            if not least[command] <= done[command] <= most[command]:
                asked = f"{least[command]} to {most[command]}"
                yield sandbox, f"{command}: {done[command]} times in the events, and {asked} times in the requests"
        if children[sandbox] != done["fork"]:
            yield sandbox, f"{done['fork']} forks made {children[sandbox]} children"
        yield from last_edit_counts(history, row, by_sandbox[sandbox])


def last_edit_counts(history, row, requests):
    """A value that callers replace is that of an accepted or unknown request which no later accepted one has replaced."""
    record = history.record(row)
    values = {
        "labels": (record.get("labels"), lambda request: request.argument),
        "public": (record.get("public"), lambda request: request.argument == "true"),
        "autoarchive": (row["auto_archive_interval"], lambda request: request.argument),
    }
    for kind, (value, argument) in values.items():
        edits = [request for request in requests if request.kind == kind and request.outcome != "refused"]
        accepted = [request for request in edits if request.outcome == ACCEPTED]
        if not accepted:
            continue
        latest_begin = max(request.sent for request in accepted)
        possible = [request for request in edits if request.outcome == UNKNOWN or request.answered >= latest_begin]
        if value not in [argument(request) for request in possible]:
            yield row["id"], f"{kind} is {value}, and the last accepted request was {accepted[-1]}"


def disks(history):
    """The disk that a sandbox has, or the backup of an archived one, holds the newest number that the sandbox has ever shown."""
    data = history.platform.data
    witness = history.watch.newest()  # Before the disks are read, because the sandboxes go on.
    for row in history.rows.values():
        shown = witness.get(row["id"])
        if row["state"] == "destroyed" or shown is None:
            continue
        if row["runner_id"]:
            counter = data / row["runner_id"] / "sandboxes" / row["id"] / "disk/counter"
            number = int(counter.read_text()) if counter.exists() else None
        else:
            number = counter_of_backup(data / "backups" / f"{row['backup_snapshot']}.tar.gz")
        if number is None or number < shown:
            yield row["id"], f"its newest number is {shown}, and its disk has {number}"
    for sandbox, text in history.watch.offences:
        yield sandbox, text


def counter_of_backup(path):
    if not path.exists():
        return None
    with tarfile.open(path) as archive:
        return int(archive.extractfile("counter").read())


def processes(history):
    """Exactly the started and the paused sandboxes have processes, each on its own runner."""
    running = history.platform.sandbox_processes()
    for (sandbox, runner), found in running.items():
        row = history.rows.get(sandbox)
        if row is None or row["state"] in ("destroyed", "archived", "stopped"):
            yield sandbox, f"{len(found)} processes on {runner}, and the sandbox is {row and row['state']}"
        elif row["runner_id"] != runner:
            yield sandbox, f"{len(found)} processes on {runner}, and its runner is {row['runner_id']}"
    for row in history.rows.values():
        found = running.get((row["id"], row["runner_id"]), [])
        paused = bool(found) and all(process["paused"] for process in found)
        if row["state"] in ("started", "paused") and (not found or paused != (row["state"] == "paused")):
            yield row["id"], f"it is {row['state']}, and its processes are {found}"


def leftovers(history):
    """No disk without its sandbox, no half disk, no backup that nobody needs."""
    data = history.platform.data
    released = {(entry["sandbox_id"], entry["runner_id"]) for entry in history.outbox if entry["kind"] == "release"}
    for folder in data.glob("*/sandboxes/*"):
        sandbox, runner = folder.name, folder.parent.parent.name
        row = history.rows.get(sandbox)
        is_there = (folder / "disk").exists()
        belongs = row is not None and row["runner_id"] == runner and row["state"] != "destroyed"
        if is_there and not belongs and (sandbox, runner) not in released:
            yield sandbox, f"{runner} has a disk of it, and its row says {row and (row['state'], row['runner_id'])}"
        if belongs and row["state"] in AT_REST and not is_there:
            yield sandbox, f"it is {row['state']} on {runner}, which has no disk of it"
        if belongs and is_there and row["state"] in AT_REST:
            noted = json.loads((folder / "state.json").read_text())["size"]
            if any(noted[name] != row[name] for name in ("cpu", "memory", "disk")):
                yield sandbox, f"its size is {[row[name] for name in noted]}, and {runner} noted {noted}"
        for half in ("disk.new", "fork.new", "trash"):
            if (folder / half).exists():
                yield sandbox, f"{runner} has left {half}"
    for half in (data / "snapshots").glob(".*"):
        yield half.name[1:], f"a half snapshot is left: {half.name}"
    for row in history.rows.values():
        folder = data / "backups" / row["id"]
        attempts = [int(path.name.split(".")[0]) for path in folder.glob("*.*")]
        # A newer attempt that was given up is kept as the last resort, until another one completes.
        oldest = int(row["backup_snapshot"].split("/")[1]) if row["has_backup_ref"] else 1
        if row["state"] == "destroyed" and attempts:
            yield row["id"], f"it is destroyed, and the backup store has {attempts}"
        elif any(not oldest <= attempt <= row["backup_attempt"] for attempt in attempts):
            yield row["id"], f"the backup store has {attempts} of {oldest} to {row['backup_attempt']}"
        elif row["state"] != "destroyed" and row["has_backup_ref"] and not (folder / f"{oldest}.tar.gz").exists():
            yield row["id"], f"the backup store has lost {oldest}"


def linked(history):
    """What is linked to a sandbox is destroyed with it."""
    for row in history.rows.values():
        owner = history.rows.get(row["owner_id"])
        if owner and owner["state"] == "destroyed" != row["state"]:
            yield row["id"], f"its owner {owner['id']} is destroyed, and it is {row['state']}"


ALL = [unrest, settled, events_chain, events_seen, accounts, disks, processes, leftovers, linked]
