"""A sender of your own, in Python without packages: it takes Nidan's messages by webhook and hands each to whatever
really sends. Here that is `deliver`, which prints a line.

    NIDAN_SECRET=... PORT=9000 python3 examples/senders/sender.py
"""

import hashlib
import hmac
import json
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = os.environ["NIDAN_SECRET"].encode()
TOLERANCE_S = 300
BODY_LIMIT = 16 * 1024
# Nidan repeats a message until it hears an answer: the same id is delivered once. Keep these in your database.
seen = set()


def deliver(message):
    print(message["channel"], message["id"], message["number"], flush=True)


def is_genuine(headers, body):
    """HMAC-SHA-256 over timestamp, full stop and body, in hex; compared in constant time."""
    timestamp = headers.get("nidan-timestamp", "")
    if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > TOLERANCE_S:
        return False
    expected = hmac.new(SECRET, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, headers.get("nidan-signature", ""))


class Sender(BaseHTTPRequestHandler):
    def do_POST(self):
        length = int(self.headers.get("content-length", 0))
        body = self.rfile.read(min(length, BODY_LIMIT))
        if not is_genuine(self.headers, body):
            self.send_response(401)
        else:
            message = json.loads(body)
            if message["id"] not in seen:
                deliver(message)
                seen.add(message["id"])
            self.send_response(202)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "9000"))), Sender)
    print(f"listening on {server.server_port}", flush=True)
    server.serve_forever()
