"""What the desk's programs share: an HTTP server with bounds, calls to another service, readiness."""

import http.server
import json
import os
import queue
import signal
import socket
import socketserver
import sys
import threading
import urllib.error
import urllib.request

BODY_BYTES_MAX = 8192
ANSWER_BYTES_MAX = 1 << 20
THREADS = 8
QUEUE_MAX = 32
SECONDS_MAX = 10


class Refusal(Exception):
    """An answer that is no success: a status and what to tell the caller."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status = status
        self.text = text


class Server(http.server.HTTPServer):
    """A fixed number of threads; connections beyond the queue wait in the listener."""

    request_queue_size = 64

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.waiting = queue.Queue(QUEUE_MAX)
        for _ in range(THREADS):
            threading.Thread(target=self.work, daemon=True).start()

    def process_request(self, request, client_address):
        self.waiting.put((request, client_address))

    def work(self):
        while True:
            request, client_address = self.waiting.get()
            try:
                self.finish_request(request, client_address)
            except Exception:
                self.handle_error(request, client_address)
            finally:
                self.shutdown_request(request)

    def server_bind(self):
        # Without the base class's look-up of the host's name, which nothing here needs.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]

    def handle_error(self, request, client_address):
        # A caller that went away is no fault of ours.
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


class Handler(http.server.BaseHTTPRequestHandler):
    """Reads bounded bodies and answers; a subclass has `answer(method, path, body)`."""

    protocol_version = "HTTP/1.1"
    timeout = SECONDS_MAX
    server_version = "desk"
    sys_version = ""

    def do_GET(self):
        self.respond("GET", b"")

    def do_POST(self):
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > BODY_BYTES_MAX:
            self.close_connection = True
            self.send(413, "text/plain", b"a body of at most 8192 bytes, its length stated\n")
            return
        self.respond("POST", self.rfile.read(int(length)))

    def respond(self, method, body):
        try:
            status, kind, content, headers = self.answer(method, self.path, body)
        except Refusal as refusal:
            status, kind, headers = refusal.status, "application/json", {}
            content = encode({"error": refusal.text})
        self.send(status, kind, content, headers)

    def send(self, status, kind, content, headers=None):
        self.send_response(status)
        self.send_header("Content-Type", kind + "; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-store")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format, *args):
        print(self.address_string(), format % args, flush=True)

    def address_string(self):
        return self.client_address[0]


def encode(value):
    return json.dumps(value, default=str).encode()


def decode(content):
    try:
        return json.loads(content)
    except ValueError:
        raise Refusal(400, "the body is not JSON") from None


def call(base, path, value=None):
    """Asks another service; its refusals become ours, its silence becomes 502."""
    content = None if value is None else encode(value)
    request = urllib.request.Request(base + path, data=content)
    request.add_header("Content-Type", "application/json")
    # No proxy of any environment: the only way is the declared flow.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=SECONDS_MAX) as answer:
            return decode(answer.read(ANSWER_BYTES_MAX))
    except urllib.error.HTTPError as error:
        text = decode(error.read(ANSWER_BYTES_MAX)).get("error", "refused")
        raise Refusal(error.code, text) from None
    except OSError as error:
        raise Refusal(502, f"the service behind this one does not answer: {error}") from None


def ready():
    """Tells the supervisor, where it asked to be told."""
    path = os.environ.get("NOTIFY_SOCKET")
    if path:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            channel.sendto(b"READY=1", path)


def end_on_request():
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
