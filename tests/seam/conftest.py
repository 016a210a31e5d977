"""A real broker, a real database and processes of a small service that may be killed."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from chassis.testing.clients import KEY, KID
from chassis.topics import create_topics
from contracts.topics import TOPICS
from processes import Notebook, free_port, wait_until
from zc.home import Home
from zc.kafka import prepare_broker

NOTEBOOK = Path(__file__).parents[2] / "libs/chassis/tests"


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One Apache Kafka broker; yields its address."""
    home = tmp_path_factory.mktemp("kafka")
    ports = {"kafka": free_port(), "kafka-controller": free_port()}
    log = (home / "kafka.log").open("wb")
    broker = subprocess.Popen(prepare_broker(Home(home), ports), stdout=log, stderr=log)
    address = f"127.0.0.1:{ports['kafka']}"
    try:
        wait_until(lambda: _reachable(ports["kafka"]), 60)
        create_topics(address, TOPICS)
        yield address
    finally:
        broker.terminate()
        broker.wait(30)


def _reachable(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="session")
def notebook_database(postgres, store, kafka, tmp_path_factory) -> Notebook:
    """The notebook's database, shared by these tests as the broker is: each looks at its own notes only."""
    from chassis.migrate import migrate

    name = "notebook"
    postgres.create_database(name, f"{name}_owner", f"{name}_app")
    owner, app = postgres.dsn(name, f"{name}_owner"), postgres.dsn(name, f"{name}_app")
    migrate(NOTEBOOK / "notebook/migrations", owner, app)
    environment = {
        **os.environ, "PYTHONPATH": str(NOTEBOOK), "NOTEBOOK_DATABASE_URL": app, "KAFKA_BOOTSTRAP_SERVERS": kafka,
        "S3_ENDPOINT": store.endpoint, "NOTEBOOK_S3_ACCESS_KEY": store.access_key,
        "NOTEBOOK_S3_SECRET_KEY": store.secret_key, "PERSON_REF_KEY": "k" * 40, "SEAL_KEY": "ab" * 32,
    }  # fmt: skip
    made = Notebook(environment, app, tmp_path_factory.mktemp("notebook") / "log")
    made.sql(
        "INSERT INTO known_key (id, revision, kid, jwk, retired) VALUES (%s, 1, %s, %s, false)",
        uuid4(), KID, psycopg.types.json.Jsonb(KEY.as_dict(private=False)),
    )  # fmt: skip
    return made


@pytest.fixture
def notebook(notebook_database: Notebook) -> Iterator[Notebook]:
    """The notebook service; its processes end with the test."""
    yield notebook_database
    notebook_database.stop()
