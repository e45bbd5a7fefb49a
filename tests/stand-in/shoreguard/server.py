"""Sockets: answers with the headers of the real application, and lets requests in flight finish before it goes."""

import http.server
import secrets
import threading
import time
from email.utils import formatdate
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from shoreguard import metrics
from shoreguard.api import Api, Request, Response

DRAIN_SECONDS = 5.0


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body leave in one segment; without this, keep-alive clients wait for delayed acknowledgements.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: "Server"

    def _answer(self) -> None:
        started = time.perf_counter()
        with self.server.in_flight:
            parts = urlsplit(self.path)
            request = Request(
                method=self.command, path=parts.path, query=parse_qs(parts.query), headers=self.headers,
                body=self.rfile.read(int(self.headers.get("content-length") or 0)), request_id=secrets.token_hex(8),
            )
            response = self.server.api.answer(request)
            self._send(response, request.request_id)
        metrics.observe(request.method, response.path_template, response.status, time.perf_counter() - started)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer

    def _send(self, response: Response, request_id: str) -> None:
        body = response.encoded()
        self.log_request(response.status)
        self.send_response_only(response.status, HTTPStatus(response.status).phrase)
        headers = {
            "date": formatdate(usegmt=True), "server": "uvicorn", "content-length": str(len(body)),
            "content-type": response.content_type, **response.headers, "x-request-id": request_id,
            "x-content-type-options": "nosniff", "x-frame-options": "DENY",
            "referrer-policy": "strict-origin-when-cross-origin",
            "permissions-policy": "camera=(), microphone=(), geolocation=()",
            "content-security-policy": content_security_policy(), "vary": "Accept-Encoding",
        }
        for name, value in headers.items():
            self.send_header(name, value)
        if self.server.in_flight.draining:
            self.send_header("connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        print(f"INFO:     {self.client_address[0]}:{self.client_address[1]} - {format % args}", flush=True)


def content_security_policy() -> str:
    return (
        f"default-src 'self'; script-src 'self' 'nonce-{secrets.token_urlsafe(16)}' 'unsafe-eval' https://cdn.jsdelivr.net; "
        "style-src 'self' https://cdn.jsdelivr.net; style-src-attr 'unsafe-inline'; font-src 'self' https://cdn.jsdelivr.net; "
        "img-src 'self' data:; connect-src 'self' wss:; frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
    )


class InFlight:
    """Counts the requests being answered, so that the end can wait for them but not for idle kept-alive connections."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._number = 0
        self.draining = False

    def __enter__(self) -> None:
        with self._changed:
            self._number += 1

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._number -= 1
            self._changed.notify_all()

    def drain(self) -> None:
        self.draining = True
        with self._changed:
            self._changed.wait_for(lambda: self._number == 0, DRAIN_SECONDS)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], api: Api) -> None:
        super().__init__(address, Handler)
        self.api = api
        self.in_flight = InFlight()

    def start(self) -> None:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
        self.in_flight.drain()
