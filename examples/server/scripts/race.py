#!/usr/bin/env python3
"""Two API processes and two controllers on one database: commands that race, and one winner.

    examples/server/scripts/race.py --rounds 40

All processes start at once on an empty database. In each round several callers send their commands to one sandbox at the same
moment, to both API processes. Of commands that exclude each other exactly one is accepted; of commands that do not, each is
carried out once. At the end the laws of `chaos/laws.py` must hold, and the number of stale writes says how often two were on
one row.
"""

import argparse
import pathlib
import random
import re
import shutil
import sys
import tempfile
import threading
import time
import urllib.request

from chaos import laws
from chaos.callers import ACCEPTED, Callers
from chaos.databases import DATABASES
from chaos.history import History
from chaos.processes import Platform
from chaos.subscriber import Subscriber
from chaos.watch import Watch
from kill import REPOSITORY, Broken, must_hold

# A race: the state in which the sandbox rests before it, the commands, and how many of them are accepted.
RACES = [
    ("started", ["stop"] * 6, {1}),
    ("started", ["stop", "force-stop"] * 3, {1}),
    ("started", ["pause"] * 6, {1}),
    ("started", ["pause", "stop"] * 3, {1}),
    ("started", ["fork"] * 6, {1}),
    ("started", ["resize", "stop", "pause"] * 2, {1}),
    ("stopped", ["start"] * 6, {1}),
    ("stopped", ["start", "archive"] * 3, {1, 2}),  # An archive that has begun may be started.
    ("stopped", ["snapshot", "resize"] * 3, {1}),
    ("stopped", ["archive"] * 6, {1}),
    ("started", ["backup"] * 6, {1}),
    ("started", ["labels"] * 8, {8}),
    ("started", ["public", "labels", "autoarchive"] * 3, {9}),
    ("stopped", ["destroy"] * 6, {1}),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=40, help="how many races [40]")
    parser.add_argument("--database", choices=DATABASES, default="postgres")
    parser.add_argument("--seed", type=int, default=None, help="the seed of all chances [a new one]")
    parser.add_argument("--binary", type=pathlib.Path, default=REPOSITORY / "target/debug/sandbox-server")
    options = parser.parse_args()
    options.seed = random.randrange(1_000_000) if options.seed is None else options.seed
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sandbox-race-"))
    subscriber = Subscriber(options.seed, bad=False)
    database = DATABASES[options.database](folder)
    platform = Platform(
        database, folder, options.binary, apis=2, controllers=2, runners=1, webhook=subscriber.url, time_scale=10, tick=0.5
    )
    platform.refuses = False
    callers, watch = Callers(platform, options.seed, 0), Watch(platform)
    print(f"{options.database}, seed {options.seed}: {options.rounds} races", flush=True)
    held = False
    try:
        platform.start(together=True)
        race = Race(callers, random.Random(options.seed))
        race.same_name()
        for number in range(options.rounds):
            race.round(*RACES[number % len(RACES)])
        history = History(platform, callers, subscriber)
        history.watch = watch
        must_hold(history, "after the races", 60)
        accepted = sum(request.outcome == ACCEPTED for request in callers.requests)
        print(f"  {len(callers.requests)} requests, {accepted} accepted, {stale(platform)} stale writes; one winner each")
        held = True
    except Broken as broken:
        print(broken)
    finally:
        for ending in (platform, subscriber, database):
            ending.stop()
        if held:
            shutil.rmtree(folder)
        else:
            print(f"kept: {folder}")
    return 0 if held else 1


class Race:
    def __init__(self, callers, chance):
        self.callers, self.chance = callers, chance

    def together(self, sends):
        """Does several things at the same moment, and returns what each returns."""
        barrier, results = threading.Barrier(len(sends)), [None] * len(sends)

        def do(place, send):
            chance = random.Random(place)
            barrier.wait()
            results[place] = send(chance)

        threads = [threading.Thread(target=do, args=pair) for pair in enumerate(sends)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results

    def same_name(self):
        def create(chance):
            number = next(self.callers.numbers)
            body = {"name": "wanted", "autoStopInterval": 0, "env": {"REQUEST": str(number)}}
            return self.callers.send(chance, number, "create", None, body, "POST", "/sandbox")

        must_win("create", self.together([create] * 8), {1})

    def round(self, state, commands, winners):
        sandbox = self.sandbox(state)
        results = self.together([lambda chance, kind=kind: self.callers.command(chance, kind, sandbox) for kind in commands])
        must_win(" ".join(commands), results, winners)

    def sandbox(self, state):
        """Returns a new sandbox that rests in this state."""
        number = next(self.callers.numbers)
        body = {"snapshot": "vm", "autoStopInterval": 0, "autoPauseInterval": 0, "env": {"REQUEST": str(number)}}
        made = self.callers.send(self.chance, number, "create", None, body, "POST", "/sandbox").answer
        self.rests(made["id"], "started")
        if state == "stopped":
            self.callers.command(self.chance, "stop", made)
            self.rests(made["id"], "stopped")
        return {**made, "state": state}

    def rests(self, sandbox, state):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            port = self.chance.choice(self.callers.platform.apis).port
            shown = self.callers.client.send(port, "GET", f"/sandbox/{sandbox}")[1]
            if shown["state"] == shown["desiredState"] == state:
                return
            time.sleep(0.02)
        raise Broken(f"{sandbox} does not become {state}: {shown}")


def must_win(what, requests, winners):
    """A request that was accepted and had nothing to write has not won."""
    edits = ("labels", "public", "autoarchive", "create")
    won = [it for it in requests if it.outcome == ACCEPTED and (it.kind in edits or laws.effect_of(it))]
    if len(won) not in winners or any(request.outcome == "unknown" for request in requests):
        listed = "\n  ".join(map(str, requests))
        raise Broken(f"{what}: {len(won)} are accepted, and {sorted(winners)} should be\n  {listed}")


def stale(platform):
    """Returns how many writes found that another writer was first."""
    count = 0
    for process in platform.processes:
        if process.port:
            with urllib.request.urlopen(f"{process.url}/metrics") as metrics:
                found = re.search(r"^sandbox_stale_writes_total (\d+)", metrics.read().decode(), re.MULTILINE)
                count += int(found[1])
    return count


if __name__ == "__main__":
    sys.exit(main())
