"""The checks of one run against a server with the Python SDK: what was found, what the counters on the disks say, and the
end of the sandboxes.
"""

import contextlib
import time
import uuid

from daytona import CreateSandboxFromSnapshotParams, Daytona, DaytonaError, DaytonaNotFoundError, ListSandboxesQuery
from daytona_api_client import SandboxApi

# How long a change may take that no method of the SDK waits for.
PATIENCE_SECONDS = 30


class Failed(Exception):
    """A check failed. The text says what was expected and what was found."""


class Run:
    """The checks of one run, and its sandboxes: all have the label `run`."""

    def __init__(self, data):
        self.data = data
        self.labels = {"run": uuid.uuid4().hex[:8]}
        self.passed = 0
        self.daytona = Daytona()
        # What no method of the SDK offers: a backup, and commands that are sent without waiting for their end.
        self.api = SandboxApi(self.daytona._api_client)

    def check(self, what, found, expected=True):
        if found != expected:
            raise Failed(f"{what}: expected {expected!r}, found {found!r}")
        self.passed += 1
        print(f"ok      {what}", flush=True)

    def refused(self, what, kind, code, action):
        """Checks that the server refuses an action with a class of error and a code; `None` is any code."""
        try:
            result = action()
        except DaytonaError as error:
            found = (type(error).__name__, error.code if code else None)
            self.check(f"{what}: refused with {kind.__name__} {code or error.code or ''}", found, (kind.__name__, code))
        else:
            raise Failed(f"{what}: expected {kind.__name__} {code or ''}, found the answer {result!r}")

    def becomes(self, what, expected, probe):
        """Checks that a probe gives what is expected, now or soon."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (found := probe()) != expected and time.monotonic() < deadline:
            time.sleep(0.05)
        self.check(what, found, expected)

    def create(self, daytona=None, **settings):
        labels = self.labels | settings.pop("labels", {})
        return (daytona or self.daytona).create(CreateSandboxFromSnapshotParams(labels=labels, **settings))

    def sandboxes(self, **labels):
        return list(self.daytona.list(ListSandboxesQuery(labels=self.labels | labels)))

    def state(self, sandbox):
        """Returns the state as the API shows it now: `gone` for 404."""
        try:
            sandbox.refresh_data()
        except DaytonaNotFoundError:
            return "gone"
        return sandbox.state

    def disk(self, sandbox):
        return self.data / "runner-1" / "sandboxes" / sandbox.id / "disk"

    def counter(self, sandbox):
        """Returns the newest count on the disk, 0 if there is none."""
        try:
            return int((self.disk(sandbox) / "counter").read_text())
        except FileNotFoundError:
            return 0

    def counts_on(self, what, sandbox, last):
        """Checks that the count is never below the last known one and goes on. Returns the new count."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (found := self.counter(sandbox)) == last and time.monotonic() < deadline:
            time.sleep(0.02)
        if found <= last:
            raise Failed(f"{what}: expected a counter above {last}, found {found}")
        self.check(what, True)
        return found

    def stands_still(self, what, sandbox):
        """Checks that nothing counts. Returns the count."""
        before = self.counter(sandbox)
        time.sleep(0.5)
        self.check(what, self.counter(sandbox), before)
        return before

    def delete_all(self):
        """Deletes what the run has created: forks before their parents, which are refused until then."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (left := self.sandboxes()) and time.monotonic() < deadline:
            for sandbox in left:
                with contextlib.suppress(DaytonaError):
                    sandbox.delete()
            time.sleep(0.2)
        self.check("nothing is left", [sandbox.id for sandbox in left], [])
