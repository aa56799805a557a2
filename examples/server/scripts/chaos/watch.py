"""Watches the sandboxes while everything is killed: their numbers never go back, and no sandbox runs on two runners."""

import threading


class Watch:
    def __init__(self, platform):
        self.platform, self.offences = platform, []
        self.shown, self.lock = {}, threading.Lock()
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def start(self):
        self.thread.start()

    def stop(self):
        self.stopping.set()
        if self.thread.is_alive():
            self.thread.join(timeout=30)

    def run(self):
        while not self.stopping.wait(0.25):
            self.newest()
            runners = {}
            for sandbox, runner in self.platform.sandbox_processes():
                runners.setdefault(sandbox, set()).add(runner)
            for sandbox, found in runners.items():
                if len(found) > 1:
                    self.offend(sandbox, f"it runs on {sorted(found)}")

    def newest(self):
        """Returns the newest number that each sandbox has ever shown."""
        with self.lock:
            for path in self.platform.witness.iterdir():
                if path.name.startswith("."):
                    continue
                number, last = int(path.read_text()), self.shown.get(path.name, 0)
                if number < last:
                    self.offend(path.name, f"it shows {number} after {last}: its disk is older than one before")
                self.shown[path.name] = max(number, last)
            return dict(self.shown)

    def offend(self, sandbox, text):
        if not any(sandbox == other for other, _ in self.offences):
            self.offences.append((sandbox, text))
