"""Keeps a copy of all certificates from signed webhooks.

A delivery is answered only after the copy has been written: what was answered is never lost, and what was not is
delivered again. It may come again all the same; then it is known by its id, and an older revision never replaces a
newer one.
"""

import argparse
import json
import os
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
from standardwebhooks import Webhook, WebhookVerificationError

METADATA = "/.well-known/oauth-authorization-server/api/v1/identity"
WEBHOOKS = "/api/v1/certificates/webhooks"
PERMISSION = "certificates.webhook.manage"
TYPES = (
    "certificates.certificate.issued.v1",
    "certificates.certificate.revoked.v1",
    "certificates.certificate.holder-corrected.v1",
)
LARGEST = 1024 * 1024
TEND = 5.0  # seconds between two looks at the subscription
PATIENCE = 20.0  # seconds after which a delivery that has not come is asked for


class Copy:
    """What this system knows of certificates, and its subscription."""

    def __init__(self, path: str) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._lock = threading.Lock()  # deliveries come at once
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.executescript(
            """
            CREATE TABLE IF NOT EXISTS certificate (
                id TEXT PRIMARY KEY, number TEXT, person TEXT, state TEXT, sha256 TEXT, revision INTEGER);
            CREATE TABLE IF NOT EXISTS seen (event TEXT PRIMARY KEY) WITHOUT ROWID;
            CREATE TABLE IF NOT EXISTS subscription (
                only INTEGER PRIMARY KEY CHECK (only = 1), key TEXT, url TEXT, id TEXT, secret TEXT,
                caught_up INTEGER DEFAULT 0);
            """
        )

    def take(self, event: Mapping[str, Any]) -> None:
        """Take in one event; when this returns, it is on disk."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._apply(event)
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def dump(self) -> Iterator[str]:
        """Every certificate as a JSON line, sorted by id."""
        names = ("id", "number", "person", "state", "sha256", "revision")
        for row in self._db.execute(f"SELECT {', '.join(names)} FROM certificate ORDER BY id"):  # noqa: S608
            yield json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False)

    def subscription(self) -> dict[str, Any]:
        """key, url, id, secret and caught_up of the subscription, as far as there is one."""
        with self._lock:
            row = self._db.execute("SELECT key, url, id, secret, caught_up FROM subscription").fetchone()
        return dict(zip(("key", "url", "id", "secret", "caught_up"), row or (None,) * 5, strict=True))

    def subscribe(self, **changes: Any) -> None:
        """Keep what is known of the subscription now."""
        known = self.subscription() | changes
        with self._lock:
            values = (known["key"], known["url"], known["id"], known["secret"], known["caught_up"] or 0)
            self._db.execute("REPLACE INTO subscription VALUES (1, ?, ?, ?, ?, ?)", values)

    def _apply(self, event: Mapping[str, Any]) -> None:
        if self._db.execute("INSERT OR IGNORE INTO seen VALUES (?)", (event["id"],)).rowcount == 0:
            return
        if event["type"] not in TYPES:  # a test event, or something newer than this program
            return
        body = event["data"]
        state = body["state"]
        self._db.execute(
            """INSERT INTO certificate VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET number = excluded.number, person = excluded.person,
                state = excluded.state, sha256 = excluded.sha256, revision = excluded.revision
            WHERE excluded.revision > certificate.revision""",
            (
                body["subject"], state["number"], state["person"], state["state"], state["sha256"],
                body["revision"],
            ),
        )  # fmt: skip


class Receiver(BaseHTTPRequestHandler):
    """Answers deliveries: 204 when the copy is written, 401 when the signature is not the suite's."""

    copy: Copy
    path_: str
    protocol_version = "HTTP/1.1"
    timeout = 20

    def do_POST(self) -> None:
        """One delivery."""
        if urlsplit(self.path).path != self.path_:
            self._answer(404)
            return
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 < length <= LARGEST:
            self._answer(413)
            return
        body = self.rfile.read(length)
        secret = self.copy.subscription()["secret"]
        if secret is None:  # the answer to the subscription is still on its way
            self._answer(503)
            return
        try:
            Webhook(secret).verify(body, dict(self.headers))
        except (WebhookVerificationError, ValueError):  # the library's own for what is no signature at all
            self._answer(401)
            return
        try:
            self.copy.take(json.loads(body))
        except (ValueError, KeyError, TypeError) as error:
            print(f"unfit: {error!r}"[:200], file=sys.stderr, flush=True)
            self._answer(422)
            return
        self._answer(204)

    def _answer(self, status: int) -> None:
        if status != 204:
            self.close_connection = True  # the body may lie unread
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing of what goes well."""


class Suite:
    """The suite over HTTP, with a token that is asked for anew when it runs out."""

    def __init__(self, base_url: str, client_id: str, client_secret: str) -> None:
        self._http = httpx.Client(base_url=base_url, timeout=30)
        self._credentials = (client_id, client_secret)
        self._token = ""
        self._good_until = 0.0

    def call(self, method: str, path: str, *, key: str | None = None, **more: Any) -> httpx.Response:
        """An answer whatever its status; a refused token is given up."""
        headers = {"Authorization": f"Bearer {self._bearer()}", **more.pop("headers", {})}
        if method == "POST":
            headers["Idempotency-Key"] = key or str(uuid4())
        answer = self._http.request(method, f"{WEBHOOKS}{path}", headers=headers, **more)
        if answer.status_code == 401:
            self._good_until = 0
        return answer

    def _bearer(self) -> str:
        if time.monotonic() >= self._good_until:
            metadata = self._http.get(METADATA).raise_for_status().json()
            form = {"grant_type": "client_credentials", "scope": PERMISSION}
            told = self._http.post(metadata["token_endpoint"], data=form, auth=self._credentials)
            answer = told.raise_for_status().json()
            self._token = answer["access_token"]
            self._good_until = time.monotonic() + answer["expires_in"] * 0.8
        return self._token


class Subscriber:
    """Sees to it that there is a subscription, that it is active, and that nothing waits for long."""

    def __init__(self, suite: Suite, copy: Copy, url: str, *, hurried: bool = True) -> None:
        self._suite, self._copy, self._url, self._hurried = suite, copy, url, hurried
        self._waiting: dict[str, float] = {}  # deliveries that were seen waiting, and since when

    def tend(self) -> None:
        """Do whatever the subscription needs now; httpx errors mean: later."""
        known = self._copy.subscription()
        if known["id"] is None:
            known = self._subscribe(known["key"])
        answer = self._suite.call("GET", f"/{known['id']}")
        if answer.status_code == 404:  # deleted by somebody: begin again
            self._copy.subscribe(key=None, id=None, secret=None, caught_up=0)
            return
        found = answer.raise_for_status().json()
        if found["url"] != self._url:
            found = self._move(found)
        if found["state"] == "DISABLED":  # what was missed since comes with it
            self._suite.call("POST", f"/{known['id']}/resume", headers=_seen(found)).raise_for_status()
        if not known["caught_up"]:
            self._from_the_beginning(known["id"])
        if self._hurried:
            self._hurry(known["id"])

    def _subscribe(self, key: str | None) -> dict[str, Any]:
        """Subscribe; under one key, so that a death in between leaves one subscription and no lost secret."""
        if key is None:
            key = str(uuid4())
            self._copy.subscribe(key=key, url=self._url)
        wanted = {"url": self._copy.subscription()["url"], "types": list(TYPES)}
        made = self._suite.call("POST", "", key=key, json=wanted).raise_for_status().json()
        self._copy.subscribe(id=made["id"], secret=made["secret"])
        return self._copy.subscription()

    def _move(self, found: Mapping[str, Any]) -> dict[str, Any]:
        wanted = {"url": self._url, "types": list(TYPES)}
        moved = self._suite.call("PUT", f"/{found['id']}", json=wanted, headers=_seen(found))
        self._copy.subscribe(url=self._url)
        return dict(moved.raise_for_status().json())

    def _from_the_beginning(self, id_: str) -> None:
        """Ask once for what happened before there was a subscription."""
        self._suite.call("POST", f"/{id_}/replay", json={}).raise_for_status()
        self._copy.subscribe(caught_up=1)

    def _hurry(self, id_: str) -> None:
        """Have delivered at once what failed while this system was away, instead of when its time comes."""
        query = {"state": "PENDING", "size": 100}
        answer = self._suite.call("GET", f"/{id_}/deliveries", params=query).raise_for_status().json()
        now = time.monotonic()
        waiting = {delivery["id"]: delivery for delivery in answer["items"]}
        self._waiting = {each: self._waiting.get(each, now) for each in waiting}
        for each, since in self._waiting.items():
            failed = waiting[each]["attempts"] and since <= now
            if failed or now - since > PATIENCE:
                self._suite.call("POST", f"/{id_}/deliveries/{each}/redeliver")
                self._waiting[each] = now + PATIENCE  # give it time


def _seen(found: Mapping[str, Any]) -> dict[str, str]:
    return {"If-Match": f'"{found["revision"]}"'}


def serve(copy: Copy, subscriber: Subscriber, listen: tuple[str, int], path: str) -> None:
    """Receive and tend until stopped."""
    handler = type("Bound", (Receiver,), {"copy": copy, "path_": path})
    server = ThreadingHTTPServer(listen, handler)
    server.daemon_threads = False  # a delivery under way is answered before the end
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    thread = threading.Thread(target=server.serve_forever, name="receiver")
    thread.start()
    print(f"receiving at {listen[0]}:{listen[1]}{path}", flush=True)
    while not stopping.is_set():
        try:
            subscriber.tend()
            pause = TEND
        except (httpx.HTTPError, ValueError) as error:
            print(f"waiting: {type(error).__name__} {error}"[:300], file=sys.stderr, flush=True)
            pause = 1.0
        stopping.wait(pause)
    server.shutdown()
    thread.join()
    server.server_close()


def main() -> None:
    """The command line."""
    told = os.environ.get
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--db", default=told("COPY_DB", "webhook-copy.sqlite"), help="the copy")
    parser.add_argument("--dump", action="store_true", help="print the copy as JSON lines and end")
    parser.add_argument("--suite", default=told("SUITE_URL"), help="address of the suite")
    parser.add_argument(
        "--client-id", default=told("CLIENT_ID"), help="with CLIENT_SECRET in the environment"
    )
    parser.add_argument(
        "--url", default=told("WEBHOOK_URL"), help="address at which the suite reaches this program"
    )
    parser.add_argument("--listen", default=told("LISTEN", "127.0.0.1:8090"), help="behind whatever ends TLS")
    parser.add_argument(
        "--patient", action="store_true", default=told("PATIENT") == "yes",
        help="leave what failed to the suite's own attempts instead of asking for it at once",
    )  # fmt: skip
    asked = parser.parse_args()
    copy = Copy(asked.db)
    if asked.dump:
        for line in copy.dump():
            print(line)
        return
    if not (asked.suite and asked.client_id and asked.url):
        parser.error("--suite, --client-id and --url are needed")
    host, _, port = asked.listen.rpartition(":")
    suite = Suite(asked.suite, asked.client_id, os.environ["CLIENT_SECRET"])
    subscriber = Subscriber(suite, copy, asked.url, hurried=not asked.patient)
    serve(copy, subscriber, (host, int(port)), urlsplit(asked.url).path or "/")


if __name__ == "__main__":
    main()
