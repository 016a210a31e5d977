"""Keeps a copy of all certificates from their Kafka topic, knowing nothing but the published AsyncAPI document.

The copy and the place in the topic are written in one SQLite transaction: whenever this program is killed, it goes on
where the copy is. Records that come again are known by their id, and an older revision never replaces a newer one.
"""

import argparse
import json
import os
import signal
import sqlite3
import sys
import time
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, Message, TopicPartition
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

CHANNEL = "certificates.certificate"
LOOK_AGAIN = 5.0  # seconds between two looks at who the cluster is and how many partitions it has


class Unfit(Exception):
    """A record that is not what the document promises."""


class Contract:
    """One channel of an AsyncAPI 3 document: its address, and what its messages look like."""

    def __init__(self, document: Mapping[str, Any], channel: str) -> None:
        self._document = document
        described = document["channels"][channel]
        self.topic: str = described["address"]
        self._messages = {}
        for reference in described["messages"].values():
            message = self._resolve(reference)
            self._messages[message["name"]] = (
                self._validator(message["headers"]), self._validator(message["payload"]),
            )  # fmt: skip

    def read(
        self, headers: Iterable[tuple[str, Any]], body: bytes | str | None
    ) -> tuple[str, dict[str, Any]] | None:
        """The event's id and body, None for a type that the document does not list; raises `Unfit`."""
        try:
            context = {name: (value or b"").decode() for name, value in headers}
            checks = self._messages.get(context["ce_type"])
            if checks is None:
                return None
            content = json.loads(body or b"")
            for check, what in zip(checks, (context, content), strict=True):
                check.validate(what)
        except (ValidationError, KeyError, ValueError) as error:
            why = error.message if isinstance(error, ValidationError) else repr(error)
            raise Unfit(why[:200]) from error
        return context["ce_id"], content

    def _resolve(self, place: Any) -> Any:
        while "$ref" in place:
            steps, place = place["$ref"].removeprefix("#/").split("/"), self._document
            for step in steps:
                place = place[step.replace("~1", "/").replace("~0", "~")]
        return place

    def _validator(self, schema: Mapping[str, Any]) -> Draft202012Validator:
        # References inside point at the document's components, so these come along.
        whole = {**schema, "components": self._document["components"]}
        return Draft202012Validator(whole, format_checker=FormatChecker())


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
            CREATE TABLE IF NOT EXISTS place (partition INTEGER PRIMARY KEY, next INTEGER);
            CREATE TABLE IF NOT EXISTS cluster (id TEXT);
            CREATE TABLE IF NOT EXISTS unfit (cluster TEXT, partition INTEGER, offset INTEGER, why TEXT,
                PRIMARY KEY (cluster, partition, offset));
            """
        )

    @property
    def cluster(self) -> str | None:
        """The cluster that the places belong to."""
        row = self._db.execute("SELECT id FROM cluster").fetchone()
        return row[0] if row else None

    def places(self) -> dict[int, int]:
        """Partition → the offset to read next."""
        return dict(self._db.execute("SELECT partition, next FROM place"))

    def begin_anew(self, cluster: str) -> None:
        """Forget the places: they mean nothing in another cluster; what was seen there stays seen."""
        with self._transaction():
            self._db.execute("DELETE FROM place")
            self._db.execute("DELETE FROM cluster")
            self._db.execute("INSERT INTO cluster VALUES (?)", (cluster,))

    def take(self, records: Iterable[Message], contract: Contract) -> None:
        """Take in records and move on behind them, in one transaction."""
        with self._transaction():
            for record in records:
                try:
                    found = contract.read(record.headers() or (), record.value())
                    if found is not None:
                        self._apply(*found)
                except Unfit as error:
                    self._set_aside(record, str(error))
                self._db.execute(
                    "REPLACE INTO place VALUES (?, ?)", (record.partition(), record.offset() + 1)
                )

    def dump(self) -> Iterator[str]:
        """Every certificate as a JSON line, sorted by id."""
        names = ("id", "number", "person", "state", "sha256", "revision")
        for row in self._db.execute(f"SELECT {', '.join(names)} FROM certificate ORDER BY id"):  # noqa: S608
            yield json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False)

    def _apply(self, event: str, body: Mapping[str, Any]) -> None:
        if self._db.execute("INSERT OR IGNORE INTO seen VALUES (?)", (event,)).rowcount == 0:
            return
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

    def _set_aside(self, record: Message, why: str) -> None:
        print(f"unfit: {record.partition()}@{record.offset()} {why}", file=sys.stderr, flush=True)
        row = (self.cluster, record.partition(), record.offset(), why)
        self._db.execute("INSERT OR IGNORE INTO unfit VALUES (?, ?, ?, ?)", row)

    def _transaction(self) -> "_Transaction":
        return _Transaction(self._db)


class _Transaction:
    """All or nothing."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, *_: object) -> None:
        self._db.execute("COMMIT" if kind is None else "ROLLBACK")


class Reader:
    """Reads every partition of the topic from the place that the copy names."""

    def __init__(self, settings: dict[str, Any], copy: Copy, contract: Contract) -> None:
        self._settings, self._copy, self._contract = settings, copy, contract
        self._stopping = False

    def stop(self, *_: object) -> None:
        """End after the transaction under way."""
        self._stopping = True

    def run(self) -> None:
        """Read until stopped; a cluster that is away is waited for, another one is read from its beginning."""
        while not self._stopping:
            consumer = Consumer(self._settings)
            try:
                self._follow(consumer)
            except KafkaException as error:
                print(f"waiting: {error.args[0]}", file=sys.stderr, flush=True)
                time.sleep(1)
            finally:
                consumer.close()

    def _follow(self, consumer: Consumer) -> None:
        """Read until the cluster is another one, or the topic has got more partitions."""
        cluster, count = self._look(consumer)
        if cluster != self._copy.cluster:
            self._copy.begin_anew(cluster)
        places = self._copy.places()
        consumer.assign(
            [
                TopicPartition(self._contract.topic, partition, places.get(partition, OFFSET_BEGINNING))
                for partition in range(count)
            ]
        )
        print(f"reading {self._contract.topic}: {count} partitions of {cluster}", flush=True)
        look_again = time.monotonic() + LOOK_AGAIN
        while not self._stopping:
            records = [record for record in consumer.consume(500, timeout=0.5) if record.error() is None]
            if records:
                self._copy.take(records, self._contract)
            if time.monotonic() > look_again:
                if self._look(consumer) != (cluster, count):
                    return
                look_again = time.monotonic() + LOOK_AGAIN

    def _look(self, consumer: Consumer) -> tuple[str, int]:
        """Who the cluster is, and how many partitions the topic has there."""
        found = consumer.list_topics(self._contract.topic, timeout=5)
        topic = found.topics[self._contract.topic]
        if topic.error is not None:
            raise KafkaException(topic.error)
        return found.cluster_id, len(topic.partitions)


def load(source: str) -> Any:
    """The JSON document at an address, which is asked until it answers, or in a file."""
    while source.startswith(("http://", "https://")):
        try:
            with urllib.request.urlopen(source, timeout=30) as answer:
                return json.load(answer)
        except (OSError, ValueError) as error:
            print(f"waiting: {source} {error}"[:300], file=sys.stderr, flush=True)
            time.sleep(1)
    with open(source, encoding="utf-8") as file:
        return json.load(file)


def settings_of(asked: argparse.Namespace) -> dict[str, Any]:
    """What the Kafka client is told."""
    settings = {
        "bootstrap.servers": asked.bootstrap,
        "group.id": asked.username or "kafka-copy",  # the client wants a name; places are ours
        "enable.auto.commit": False,
        "auto.offset.reset": "earliest",
        "topic.metadata.refresh.interval.ms": 5000,
        "reconnect.backoff.max.ms": 2000,
        "log_level": 3,
    }
    if asked.username:
        settings |= {
            "security.protocol": asked.protocol,
            "sasl.mechanism": asked.mechanism,
            "sasl.username": asked.username,
            "sasl.password": os.environ["KAFKA_PASSWORD"],
        }
    if asked.ca:
        settings["ssl.ca.location"] = asked.ca
    return settings


def main() -> None:
    """The command line."""
    told = os.environ.get
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--db", default=told("COPY_DB", "kafka-copy.sqlite"), help="the copy")
    parser.add_argument("--dump", action="store_true", help="print the copy as JSON lines and end")
    parser.add_argument(
        "--asyncapi", default=told("ASYNCAPI"), help="address or file of the AsyncAPI document"
    )
    parser.add_argument("--channel", default=CHANNEL)
    parser.add_argument(
        "--bootstrap", default=told("KAFKA_BOOTSTRAP_SERVERS"), help="host:port of the brokers"
    )
    parser.add_argument(
        "--username", default=told("KAFKA_USERNAME"), help="with KAFKA_PASSWORD in the environment"
    )
    parser.add_argument("--protocol", default=told("KAFKA_SECURITY_PROTOCOL", "SASL_SSL"))
    parser.add_argument("--mechanism", default=told("KAFKA_SASL_MECHANISM", "SCRAM-SHA-256"))
    parser.add_argument(
        "--ca", default=told("KAFKA_CA_FILE"), help="certificates that the brokers' are signed by"
    )
    asked = parser.parse_args()
    copy = Copy(asked.db)
    if asked.dump:
        for line in copy.dump():
            print(line)
        return
    if not (asked.asyncapi and asked.bootstrap):
        parser.error("--asyncapi and --bootstrap are needed")
    reader = Reader(settings_of(asked), copy, Contract(load(asked.asyncapi), asked.channel))
    signal.signal(signal.SIGTERM, reader.stop)
    signal.signal(signal.SIGINT, reader.stop)
    reader.run()


if __name__ == "__main__":
    main()
