"""Many sandboxes at the same time, and sandboxes that are started at every stage of their archiving."""

import concurrent.futures
import operator
import time
import warnings

from daytona import Daytona, DaytonaConfig, DaytonaConflictError, SandboxState

from sdk_checks import PATIENCE_SECONDS, Failed

SANDBOXES_AT_ONCE = 30
SWEPT_SANDBOXES = 4
LONGEST_START_DELAY_SECONDS = 0.3


def many_at_once(run):
    """Calls methods of many sandboxes at the same time."""
    with concurrent.futures.ThreadPoolExecutor(SANDBOXES_AT_ONCE) as pool:
        sandboxes = list(pool.map(lambda _: run.create(labels={"part": "many"}), range(SANDBOXES_AT_ONCE)))
        run.check(f"{SANDBOXES_AT_ONCE} creates at once", len({sandbox.id for sandbox in sandboxes}), SANDBOXES_AT_ONCE)
        run.check("all are started", {run.state(sandbox) for sandbox in sandboxes}, {SandboxState.STARTED})
        for method, state in [("stop", SandboxState.STOPPED), ("start", SandboxState.STARTED)]:
            list(pool.map(operator.methodcaller(method), sandboxes))
            states = {found.state for found in run.sandboxes(part="many")}
            run.check(f"{SANDBOXES_AT_ONCE} calls of {method} at once", states, {state})
        list(pool.map(operator.methodcaller("delete", wait=True), sandboxes))
    run.becomes(f"{SANDBOXES_AT_ONCE} deletes at once", [], lambda: run.sandboxes(part="many"))


def sweep(run, rounds):
    """Starts sandboxes at every stage of their archiving: no disk may be lost or go back."""
    # Without the waits of one second between two reads that the SDK makes otherwise. It is a documented setting, and the SDK
    # warns of it.
    warnings.simplefilter("ignore", DeprecationWarning)
    daytona = Daytona(DaytonaConfig(use_deprecated_polling=True))
    sandboxes = [run.create(daytona, labels={"part": "sweep"}) for _ in range(min(SWEPT_SANDBOXES, rounds))]
    delays = [LONGEST_START_DELAY_SECONDS * round / max(rounds - 1, 1) for round in range(rounds)]

    def work(number):
        sandbox, count, restored, repeated = sandboxes[number], 0, 0, 0
        for delay in delays[number :: len(sandboxes)]:
            sandbox.stop()
            last, count = count, run.counter(sandbox)
            if count < last:
                raise Failed(
                    f"sweep, {sandbox.id}: expected a counter of at least {last} after the stop, found {count}"
                )
            disk = run.disk(sandbox).stat().st_ino
            sandbox.archive()
            time.sleep(delay)
            repeated += start_until_accepted(sandbox)
            what = f"sweep, {sandbox.id}, start {delay * 1000:.0f} ms after the archive"
            count = run.counts_on(what, sandbox, count)
            restored += run.disk(sandbox).stat().st_ino != disk
        return restored, repeated

    with concurrent.futures.ThreadPoolExecutor(len(sandboxes)) as pool:
        results = list(pool.map(work, range(len(sandboxes))))
    restored, repeated = (sum(column) for column in zip(*results))
    print(f"        {restored} of {rounds} came from their backup, {repeated} starts were refused for a while")
    for sandbox in sandboxes:
        sandbox.delete(wait=True)


def start_until_accepted(sandbox):
    """Starts a sandbox. Where another change is under way, it tries again. Returns how often it was refused."""
    deadline, refused = time.monotonic() + PATIENCE_SECONDS, 0
    while True:
        try:
            sandbox.start()
            return refused
        except DaytonaConflictError:
            if time.monotonic() > deadline:
                raise
        refused += 1
        time.sleep(0.02)
