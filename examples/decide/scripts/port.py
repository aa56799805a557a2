"""A part of the rules in another language: stop, start, and the timer auto-stop.

It is as small as such a port can be, and it is checked by `check.py`: against the vectors, and against the program `decide`
on rows that hypothesis generates. `Port(fault)` plants one of `FAULTS`, which both checks must find.
"""

from datetime import datetime, timedelta, timezone

FAULTS = {
    "ephemeral-stop-rests": "a stop of an ephemeral sandbox leaves it stopped and does not delete it",
    "acts-at-the-deadline": "auto-stop acts at its deadline, not strictly later",
    "wrong-code": "a start of a paused container is refused as bad_state",
    "token-kept": "a start does not replace the auth token",
}

HTTP = {"bad_state": 400, "errored": 400, "in_progress": 409, "conflict": 409, "suspended": 403, "unsupported_class": 422}
FAILED = {"error", "build_failed"}
VM = {"linux-vm", "windows"}
SETTLED = {"started", "stopped", "archived", "destroyed", "paused"}
LARGEST = 1 << 32


def instant(text):
    """The microseconds of an RFC 3339 time."""
    epoch = datetime(1970, 1, 1, tzinfo=timezone.utc)
    return (datetime.fromisoformat(text.replace("Z", "+00:00")) - epoch) // timedelta(microseconds=1)


class Port:
    """The port. `defaults` has the default of each column, from the lines `column/…` of `vocabulary.jsonl`."""

    def __init__(self, defaults, fault=None):
        self.defaults, self.fault = defaults, fault

    def decide(self, question):
        """The answer to a question `decide`, or None if it is about something else."""
        row = self.whole(question["row"])
        context = question.get("context", {})
        other_revision = context.get("revision", row["revision"]) != row["revision"]
        match question["input"]:
            case {"command": "stop", **arguments}:
                return refused("conflict") if other_revision else self.stop(row, context, arguments.get("force", False))
            case {"command": "start"}:
                return refused("conflict") if other_revision else self.start(row, context, question["now"])
            case {"timer": "autoStop"}:
                return refused("conflict") if other_revision else self.auto_stop(row, context, question["now"])
        return None

    def whole(self, given):
        """The row with the columns that it leaves out."""
        used = given.get("lastActivityAt", given["createdAt"])
        return self.defaults | {"lastActivityAt": used, "stateSince": used} | given

    def stop(self, row, context, force):
        code = (
            "errored" if row["state"] in FAILED
            else "in_progress" if not is_settled(row)
            else "bad_state" if row["state"] not in {"started", "paused"}
            else "in_progress" if row["pending"]
            else None
        )  # fmt: skip
        if code:
            return refused(code)
        deletes = self.deletes(row, context)
        after = soft_deleted(row) if deletes else row | {"desiredState": "stopped"}
        event = "sandbox.destroyed" if deletes else "sandbox.stopped"
        return step({"command": "stop"}, row, after | {"forceStop": force}, deletes=deletes, event=event)

    def start(self, row, context, now):
        if row["state"] == row["desiredState"] == "started":
            return {"step": {"cause": {"already": "start"}, "expects": {}, "changes": {}, "effects": []}}
        is_paused, is_vm = row["state"] == "paused", row["sandboxClass"] in VM
        to_archive = row["desiredState"] == "archived" and row["state"] in {"stopped", "archiving"}
        code = (
            "suspended" if context.get("organizationSuspended")
            else "errored" if row["state"] in FAILED
            else "in_progress" if not (is_settled(row) or to_archive)
            else "bad_state" if row["state"] not in {"stopped", "archived", "archiving", "paused"}
            else "in_progress" if row["pending"]
            else "unsupported_class" if is_paused and not is_vm
            else None
        )  # fmt: skip
        if code == "unsupported_class" and self.fault == "wrong-code":
            code = "bad_state"
        if code:
            return refused(code)
        token = not is_paused and self.fault != "token-kept"
        after = row | {"desiredState": "started"}
        return step({"command": "start"}, row, after, token=token, event="sandbox.started")

    def auto_stop(self, row, context, now):
        cause = {"timer": "autoStop"}
        armed = (
            row["state"] == row["desiredState"] == "started"
            and not row["pending"]
            and row["hasRunner"]
            and row["autoStopInterval"] > 0
            and not context.get("warmPool")
            and not context.get("runnerUnready")
        )
        deadline = instant(row["lastActivityAt"]) + row["autoStopInterval"] * 60_000_000
        over = instant(now) >= deadline if self.fault == "acts-at-the-deadline" else instant(now) > deadline
        if not (armed and over):
            return {"step": {"cause": cause, "expects": {}, "changes": {}, "effects": []}}
        deletes = self.deletes(row, context)
        after = soft_deleted(row) if deletes else row | {"desiredState": "stopped", "forceStop": False}
        answer = step(cause, row, after | {"archiveAttempts": 0, "restoreAttempts": 0}, deletes=deletes)
        answer["step"]["expects"]["lastActivityAt"] = row["lastActivityAt"]
        return answer

    def deletes(self, row, context):
        """Whether a stop deletes the sandbox: it is ephemeral, and no live fork reads its disk."""
        is_ephemeral = row["autoDeleteInterval"] == 0 and self.fault != "ephemeral-stop-rests"
        return is_ephemeral and context.get("liveForkChildren", 0) == 0


def is_settled(row):
    return row["state"] == row["desiredState"] and row["state"] in SETTLED


def soft_deleted(row):
    return row | {"desiredState": "destroyed", "backupState": "None"}


def refused(code):
    return {"refusal": {"code": code, "http": HTTP[code]}}


def step(cause, row, after, deletes=False, token=False, event=None):
    """The step to `after`, with the invariants that every write enforces, the events, and what follows from the write."""
    state, desired = after["state"], after["desiredState"]
    after = after | {"pending": not is_settled(after) and state not in FAILED and desired != "archived"}
    if after["backupState"] == "Completed" and after["hasBackupRef"] and after["changedSinceBackup"]:
        after["keptBackup"] = True
    if state == "archived":
        after |= {"hasRunner": False, "mustAsk": False}
    loses_runner = row["hasRunner"] and not after["hasRunner"]
    if after["backupState"] != row["backupState"]:
        after["backupSince"] = None
    after["epoch"] = (row["epoch"] + loses_runner) % LARGEST
    after["revision"] = (row["revision"] + 1) % LARGEST
    dies = row["isForkChild"] and desired == "destroyed"
    effects = [
        *(["giveUpName"] if deletes else []),
        *(["rotateToken"] if token else []),
        *([{"runner": "released"}] if loses_runner else []),
        *(["raiseParent"] if dies else []),
    ]
    if desired != row["desiredState"]:
        moved = {"oldDesiredState": row["desiredState"], "newDesiredState": desired}
        effects.append({"emit": {"event": "sandbox.desired-state.updated"} | moved})
    if event:
        effects.append({"emit": {"event": event}})
    changes = {name: value for name, value in after.items() if value != row[name]}
    return {"step": {"cause": cause, "expects": {"revision": row["revision"]}, "changes": changes, "effects": effects}}
