"""Tiny servers that stand behind a gateway and tell what reached them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Upstream(BaseHTTPRequestHandler):
    """Answers with what it saw; notices' error pages, a slow stream and a broken request have paths of their own."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if "/errors/" in self.path:
            status = self.path.rsplit("/", 1)[1]
            self._answer({"type": f"/problems/{status}", "status": int(status)}, "application/problem+json")
        elif self.path.endswith("/events"):
            self._stream()
        else:
            self._answer({"path": self.path, "host": self.headers["Host"], "method": self.command})

    def do_POST(self) -> None:
        length = len(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        self._answer(
            {"path": self.path, "host": self.headers["Host"], "method": self.command, "length": length}
        )

    do_PUT = do_DELETE = do_POST

    def _answer(self, body: dict[str, object], media_type: str = "application/json") -> None:
        content = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("X-Powered-By", "curiosity")
        self.send_header("X-Who", str(self.server.server_address[1]))
        self.end_headers()
        self.wfile.write(content)

    def _stream(self) -> None:
        """Sends an event at once and the second one late."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for number, pause in ((1, 1.5), (2, 0)):
            self.wfile.write(f"data: {number}\n\n".encode())
            self.wfile.flush()
            time.sleep(pause)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextmanager
def upstream() -> Iterator[int]:
    """One server on a free port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
