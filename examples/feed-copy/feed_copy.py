"""Keeps a copy of all certificates from the pull feed, over HTTP alone.

The copy and the cursor are written in one SQLite transaction: whenever this program is killed, it goes on where the
copy is. Events that come again are known by their id, and an older revision never replaces a newer one.
"""

import argparse
import json
import os
import random
import signal
import sqlite3
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import httpx

METADATA = "/.well-known/oauth-authorization-server/api/v1/identity"
FEED = "/api/v1/certificates/feed"
PERMISSION = "certificates.feed.read"
WAIT = 10  # seconds for which the suite may hold an answer until there is an event


class Copy:
    """What this system knows of certificates, and how far it has read."""

    def __init__(self, path: str) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.executescript(
            """
            CREATE TABLE IF NOT EXISTS certificate (
                id TEXT PRIMARY KEY, number TEXT, person TEXT, state TEXT, sha256 TEXT, revision INTEGER);
            CREATE TABLE IF NOT EXISTS seen (event TEXT PRIMARY KEY) WITHOUT ROWID;
            CREATE TABLE IF NOT EXISTS place (cursor TEXT);
            """
        )

    @property
    def cursor(self) -> str | None:
        """Where to read on; None at the beginning."""
        row = self._db.execute("SELECT cursor FROM place").fetchone()
        return row[0] if row else None

    def take(self, events: Sequence[Mapping[str, Any]], cursor: str) -> None:
        """Take in events and move on behind them, in one transaction."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            for event in events:
                self._apply(event)
            self._db.execute("DELETE FROM place")
            self._db.execute("INSERT INTO place VALUES (?)", (cursor,))
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def dump(self) -> Iterator[str]:
        """Every certificate as a JSON line, sorted by id."""
        names = ("id", "number", "person", "state", "sha256", "revision")
        for row in self._db.execute(f"SELECT {', '.join(names)} FROM certificate ORDER BY id"):  # noqa: S608
            yield json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False)

    def _apply(self, event: Mapping[str, Any]) -> None:
        if self._db.execute("INSERT OR IGNORE INTO seen VALUES (?)", (event["id"],)).rowcount == 0:
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


class Suite:
    """The suite over HTTP, with a token that is asked for anew when it runs out."""

    def __init__(self, base_url: str, client_id: str, client_secret: str) -> None:
        self._http = httpx.Client(base_url=base_url, timeout=WAIT + 20)
        self._credentials = (client_id, client_secret)
        self._token = ""
        self._good_until = 0.0

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """An answer, or an httpx error; a refused token is given up."""
        answer = self._http.get(path, params=query, headers={"Authorization": f"Bearer {self._bearer()}"})
        if answer.status_code == 401:
            self._good_until = 0
        answer.raise_for_status()
        return dict(answer.json())

    def _bearer(self) -> str:
        if time.monotonic() >= self._good_until:
            metadata = self._http.get(METADATA).raise_for_status().json()
            form = {"grant_type": "client_credentials", "scope": PERMISSION}
            told = self._http.post(metadata["token_endpoint"], data=form, auth=self._credentials)
            answer = told.raise_for_status().json()
            self._token = answer["access_token"]
            self._good_until = time.monotonic() + answer["expires_in"] * 0.8
        return self._token


class Reader:
    """Asks for what comes after the cursor, for ever."""

    def __init__(self, suite: Suite, copy: Copy) -> None:
        self._suite, self._copy = suite, copy
        self._stopping = False
        self._failures = 0

    def stop(self, *_: object) -> None:
        """End after the answer under way."""
        self._stopping = True

    def run(self) -> None:
        """Read until stopped; a suite that is away is asked again, ever less often."""
        print("reading the feed", flush=True)
        while not self._stopping:
            try:
                self.once()
                self._failures = 0
            except (httpx.HTTPError, ValueError) as error:
                self._failures += 1
                pause = min(5.0, 0.2 * 2**self._failures) * random.uniform(0.5, 1)
                print(f"waiting: {type(error).__name__} {error}"[:300], file=sys.stderr, flush=True)
                time.sleep(pause)

    def once(self) -> bool:
        """Take in the next events; returns whether there are more."""
        cursor = self._copy.cursor
        query = {"limit": 500, "wait": WAIT, **({"cursor": cursor} if cursor else {})}
        page = self._suite.get(FEED, **query)
        if page["events"] or page["next_cursor"] != cursor:
            self._copy.take(page["events"], page["next_cursor"])
        return bool(page["more"])


def main() -> None:
    """The command line."""
    told = os.environ.get
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--db", default=told("COPY_DB", "feed-copy.sqlite"), help="the copy")
    parser.add_argument("--dump", action="store_true", help="print the copy as JSON lines and end")
    parser.add_argument("--suite", default=told("SUITE_URL"), help="address of the suite")
    parser.add_argument(
        "--client-id", default=told("CLIENT_ID"), help="with CLIENT_SECRET in the environment"
    )
    asked = parser.parse_args()
    copy = Copy(asked.db)
    if asked.dump:
        for line in copy.dump():
            print(line)
        return
    if not (asked.suite and asked.client_id):
        parser.error("--suite and --client-id are needed")
    reader = Reader(Suite(asked.suite, asked.client_id, os.environ["CLIENT_SECRET"]), copy)
    signal.signal(signal.SIGTERM, reader.stop)
    signal.signal(signal.SIGINT, reader.stop)
    reader.run()


if __name__ == "__main__":
    main()
