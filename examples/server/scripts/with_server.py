#!/usr/bin/env python3
"""Runs a command against a server of its own, on a database of its own, and shows that nothing is left of either.

    with_server.py [--database sqlite|postgres] [--binary PATH] [--option OPTION]... -- COMMAND [ARGUMENT]...

The server has a temporary folder and a free port of the loopback interface. The command finds it by DAYTONA_API_URL and
DAYTONA_API_KEY, and `{data}` in its arguments becomes the server's data folder. Afterwards the server gets SIGINT
(Ctrl-C). It must then end by itself, successfully, and leave no process: a command has to delete the sandboxes that it
creates. The exit code is that of the command, or 1 if the server did not start or end as it should.

`--binary` names a built server; without it, the script builds one. `--option=--fault-lose=10` gives the server an option.
PostgreSQL needs the Debian package postgresql-15, or its programs in the PATH.
"""

import argparse
import contextlib
import ctypes
import os
import pathlib
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[3]
START_SECONDS = 60
STOP_SECONDS = 30


class Failed(Exception):
    """The server did not do what it should. The text says what."""


def main():
    arguments = parse_arguments()
    adopt_orphans()
    # A script that is told to stop cleans up, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    binary = arguments.binary or build()
    with tempfile.TemporaryDirectory(prefix="sandbox-server-") as folder, contextlib.ExitStack() as stack:
        # The programs of PostgreSQL run as another user, who must reach their folder.
        os.chmod(folder, 0o755)
        folder = pathlib.Path(folder)
        if arguments.database == "postgres":
            database = stack.enter_context(postgres(folder))
        else:
            database = f"sqlite:{folder}/sandboxes.db"
        kept = children()
        try:
            with server(binary, database, folder, arguments.option) as environment:
                command = [word.replace("{data}", f"{folder}/data") for word in arguments.command]
                code = subprocess.run(command, env=os.environ | environment).returncode
                if code != 0:
                    show_end(folder / "log")
            left = [process for process in children() if process not in kept]
            if left:
                raise Failed("the server left processes: " + ", ".join(describe(process) for process in left))
        finally:
            end_all(kept)
    return code


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--binary", help="a built server; without it, the script builds one")
    parser.add_argument("--option", action="append", default=[], help="an option for the server")
    parser.add_argument("command", nargs="+")
    return parser.parse_args()


def build():
    subprocess.run(["cargo", "build", "--quiet", "--package", "sandbox-server"], cwd=ROOT, check=True)
    return os.environ.get("CARGO_TARGET_DIR", ROOT / "target") / pathlib.Path("debug/sandbox-server")


@contextlib.contextmanager
def server(binary, database, folder, options):
    """Runs the server, and gives the environment for its clients."""
    key, address, log = secrets.token_hex(16), f"127.0.0.1:{free_port()}", folder / "log"
    command = [binary, "--listen", address, "--data", folder / "data", "--database", database, "--api-key", key]
    with open(log, "wb") as output:
        process = subprocess.Popen([*command, "--role", "all", *options], stdout=output, stderr=output)
    try:
        wait_until_healthy(f"http://{address}/health", process)
        yield {"DAYTONA_API_URL": f"http://{address}/api", "DAYTONA_API_KEY": key}
        if process.poll() is not None:
            raise Failed(f"the server ended with exit code {process.returncode} while the command ran")
        process.send_signal(signal.SIGINT)
        try:
            code = process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            raise Failed(f"the server still runs {STOP_SECONDS} seconds after SIGINT") from None
        if code != 0:
            raise Failed(f"the server ended with exit code {code} after SIGINT, expected 0")
    except Failed:
        show_end(log)
        raise
    finally:
        process.kill()
        process.wait()


def show_end(log):
    lines = log.read_text(errors="replace").splitlines()[-40:]
    print("the end of the server's log:", *lines, sep="\n  ", file=sys.stderr)


def wait_until_healthy(url, process):
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise Failed(f"the server ended with exit code {process.returncode} when it was started")
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pass
        time.sleep(0.05)
    raise Failed(f"{url} does not answer 200 within {START_SECONDS} seconds")


@contextlib.contextmanager
def postgres(folder):
    """Runs a private PostgreSQL, and gives its URL."""
    data, log, port = folder / "postgres", folder / "postgres.log", free_port()
    data.mkdir()
    # PostgreSQL refuses to run as root.
    as_user = {}
    if os.geteuid() == 0:
        as_user = {"user": "postgres", "group": "postgres", "extra_groups": []}
        shutil.chown(data, "postgres", "postgres")
    with open(log, "wb") as output:
        run = {"stdout": output, "stderr": output, "cwd": folder, **as_user}
        initdb = [program("initdb"), "--pgdata", data, "--username", "postgres", "--auth", "trust", "--no-sync"]
        subprocess.run([*initdb, "--encoding", "UTF8", "--locale", "C"], check=True, **run)
        settings = ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"]
        process = subprocess.Popen([program("postgres"), "-D", data, "-p", str(port), *settings], **run)
    try:
        deadline = time.monotonic() + START_SECONDS
        ready = [program("pg_isready"), "--quiet", "--host", "127.0.0.1", "--port", str(port)]
        while subprocess.run(ready).returncode != 0:
            if process.poll() is not None or time.monotonic() > deadline:
                raise Failed(f"PostgreSQL does not start: {log.read_text(errors='replace')}")
            time.sleep(0.05)
        yield f"postgres://postgres@127.0.0.1:{port}/postgres"
    finally:
        # SIGINT ends it without waiting for connections.
        process.send_signal(signal.SIGINT)
        process.wait(STOP_SECONDS)


def program(name):
    """Returns the path of a program of PostgreSQL. Debian does not put all of them into the PATH."""
    found = shutil.which(name, path="/usr/lib/postgresql/15/bin") or shutil.which(name)
    if not found:
        raise Failed(f"there is no program {name}: install the Debian package postgresql-15")
    return found


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def adopt_orphans():
    """Makes this process the parent of every descendant that loses its own, so that none can be overlooked."""
    pr_set_child_subreaper = 36
    if ctypes.CDLL(None).prctl(pr_set_child_subreaper, 1, 0, 0, 0) != 0:
        raise Failed("this script needs Linux")


def children():
    """Returns the living processes whose parent is this process."""
    found = pathlib.Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return [int(process) for process in found if state(process) not in ("Z", "")]


def state(process):
    """Returns the letter of the state of a process: Z is one that has ended, and nothing is one that is gone."""
    try:
        return pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def describe(process):
    try:
        words = pathlib.Path(f"/proc/{process}/cmdline").read_text().split("\0")
        return f"{process} ({' '.join(words).strip()}, in {os.readlink(f'/proc/{process}/cwd')})"
    except OSError:
        return str(process)


def end_all(kept):
    """Kills what is left, and what that leaves in turn."""
    while left := [process for process in children() if process not in kept]:
        for process in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
                os.waitpid(process, 0)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failed:
        print(f"FAILED: {failed}", file=sys.stderr)
        sys.exit(1)
