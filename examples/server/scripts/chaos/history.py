"""What a run leaves: rows, outbox, events and requests, and everything that is known about one sandbox."""

import collections
import datetime
import json
import re

EVENT = re.compile(r"event-(\d+)-(\d+)")
STATE, DESIRED = "sandbox.state.updated", "sandbox.desired-state.updated"
# The command that writes an event.
COMMANDS = {
    "sandbox.started": "start",
    "sandbox.stopped": "stop",
    "sandbox.destroyed": "destroy",
    "sandbox.archived": "archive",
    "sandbox.backup.created": "backup",
}
# The command that writes a state, because no other one does.
STATES = {"pausing": "pause", "resizing": "resize", "forking": "fork", "snapshotting": "snapshot"}


def seconds(text):
    """Reads a time of either database."""
    return datetime.datetime.fromisoformat(text.replace(" ", "T")).timestamp()


class Write:
    """The events of one step: they have one revision."""

    def __init__(self, revision, at):
        self.revision, self.at, self.events = revision, at, []

    def change(self, name):
        """Returns the old and the new word of an event that changes one, or `None`."""
        for event in self.events:
            if event["event"] == name:
                old, new = ("oldState", "newState") if name == STATE else ("oldDesiredState", "newDesiredState")
                return event[old], event[new]
        return None

    def commands(self):
        """Returns the commands that this step can be."""
        named = [COMMANDS[event["event"]] for event in self.events if event["event"] in COMMANDS]
        changed = self.change(STATE)
        return named + ([STATES[changed[1]]] if changed and changed[1] in STATES else [])

    def __str__(self):
        changes = [" -> ".join(map(str, list(event.values())[1:])) or event["event"] for event in self.events]
        return f"{self.at:.3f} revision {self.revision}: {', '.join(changes)}"


class History:
    def __init__(self, platform, callers, subscriber):
        self.platform, self.callers, self.subscriber = platform, callers, subscriber
        self.read()

    def read(self):
        database = self.platform.database
        self.rows = {row["id"]: row for row in database.rows("SELECT * FROM sandbox")}
        self.outbox = database.rows("SELECT * FROM outbox")
        self.events = [entry for entry in self.outbox if entry["kind"] == "event"]
        self.requests = collections.defaultdict(list)
        for request in sorted(self.callers.requests, key=lambda request: request.sent):
            self.requests[request.sandbox or request.answer.get("id")].append(request)
        writes = {}
        for entry in self.events:
            revision, number = map(int, EVENT.fullmatch(entry["key"]).groups())
            write = writes.setdefault((entry["sandbox_id"], revision), Write(revision, seconds(entry["created_at"])))
            write.events.append((number, json.loads(entry["entry"])["message"]["event"]))
        self.writes = collections.defaultdict(list)
        for (sandbox, _), write in sorted(writes.items()):
            write.events = [event for _, event in sorted(write.events, key=lambda event: event[0])]
            self.writes[sandbox].append(write)

    def record(self, row):
        return json.loads(row["record"])

    def story(self, sandbox, lines=400):
        """Returns everything that is known about a sandbox."""
        story = [f"==== {sandbox}"]
        story += [f"  row {field} = {value}" for field, value in self.rows.get(sandbox, {}).items() if value not in (None, 0)]
        for entry in self.outbox:
            if entry["sandbox_id"] == sandbox and entry["kind"] != "event":
                story.append(f"  outbox {entry['key']} attempts {entry['attempts']} send_at {entry['send_at']}")
        story.append("-- requests")
        story += [f"  {request}" for request in self.requests.get(sandbox, ())]
        story.append("-- events")
        story += [f"  {write}" for write in self.writes.get(sandbox, ())]
        story.append("-- logs")
        found = []
        for log in sorted(self.platform.logs.iterdir()):
            with open(log, errors="replace") as file:
                found += [f"  {line[:27]} {log.stem} {line[27:].strip()}" for line in file if sandbox in line]
        return "\n".join([*story, *sorted(found)[-lines:]])
