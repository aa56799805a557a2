"""A subscriber of events, on a bad day: it is slow, fails before it has noted an event, and fails after that."""

import http.server
import json
import random
import threading
import time


class Subscriber:
    def __init__(self, seed, bad=True):
        self.bad, self.random, self.lock = bad, random.Random(f"{seed}-subscriber"), threading.Lock()
        # By (sandbox, key): each content that came, and how often.
        self.received = {}
        subscriber = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                status = subscriber.take(json.loads(body))
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, request, client_address):
                pass  # The sender was killed.

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, event):
        with self.lock:
            chance = self.random.random() if self.bad else 1
        if chance < 0.1:
            return 503
        if chance < 0.15:
            time.sleep(0.3)
        key = (event.pop("sandboxId"), event.pop("key"))
        with self.lock:
            contents = self.received.setdefault(key, {})
            text = json.dumps(event, sort_keys=True)
            contents[text] = contents.get(text, 0) + 1
        return 500 if chance > 0.95 and self.bad else 200

    def deliveries(self):
        with self.lock:
            return sum(sum(contents.values()) for contents in self.received.values())

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
