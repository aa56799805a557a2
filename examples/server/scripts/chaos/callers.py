"""Callers of the API: threads that send random commands, and note what became of each request."""

import dataclasses
import http.client
import itertools
import json
import random
import threading
import time

ACCEPTED, REFUSED, UNKNOWN = "accepted", "refused", "unknown"


@dataclasses.dataclass
class Request:
    """A request, and what its caller knows of it."""

    number: int
    kind: str
    sandbox: str | None
    argument: object
    sent: float
    answered: float | None = None
    # Unknown: the connection broke or the server failed, so it may have happened.
    outcome: str = UNKNOWN
    status: int | None = None
    answer: dict = dataclasses.field(default_factory=dict)

    def __str__(self):
        states = " ".join(str(self.answer.get(field)) for field in ("state", "desiredState", "message") if field in self.answer)
        return f"{self.sent:.3f} {self.kind} {self.argument or ''} -> {self.outcome} {self.status or ''} {states}"


class Client:
    """Sends requests to an API, one connection each: a request on a connection that a kill has closed is lost unsent."""

    def __init__(self, key):
        self.headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}

    def send(self, port, method, path, body=None):
        """Returns (status, answer). Raises `ConnectionRefusedError` if nothing was sent, else `OSError` or `HTTPException`."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.connect()
        try:
            text = None if body is None else json.dumps(body)
            connection.request(method, f"/api{path}", text, self.headers)
            response = connection.getresponse()
            read = response.read()
            return response.status, json.loads(read) if read else {}
        finally:
            connection.close()

    def list(self, port):
        """Returns every visible sandbox."""
        found, cursor = [], ""
        while True:
            status, page = self.send(port, "GET", f"/sandbox?limit=100{cursor}")
            if status != 200:
                raise OSError(f"the list answers {status}: {page}")
            found += page["items"]
            if not page.get("nextCursor"):
                return found
            cursor = f"&cursor={page['nextCursor']}"


# Of each command: method and path after the sandbox.
ROUTES = {
    "start": ("POST", "/start"),
    "stop": ("POST", "/stop"),
    "force-stop": ("POST", "/stop?force=true"),
    "destroy": ("DELETE", ""),
    "pause": ("POST", "/pause"),
    "archive": ("POST", "/archive"),
    "resize": ("POST", "/resize"),
    "fork": ("POST", "/fork"),
    "snapshot": ("POST", "/snapshot"),
    "recover": ("POST", "/recover"),
    "backup": ("POST", "/backup"),
    "touch": ("POST", "/last-activity"),
    "labels": ("PUT", "/labels"),
    "public": ("POST", "/public/{}"),
    "autoarchive": ("POST", "/autoarchive/{}"),
}

# What callers do with a sandbox in this state, and how often.
USUAL = {
    "started": {"stop": 4, "force-stop": 2, "pause": 3, "backup": 2, "fork": 1, "snapshot": 1, "resize": 1, "destroy": 0.5},
    "stopped": {"start": 5, "archive": 3, "backup": 1, "resize": 1, "snapshot": 1, "destroy": 0.5},
    "paused": {"start": 3, "stop": 2},
    "archived": {"start": 4, "destroy": 0.5},
    "archiving": {"start": 1},
    "error": {"recover": 4, "destroy": 0.5},
}
EDITS = {"labels": 0.3, "public": 0.2, "autoarchive": 0.2, "touch": 0.2}


class Callers:
    def __init__(self, platform, seed, sandboxes, threads=8):
        self.platform, self.seed, self.wanted = platform, seed, sandboxes
        self.client = Client(platform.key)
        self.lock, self.numbers = threading.Lock(), itertools.count(1)
        self.requests, self.seen, self.snapshots = [], {}, []
        self.unsent = 0
        self.stopping = threading.Event()
        work = [(self.look, f"{seed}-look")] + [(self.call, f"{seed}-{number}") for number in range(threads)]
        self.threads = [threading.Thread(target=do, args=(random.Random(of),), daemon=True) for do, of in work]

    def start(self):
        for thread in self.threads:
            thread.start()

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            if thread.is_alive():
                thread.join(timeout=60)

    def look(self, chance):
        """Notes what a list shows, again and again."""
        while not self.stopping.is_set():
            try:
                listed = self.client.list(chance.choice(self.platform.apis).port)
                with self.lock:
                    self.seen = {item["id"]: item for item in listed}
            except (OSError, http.client.HTTPException, ValueError):
                pass
            self.stopping.wait(0.3)

    def call(self, chance):
        while not self.stopping.is_set():
            with self.lock:
                seen = list(self.seen.values())
            if len(seen) < self.wanted and chance.random() < 0.3:
                self.create(chance, seen)
            elif seen:
                sandbox = chance.choice(seen)
                commands = {**USUAL.get(sandbox["state"], {}), **EDITS}
                if sandbox["state"] not in USUAL and chance.random() < 0.5:
                    commands = dict.fromkeys(ROUTES, 1)  # What may come too early.
                if len(seen) > 1.3 * self.wanted:
                    commands.pop("fork", None)
                (kind,) = chance.choices(list(commands), list(commands.values()))
                self.command(chance, kind, sandbox)
            self.stopping.wait(chance.uniform(0, 0.1))

    def create(self, chance, seen):
        body = {"snapshot": chance.choice(["vm", "default"]), "autoStopInterval": 0, "autoPauseInterval": 0}
        kind, owners = chance.random(), [item["id"] for item in seen if item["state"] == "started"]
        with self.lock:
            snapshots = list(self.snapshots)
        if kind < 0.1:
            body["autoDeleteInterval"] = 0
        elif kind < 0.15:
            body["ttlMinutes"] = 2
        elif kind < 0.2:
            body["autoStopInterval"] = 1
        elif kind < 0.25 and owners:
            body |= {"autoDeleteInterval": 0, "linkedSandbox": chance.choice(owners)}
        elif kind < 0.3 and snapshots:
            body["snapshot"] = chance.choice(snapshots)
        number = next(self.numbers)
        body["env"] = {"REQUEST": str(number)}
        self.send(chance, number, "create", None, body, "POST", "/sandbox")

    def command(self, chance, kind, sandbox):
        number = next(self.numbers)
        method, path = ROUTES[kind]
        body = argument = None
        match kind:
            case "resize":
                size = {"cpu": sandbox["cpu"] + 1} if sandbox["state"] == "started" else {"disk": sandbox["disk"] + 1}
                body = argument = size
            case "fork":
                body = {}
            case "snapshot":
                argument = f"snapshot-{number}"
                body = {"name": argument}
            case "recover":
                argument = chance.choice(["", "?skipStart=true"])
                path += argument
            case "labels":
                argument = {"number": str(number)}
                body = {"labels": argument}
            case "public":
                argument = chance.choice(["true", "false"])
            case "autoarchive":
                argument = 5000 + number  # Longer than the test, and no two alike.
        path = path.format(argument)
        return self.send(chance, number, kind, sandbox["id"], argument, method, f"/sandbox/{sandbox['id']}{path}", body)

    def send(self, chance, number, kind, sandbox, argument, method, path, body=None):
        """Sends a request to a random API process, and to another one if that does not run."""
        request = Request(number, kind, sandbox, argument, time.time())
        body = argument if kind == "create" else body
        for api in chance.sample(self.platform.apis, len(self.platform.apis)):
            try:
                request.sent = time.time()
                request.status, request.answer = self.client.send(api.port, method, path, body)
            except ConnectionRefusedError:
                continue
            except (OSError, http.client.HTTPException, ValueError):
                pass
            break
        else:
            with self.lock:
                self.unsent += 1
            return request
        request.answered = time.time()
        if request.status is not None and request.status < 500:
            request.outcome = ACCEPTED if request.status < 300 else REFUSED
        with self.lock:
            self.requests.append(request)
            if kind == "snapshot" and request.outcome == ACCEPTED:
                self.snapshots.append(argument)
        return request
