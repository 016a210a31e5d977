"""A real broker, a real database and processes of a small service that may be killed."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from chassis.testing.clients import KEY, KID
from chassis.topics import create_topics
from contracts.identity.v1 import KeyPublished
from contracts.topics import TOPICS
from contracts.units.v1 import UnitEdited
from processes import Notebook, wait_until
from zc.home import Home
from zc.kafka_access import grants_of
from zc.kafka_users import allow, set_passwords
from zc.servers import Secured, Small

SECURED = os.environ.get("SERVERS", "small") != "small"
NOTEBOOK = Path(__file__).parents[2] / "libs/chassis/tests"


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """One Apache Kafka broker, which asks who comes where `SERVERS` is `real`; yields an administrator's way in."""
    home = Home(tmp_path_factory.mktemp("kafka"))
    servers = (Secured if SECURED else Small)(home)
    home.take_ports(any_free=True, servers=servers.rows)
    ((name, command),) = servers.broker_commands().items()
    log = (home.root / "kafka.log").open("wb")
    broker = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        wait_until(lambda: _reachable(home.ports[name]), 60)
        create_topics(servers.kafka_client(), TOPICS)
        yield servers.kafka_client()
    finally:
        broker.terminate()
        broker.wait(30)


def _as_notebook(kafka: dict[str, Any]) -> dict[str, str]:
    """What the notebook is told of the broker; it has a user of its own who may do what these tests need."""
    if not SECURED:
        return {"KAFKA_BOOTSTRAP_SERVERS": kafka["bootstrap_servers"]}
    may = {"writes": [UnitEdited.topic], "reads": [UnitEdited.topic, KeyPublished.topic]}
    groups = {"groups": ["notebook", "latecomer"]}
    set_passwords(kafka, {"notebook": "parole"})
    allow(kafka, ["notebook"], set(grants_of("notebook", may | groups)))
    return {
        "KAFKA_BOOTSTRAP_SERVERS": kafka["bootstrap_servers"],
        "KAFKA_SECURITY_PROTOCOL": kafka["security_protocol"],
        "NOTEBOOK_KAFKA_USERNAME": "notebook",
        "NOTEBOOK_KAFKA_PASSWORD": "parole",
    }


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
        **os.environ, "PYTHONPATH": str(NOTEBOOK), "NOTEBOOK_DATABASE_URL": app, **_as_notebook(kafka),
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
