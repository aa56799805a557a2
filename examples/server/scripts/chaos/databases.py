"""The databases, read without the server: one function `rows(sql)` for both."""

import json
import os
import pathlib
import shutil
import socket
import sqlite3
import subprocess

# The script that starts and stops the private PostgreSQL of the repository's tests.
CLUSTER = pathlib.Path(__file__).resolve().parents[4] / "tests/store/database/cluster.sh"
DEBIAN = pathlib.Path("/usr/lib/postgresql/15/bin")


def free_port():
    """Returns a port of the loopback interface that nobody uses now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Sqlite:
    name = "sqlite"

    def __init__(self, folder):
        self.path = folder / "sandboxes.db"
        self.url = f"sqlite:{self.path}"

    def rows(self, sql):
        connection = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=10)
        try:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(sql)]
        finally:
            connection.close()

    def stop(self):
        pass


class Postgres:
    """A private cluster. It is stopped and removed when the standard input of its shell closes, so also when this script dies."""

    name = "postgres"

    def __init__(self, folder):
        port = free_port()
        programs = DEBIAN if DEBIAN.exists() else ""
        shell = ["sh", "-c", CLUSTER.read_text(), "cluster", str(programs), str(port)]
        if os.geteuid() == 0:  # initdb refuses to run as root.
            shell = ["runuser", "-u", "postgres", "--", *shell]
        self.shell = subprocess.Popen(shell, cwd="/", stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        said = self.shell.stdout.readline()
        if said.strip() != "ready":
            raise SystemExit(f"PostgreSQL does not start: {said}Install postgresql-15.")
        self.url = f"postgres://postgres@127.0.0.1:{port}/postgres"
        self.psql = str(DEBIAN / "psql") if DEBIAN.exists() else shutil.which("psql")

    def rows(self, sql):
        query = f"SELECT coalesce(json_agg(q), '[]') FROM ({sql}) q"
        read = subprocess.run([self.psql, "-XAtq", "-d", self.url, "-c", query], capture_output=True, text=True, check=True)
        return json.loads(read.stdout)

    def stop(self):
        self.shell.stdin.close()
        self.shell.wait(timeout=60)


DATABASES = {"sqlite": Sqlite, "postgres": Postgres}
