"""The processes of a platform: several of each role, killed and started again."""

import os
import pathlib
import secrets
import signal
import subprocess
import time
import urllib.error
import urllib.request

from .databases import free_port


class Process:
    """One process, under the same name and on the same port however often it is started."""

    def __init__(self, role, number, command, environment, logs, port=None):
        self.role, self.name, self.port = role, f"{role}-{number}", port
        self.command, self.environment = command, environment
        self.log = logs / f"{self.name}.log"
        self.kills = 0
        self.process = None
        self.restart_at = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        self.restart_at = None

    def kill(self):
        """Kills the process alone, with SIGKILL. A runner's sandboxes go on."""
        self.process.kill()
        self.process.wait()
        self.process = None
        self.kills += 1

    def ended_by_itself(self):
        return self.process is not None and self.process.poll() is not None


class Platform:
    """API processes, controllers and runners on one database and one folder."""

    def __init__(self, database, folder, binary, *, apis, controllers, runners, webhook, time_scale, tick, faults=()):
        self.database, self.folder = database, folder
        self.data, self.witness, self.logs = folder / "data", folder / "witness", folder / "logs"
        for made in (self.witness, self.logs):
            made.mkdir()
        self.key, self.time_scale = secrets.token_hex(16), time_scale
        environment = {
            **os.environ,
            "SANDBOX_RUNNER_TOKEN": secrets.token_hex(16),
            "SANDBOX_API_KEY": self.key,
            "RUST_LOG": os.environ.get("RUST_LOG", "info,sandbox_server::runner=debug"),
        }
        common = [str(binary), "--data", str(self.data)]
        server = [*common, "--database", database.url, "--time-scale", str(time_scale), "--webhook", webhook]
        self.processes = []

        def add(role, number, command, port=None):
            self.processes.append(Process(role, number, command, environment, self.logs, port))

        for role, count in (("api", apis), ("controller", controllers)):
            for number in range(1, count + 1):
                port = free_port()
                add(role, number, [*server, "--role", role, "--rate", "100000", "--listen", f"127.0.0.1:{port}"], port)
        self.apis = [process for process in self.processes if process.role == "api"]
        for number in range(1, runners + 1):
            api = self.apis[number % len(self.apis)]
            options = ["--role", "runner", "--id", f"runner-{number}", "--server", api.url, "--listen", "127.0.0.1:0"]
            options += ["--sandbox-tick", str(tick), "--sandbox-witness", str(self.witness), "--stop-grace", "2"]
            add("runner", number, [*common, *options, "--inventory-interval", "3", *faults])

    def start(self, together=False):
        """Starts everything: the first API process alone, because it makes the tables, or all at once."""
        for process in self.processes:
            process.start()
            if process.port and not together:
                wait_until_answers(process)
        for process in self.processes:
            if process.port:
                wait_until_answers(process)

    def restart_due(self):
        for process in self.processes:
            if process.restart_at is not None and process.restart_at <= time.monotonic():
                process.start()

    def restart_all(self):
        for process in self.processes:
            if process.process is None:
                process.start()

    def stop(self):
        """Kills what this script started: the processes, and the sandboxes that they left running."""
        for process in self.processes:
            if process.process is not None:
                process.kill()
        for processes in self.sandbox_processes().values():
            for found in processes:
                try:
                    os.kill(found["pid"], signal.SIGKILL)
                except ProcessLookupError:
                    pass

    def sandbox_processes(self):
        """Returns the live processes of the sandboxes on this platform's disks, by (sandbox, runner)."""
        found = {}
        prefix = f"{self.data.resolve()}/"
        for folder in pathlib.Path("/proc").iterdir():
            if not folder.name.isdigit():
                continue
            try:
                environment = (folder / "environ").read_bytes().split(b"\0")
                stat = (folder / "stat").read_text()
            except OSError:
                continue
            disk = next((v[len(b"SANDBOX_DISK=") :].decode() for v in environment if v.startswith(b"SANDBOX_DISK=")), "")
            state = stat.rpartition(") ")[2][:1]
            if disk.startswith(prefix) and state not in "ZX":
                # DATA/<runner>/sandboxes/<sandbox>/disk
                runner, _, sandbox, _ = disk[len(prefix) :].split("/")
                found.setdefault((sandbox, runner), []).append({"pid": int(folder.name), "paused": state in "Tt"})
        return found


def wait_until_answers(process, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{process.url}/health", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            if process.ended_by_itself():
                break
            time.sleep(0.05)
    raise SystemExit(f"{process.name} does not start:\n{process.log.read_text()[-2000:]}")
