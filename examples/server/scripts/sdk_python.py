#!/usr/bin/env python3
"""Runs the official Python SDK, unchanged, through every lifecycle method against a running server.

    sdk_python.py --data DIR [--sweeps 20]

DAYTONA_API_URL and DAYTONA_API_KEY name the server. DIR is its data folder. The process of each sandbox counts in a file on
the sandbox's disk, and the script reads these counters there: they go on where a disk is kept, and never back.

Every check prints a line. The first one that fails says what was expected, and the exit code is 1. The script deletes the
sandboxes that it creates, also then.
"""

import argparse
import concurrent.futures
import contextlib
import datetime
import importlib.metadata
import pathlib
import sys
import time
import traceback
import uuid

from daytona import (
    CreateSandboxFromImageParams,
    Daytona,
    DaytonaAuthenticationError,
    DaytonaBadRequestError,
    DaytonaConfig,
    DaytonaConflictError,
    DaytonaError,
    DaytonaNotFoundError,
    DaytonaUnprocessableEntityError,
    ListSandboxesQuery,
    Resources,
    SandboxState,
)

from sdk_checks import Failed, Run
from sdk_races import many_at_once, sweep


def create_and_find(run):
    wrong = DaytonaConfig(api_key="wrong", api_url=run.daytona._api_url)
    run.refused("a wrong key", DaytonaAuthenticationError, None, lambda: Daytona(wrong).get("any"))

    name = f"first-{run.labels['run']}"
    sandbox = run.create(
        name=name,
        labels={"part": "first"},
        env_vars={"GREETING": "hello"},
        auto_stop_interval=20,
        auto_archive_interval=600,
        auto_delete_interval=1200,
        ttl_minutes=300,
        queue_timeout=5,
    )
    run.check("create: the sandbox is started", sandbox.state, SandboxState.STARTED)
    run.check(
        "create: the record has what was asked for",
        (
            sandbox.name,
            sandbox.labels["part"],
            sandbox.env,
            sandbox.public,
            sandbox.sandbox_class,
            sandbox.auto_stop_interval,
            sandbox.auto_archive_interval,
            sandbox.auto_delete_interval,
            sandbox.queue_timeout,
        ),
        (name, "first", {"GREETING": "hello"}, False, "container", 20, 600, 1200, 5),
    )
    run.check("create: the time to live is counted", 299 < minutes_until(sandbox.auto_destroy_at) <= 300)
    run.counts_on("create: its process counts on its disk", sandbox, 0)

    second = run.create(labels={"part": "second"})
    run.check("get by id", run.daytona.get(sandbox.id).name, name)
    run.check("get by name", run.daytona.get(name).id, sandbox.id)
    run.check("list by labels", [found.id for found in run.sandboxes(part="second")], [second.id])
    query = ListSandboxesQuery(labels=run.labels, limit=1)
    run.check("list in pages of one", {found.id for found in run.daytona.list(query)}, {sandbox.id, second.id})
    query = ListSandboxesQuery(labels=run.labels, states=[SandboxState.STOPPED])
    run.check("list by state", list(run.daytona.list(query)), [])

    run.refused("get of an unknown id", DaytonaNotFoundError, None, lambda: run.daytona.get(str(uuid.uuid4())))
    run.refused("create with a name in use", DaytonaConflictError, None, lambda: run.create(name=name))
    run.refused(
        "create with a faulty network",
        DaytonaBadRequestError,
        None,
        lambda: run.create(network_allow_list="not a network"),
    )
    run.refused(
        "create with a time to live out of range", DaytonaBadRequestError, None, lambda: run.create(ttl_minutes=10**12)
    )

    image = CreateSandboxFromImageParams(
        image="debian:12", labels=run.labels, resources=Resources(cpu=3, memory=5, disk=7)
    )
    sized = run.daytona.create(image)
    run.check(
        "create with resources", (sized.state, sized.cpu, sized.memory, sized.disk), (SandboxState.STARTED, 3, 5, 7)
    )
    sized.delete(wait=True)
    second.delete(wait=True)
    run.becomes("delete: the sandbox is gone", "gone", lambda: run.state(second))
    run.check("delete: its disk is gone", run.disk(second).exists(), False)
    run.check("delete: it is not listed", [found.id for found in run.sandboxes()], [sandbox.id])
    return sandbox


def stop_and_start(run, sandbox):
    sandbox.stop()
    run.check("stop: the sandbox is stopped", (sandbox.state, sandbox.desired_state), ("stopped", "stopped"))
    count = run.stands_still("stop: nothing counts", sandbox)
    run.refused("stop of a stopped sandbox", DaytonaBadRequestError, "bad_state", sandbox.stop)
    run.refused("pause of a stopped sandbox", DaytonaBadRequestError, "bad_state", sandbox.pause)
    sandbox.start()
    run.check("start: the sandbox is started", (sandbox.state, sandbox.desired_state), ("started", "started"))
    count = run.counts_on("start: the disk is kept", sandbox, count)
    sandbox.start()
    run.check("start of a started sandbox changes nothing", sandbox.state, SandboxState.STARTED)

    sandbox.stop(force=True)
    run.check("forced stop: the sandbox is stopped", run.state(sandbox), SandboxState.STOPPED)
    count = max(count, run.stands_still("forced stop: nothing counts", sandbox))
    run.refused("recover of a stopped sandbox", DaytonaBadRequestError, "not_recoverable", sandbox.recover)

    def stop_too_early():
        # The start may end before the stop arrives. Then the next attempt counts.
        for _ in range(20):
            run.api.start_sandbox(sandbox.id)
            sandbox.stop()

    run.refused("stop while it starts", DaytonaConflictError, "in_progress", stop_too_early)
    run.becomes("the start goes on", SandboxState.STARTED, lambda: run.state(sandbox))
    run.counts_on("the disk is kept", sandbox, count)

    def answer(_):
        try:
            return run.api.stop_sandbox(sandbox.id) and "accepted"
        except Exception as error:
            return getattr(error, "status", error)

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(answer, range(8)))
    run.check("eight stops at once: one is accepted", answers.count("accepted"), 1)
    run.check("eight stops at once: the others are refused", {400, 409} | {"accepted"} >= set(answers))
    sandbox.wait_for_sandbox_stop()
    sandbox.start()


def settings(run, sandbox):
    sandbox.set_autostop_interval(7)
    sandbox.set_auto_archive_interval(70)
    sandbox.set_auto_delete_interval(-1)
    sandbox.set_ttl(60)
    sandbox.set_public(True)
    sandbox.set_labels(run.labels | {"part": "relabelled"})
    found = run.daytona.get(sandbox.id)
    run.check(
        "intervals are stored",
        (
            found.auto_stop_interval,
            found.auto_archive_interval,
            found.auto_delete_interval,
            found.auto_pause_interval,
        ),
        (7, 70, -1, 0),
    )
    run.check("the time to live counts from now", 59 < minutes_until(found.auto_destroy_at) <= 60)
    run.check("public is stored", found.public)
    run.check("labels are replaced", found.labels, run.labels | {"part": "relabelled"})
    sandbox.set_ttl(0)
    run.check("a time to live of 0 is none", run.daytona.get(sandbox.id).auto_destroy_at, None)

    before = time_of(found.last_activity_at)
    time.sleep(0.01)
    sandbox.refresh_activity()
    run.check("activity is noted", time_of(run.daytona.get(sandbox.id).last_activity_at) > before)

    run.refused(
        "auto-pause of a container",
        DaytonaUnprocessableEntityError,
        "unsupported_class",
        lambda: sandbox.set_auto_pause_interval(5),
    )
    run.refused("an interval out of range", DaytonaBadRequestError, None, lambda: sandbox.set_autostop_interval(10**12))
    run.refused(
        "a negative interval, which the SDK refuses",
        DaytonaBadRequestError,
        None,
        lambda: sandbox.set_autostop_interval(-1),
    )


def resize(run, sandbox):
    count = run.counter(sandbox)
    cpu, memory, disk = sandbox.cpu, sandbox.memory, sandbox.disk
    sandbox.resize(Resources(cpu=cpu + 1, memory=memory + 1))
    found = run.daytona.get(sandbox.id)
    run.check(
        "resize while it runs", (found.state, found.cpu, found.memory), (SandboxState.STARTED, cpu + 1, memory + 1)
    )
    count = run.counts_on("resize while it runs: it runs on", sandbox, count)
    run.refused(
        "a disk that is resized while it runs",
        DaytonaBadRequestError,
        "disk_needs_stop",
        lambda: sandbox.resize(Resources(disk=disk + 5)),
    )
    run.refused(
        "less CPU while it runs",
        DaytonaBadRequestError,
        "cpu_shrink_running",
        lambda: sandbox.resize(Resources(cpu=cpu)),
    )
    run.refused(
        "a resize to the same size", DaytonaBadRequestError, "no_change", lambda: sandbox.resize(Resources(cpu=cpu + 1))
    )
    sandbox.stop()
    sandbox.resize(Resources(cpu=cpu, disk=disk + 5))
    found = run.daytona.get(sandbox.id)
    run.check("resize while it is stopped", (found.state, found.cpu, found.disk), (SandboxState.STOPPED, cpu, disk + 5))
    run.refused("a smaller disk", DaytonaBadRequestError, "disk_shrink", lambda: sandbox.resize(Resources(disk=disk)))
    sandbox.start()
    run.counts_on("resize: the disk is kept", sandbox, count)


def snapshot(run, sandbox):
    name = f"snapshot-{run.labels['run']}"
    count = run.counter(sandbox)
    sandbox.create_snapshot(name)
    run.check("snapshot: the sandbox is started again", run.state(sandbox), SandboxState.STARTED)
    run.counts_on("snapshot: it runs on", sandbox, count)
    stored = run.daytona.snapshot.get(name)
    run.check("snapshot: it is stored", (stored.name, stored.state), (name, "active"))
    run.check("snapshot: it is listed", name in [found.name for found in run.daytona.snapshot.list().items])
    copy = run.create(snapshot=name)
    run.check("create from the snapshot", (copy.state, copy.snapshot), (SandboxState.STARTED, name))
    run.counts_on("create from the snapshot: it has the disk", copy, count)
    copy.delete(wait=True)
    run.daytona.snapshot.delete(name)
    run.refused("a deleted snapshot", DaytonaNotFoundError, None, lambda: run.daytona.snapshot.get(name))


def archive_and_restore(run, sandbox):
    run.refused("archive of a running sandbox", DaytonaBadRequestError, "bad_state", sandbox.archive)
    run.api.create_backup(sandbox.id)
    run.becomes("backup of a running sandbox", "Completed", lambda: run.daytona.get(sandbox.id).backup_state)
    sandbox.stop()
    count = run.counter(sandbox)
    sandbox.archive()
    run.becomes("archive: the sandbox is archived", SandboxState.ARCHIVED, lambda: run.state(sandbox))
    run.becomes("archive: its disk is released", False, run.disk(sandbox).exists)
    run.refused("stop of an archived sandbox", DaytonaBadRequestError, "bad_state", sandbox.stop)
    sandbox.start()
    run.check("restore: the sandbox is started", run.state(sandbox), SandboxState.STARTED)
    run.counts_on("restore: the newest disk is back", sandbox, count)


def virtual_machine(run):
    machine = run.create(snapshot="vm", auto_stop_interval=0, auto_pause_interval=30)
    run.check("the snapshot vm makes a VM", (machine.state, machine.sandbox_class), (SandboxState.STARTED, "linux-vm"))
    run.check("auto-pause is stored", (machine.auto_pause_interval, machine.auto_stop_interval), (30, 0))
    machine.pause()
    run.check("pause: the VM is paused", run.state(machine), SandboxState.PAUSED)
    count = run.stands_still("pause: nothing counts", machine)
    machine.start()
    run.check("resume: the VM is started", run.state(machine), SandboxState.STARTED)
    count = run.counts_on("resume: it goes on", machine, count)
    machine.pause()
    machine.stop()
    run.check("stop of a paused VM", run.state(machine), SandboxState.STOPPED)
    machine.start()
    count = run.counts_on("start: the disk is kept", machine, count)
    run.refused("both idle timers", DaytonaBadRequestError, "one_idle_timer", lambda: machine.set_autostop_interval(5))
    run.refused(
        "a snapshot without memory of a running VM",
        DaytonaBadRequestError,
        "fs_snapshot_needs_stopped",
        lambda: machine.create_snapshot("unsaved"),
    )

    count = run.counter(machine)
    child = machine.fork(name=f"child-{run.labels['run']}")
    run.check(
        "fork: the child is started", (child.state, child.name), (SandboxState.STARTED, f"child-{run.labels['run']}")
    )
    run.check("fork: the child is another sandbox", child.id != machine.id)
    run.becomes("fork: the parent is started again", SandboxState.STARTED, lambda: run.state(machine))
    run.counts_on("fork: the child has the disk", child, count)
    run.counts_on("fork: the parent runs on", machine, count)
    run.refused("delete of a parent with a fork", DaytonaBadRequestError, "fork_children", machine.delete)
    child.delete(wait=True)
    machine.delete(wait=True)
    run.becomes("delete of the child and then of the parent", "gone", lambda: run.state(machine))


def container_limits(run, sandbox):
    run.refused("pause of a container", DaytonaUnprocessableEntityError, "unsupported_class", sandbox.pause)
    run.refused("fork of a container", DaytonaUnprocessableEntityError, "unsupported_class", sandbox.fork)


def recover(run, sandbox):
    sandbox.stop()
    count = run.counter(sandbox)
    # The runner cannot open the log of the process, so it cannot start it.
    log = run.disk(sandbox).parent / "log"
    log.unlink()
    log.mkdir()
    run.refused("a start that fails", DaytonaError, None, sandbox.start)
    run.check("a start that fails: the sandbox is in error", run.state(sandbox), SandboxState.ERROR)
    run.becomes("a start that fails: it can be recovered", True, lambda: run.daytona.get(sandbox.id).recoverable)
    run.check("a start that fails: the reason is shown", bool(sandbox.error_reason))
    run.refused("start of a failed sandbox", DaytonaBadRequestError, "errored", sandbox.start)
    log.rmdir()
    sandbox.recover()
    run.check(
        "recover: the sandbox is started", (run.state(sandbox), sandbox.error_reason), (SandboxState.STARTED, None)
    )
    run.counts_on("recover: the disk is kept", sandbox, count)


def ephemeral(run):
    sandbox = run.create(ephemeral=True)
    run.check("ephemeral: auto-delete is 0", sandbox.auto_delete_interval, 0)
    run.refused("archive of an ephemeral sandbox", DaytonaBadRequestError, None, sandbox.archive)
    sandbox.stop()
    run.becomes("ephemeral: the stop deletes it", "gone", lambda: run.state(sandbox))
    run.becomes("ephemeral: its disk is gone", False, run.disk(sandbox).exists)


def minutes_until(time_text):
    return (time_of(time_text) - datetime.datetime.now(datetime.timezone.utc)).total_seconds() / 60


def time_of(text):
    return datetime.datetime.fromisoformat(text)


def run_all(run, sweeps):
    sandbox = create_and_find(run)
    stop_and_start(run, sandbox)
    settings(run, sandbox)
    container_limits(run, sandbox)
    resize(run, sandbox)
    snapshot(run, sandbox)
    archive_and_restore(run, sandbox)
    recover(run, sandbox)
    virtual_machine(run)
    ephemeral(run)
    many_at_once(run)
    sweep(run, sweeps)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=pathlib.Path, required=True, help="the data folder of the server")
    parser.add_argument(
        "--sweeps", type=int, default=20, help="how many times a sandbox is started while it is archived"
    )
    arguments = parser.parse_args()
    run = Run(arguments.data)
    try:
        run_all(run, arguments.sweeps)
        run.delete_all()
    except Exception as error:
        if not isinstance(error, Failed):
            traceback.print_exc()
            error = f"after {run.passed} checks: expected no error, found {type(error).__name__}: {error}"
        print(f"FAILED  {error}")
        with contextlib.suppress(Exception):
            run.delete_all()
        return 1
    version = importlib.metadata.version("daytona")
    print(f"Python SDK {version}: {run.passed} checks passed, {arguments.sweeps} rounds of stop, archive, start")
    return 0


if __name__ == "__main__":
    sys.exit(main())
