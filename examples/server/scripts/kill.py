#!/usr/bin/env python3
"""The kill test: API processes, controllers and runners are killed with SIGKILL at random while callers send commands, one of ten
messages is lost and one of ten is repeated. Afterwards nothing may be lost, left over, or done twice.

    examples/server/scripts/kill.py --seconds 60

For each database: callers and kills for `--seconds`; then the kills and the callers stop, everything must come to rest, and the
laws of `chaos/laws.py` must hold. Then what is in error is recovered, and at last everything is destroyed, and the laws must hold
each time. A broken law ends with 1, the stories of the first offenders, and the folder of the run for you to look at.

It needs Linux, Python 3.11 and, for PostgreSQL, the Debian package postgresql-15. Everything listens on the loopback interface.
"""

import argparse
import collections
import pathlib
import random
import re
import shutil
import signal
import sys
import tempfile
import time

from chaos import laws
from chaos.callers import ACCEPTED, REFUSED, UNKNOWN, Callers
from chaos.databases import DATABASES
from chaos.history import STATE, History
from chaos.processes import Platform
from chaos.subscriber import Subscriber
from chaos.watch import Watch

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
FAULTS = ["--fault-lose", "10", "--fault-duplicate", "10", "--fault-delay", "20", "--fault-reorder", "5"]


class Broken(Exception):
    """A law does not hold."""


def main():
    options = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    for name in DATABASES if options.database == "both" else [options.database]:
        if not run(name, options):
            return 1
    return 0


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--seconds", type=float, default=60, help="how long processes are killed [60]")
    parser.add_argument("--database", choices=[*DATABASES, "both"], default="both")
    parser.add_argument("--seed", type=int, default=None, help="the seed of all chances [a new one]")
    parser.add_argument("--sandboxes", type=int, default=30, help="how many sandboxes callers keep [30]")
    parser.add_argument("--refuse", type=int, default=0, help="how many of 100 calls a runner refuses, for errors [0]")
    parser.add_argument("--settle", type=float, default=120, help="within how many seconds everything must rest [120]")
    parser.add_argument("--time-scale", type=int, default=10, help="how fast the platform's time passes [10]")
    parser.add_argument("--binary", type=pathlib.Path, default=REPOSITORY / "target/debug/sandbox-server")
    parser.add_argument("--keep", action="store_true", help="keep the folder of the run also if all laws hold")
    options = parser.parse_args()
    if not options.binary.exists():
        parser.error(f"{options.binary} does not exist: run `cargo build -p sandbox-server`")
    options.seed = random.randrange(1_000_000) if options.seed is None else options.seed
    return options


def run(name, options):
    """Runs the test on one database, and returns whether all laws held."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"sandbox-kill-{name}-"))
    subscriber = Subscriber(options.seed)
    database = DATABASES[name](folder)
    platform = Platform(
        database, folder, options.binary, apis=2, controllers=2, runners=3, webhook=subscriber.url,
        time_scale=options.time_scale, tick=0.5, faults=[*FAULTS, "--fault-refuse", str(options.refuse)],
    )  # fmt: skip
    platform.refuses = options.refuse > 0
    callers, watch = Callers(platform, options.seed, options.sandboxes), Watch(platform)
    print(f"{name}, seed {options.seed}: {options.seconds:g} s of kills", flush=True)
    held = False
    try:
        platform.start()
        watch.start()
        callers.start()
        kill_at_random(platform, random.Random(options.seed), options.seconds)
        callers.stop()
        platform.restart_all()
        history = History(platform, callers, subscriber)
        history.watch = watch
        must_hold(history, "after the kills", options.settle)
        recover(history, options.settle)
        destroy(history, options.settle)
        watch.stop()
        report(history)
        held = True
    except Broken as broken:
        print(broken)
    finally:
        for ending in (callers, watch, platform, subscriber, database):
            ending.stop()
        if held and not options.keep:
            shutil.rmtree(folder)
        else:
            print(f"kept: {folder}")
    return held


def kill_at_random(platform, chance, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        # Now and then there is time to finish something.
        time.sleep(chance.uniform(0.1, 0.8) if chance.random() < 0.95 else 3)
        platform.restart_due()
        must_run(platform)
        running = [process for process in platform.processes if process.process is not None]
        role = chance.choice(sorted({process.role for process in running}))
        victim = chance.choice([process for process in running if process.role == role])
        victim.kill()
        victim.restart_at = time.monotonic() + chance.uniform(0, 2)


def must_run(platform):
    for process in platform.processes:
        if process.ended_by_itself():
            log = process.log.read_text(errors="replace")[-2000:]
            raise Broken(f"{process.name} ended by itself with {process.process.returncode}:\n{log}")


def must_hold(history, when, patience):
    """Waits until everything rests, and then checks every law."""
    begun = time.monotonic()
    while True:
        must_run(history.platform)
        history.read()
        waits = list(laws.unrest(history))
        if not waits or time.monotonic() - begun > patience:
            break
        time.sleep(0.5)
    rested = time.monotonic() - begun
    offences = [(law, *offence) for law in laws.ALL for offence in law(history)]
    states = collections.Counter(row["state"] for row in history.rows.values())
    print(f"  {when}: rest after {rested:.1f} s, {len(laws.ALL)} laws, {len(offences)} offences; {shown(states)}", flush=True)
    if offences:
        found = [f"  {law.__name__}: {sandbox}: {text}" for law, sandbox, text in offences]
        stories = [history.story(sandbox) for sandbox in dict.fromkeys(sandbox for _, sandbox, _ in offences[:5])]
        path = history.platform.folder / "offences.txt"
        path.write_text("\n".join([*found, *stories]))
        raise Broken("\n".join([*found[:40], f"the stories of the first offenders: {path}", *stories[:1]]))


def recover(history, patience):
    """Recovers what is in error, again if a runner refuses that too, and leaves what nothing can bring back."""
    history.errors = [f"{row['id']}: {row['error_reason']}" for row in history.rows.values() if row["state"] == "error"]
    for _ in range(10):
        failed = [row["id"] for row in history.rows.values() if row["state"] == "error" and row["recoverable"]]
        if not failed:
            return
        send_to_all(history, failed, "recover", patience)
        must_hold(history, f"after {len(failed)} recoveries", patience)
    raise Broken(f"not recovered after ten times: {failed}\n{history.story(failed[0])}")


def destroy(history, patience):
    """Destroys everything; forks before their parents."""
    for _ in range(20):
        live = {row["id"]: row for row in history.rows.values() if row["state"] != "destroyed"}
        parents = {row["parent_id"] for row in live.values()}
        if not live:
            break
        send_to_all(history, [sandbox for sandbox in live if sandbox not in parents], "destroy", patience)
        must_hold(history, "after destroying", patience)


def send_to_all(history, sandboxes, kind, patience):
    """Sends a command to sandboxes that rest, until the API has heard it."""
    chance = random.Random(0)
    for sandbox in sandboxes:
        item = {"id": sandbox, "state": "", "cpu": 1, "disk": 1}
        deadline = time.monotonic() + patience
        while (request := history.callers.command(chance, kind, item)).outcome == UNKNOWN:
            if time.monotonic() > deadline:
                raise Broken(f"nobody answers: {request}")
            time.sleep(0.2)
        gone = kind == "destroy" and request.status == 404  # With its owner.
        if request.outcome == REFUSED and not gone and not must_wait(request):
            raise Broken(f"refused: {request}\n{history.story(sandbox)}")


def must_wait(request):
    """Whether a refusal is one of the rules for what the callers had done before."""
    return "cooldown" in str(request.answer) or "not_recoverable" in str(request.answer)


def report(history):
    platform, callers = history.platform, history.callers
    kills, outcomes = collections.Counter(), collections.Counter()
    for process in platform.processes:
        kills[process.role] += process.kills
    for request in callers.requests:
        outcomes[request.outcome] += 1
    kinds = collections.Counter(request.kind for request in callers.requests if request.outcome == ACCEPTED)
    logs = {log.stem: log.read_text(errors="replace") for log in platform.logs.iterdir()}
    runners = "".join(text for name, text in logs.items() if name.startswith("runner"))
    errors = sum(bool((changed := w.change(STATE)) and changed[1] == "error") for ws in history.writes.values() for w in ws)
    deliveries = history.subscriber.deliveries()
    print(f"  killed: {shown(kills)}")
    print(f"  requests: {shown(outcomes)}; {callers.unsent} unsent")
    print(f"  accepted: {shown(kinds)}")
    print(f"  messages taken by runners: {len(re.findall(r'taken message=| taken ', runners))}")
    print(f"  events: {len(history.events)} committed and seen, {deliveries} deliveries")
    print(f"  sandboxes: {len(history.rows)}; errors on the way: {errors}, at rest: {len(history.errors)}")
    for error in history.errors:
        print(f"    {error}")
    print("  all laws held", flush=True)


def shown(counts):
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))


if __name__ == "__main__":
    sys.exit(main())
