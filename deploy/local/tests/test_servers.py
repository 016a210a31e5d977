"""The servers of a local stack behave as services expect of any deployment."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from io import BytesIO
from types import SimpleNamespace

import httpx
import psycopg
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from chassis.store import Store
from chassis.topics import create_topics
from zc.stack import Stack
from zc.table import SERVICES, TOPICS, buckets


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    running = Stack(tmp_path_factory.mktemp("zc"), free_ports=True, services=[])
    with running:
        yield running
    assert running.home.launcher() is None
    from chassis.testing.postgres import destroy_postgres

    destroy_postgres(running.home.postgres)


def store_of(stack: Stack, name: str, **changes: str) -> Store:
    """The store as a service uses it."""
    told = stack.environment_of(name)
    keys = {
        "s3_access_key": told[f"{name.upper()}_S3_ACCESS_KEY"],
        "s3_secret_key": told[f"{name.upper()}_S3_SECRET_KEY"],
    }
    shared = {key.lower(): told[key] for key in ("S3_ENDPOINT", "S3_PUBLIC_ENDPOINT", "S3_REGION")}
    return Store(SimpleNamespace(**(shared | keys | changes)))


def test_a_presigned_upload_and_download_pass_the_gateway(stack: Stack) -> None:
    store = store_of(stack, "units")
    content = b"%PDF-1.7 " + b"x" * 3_000_000  # more than the API's limit
    put = store.put_url("quarantine", "units/a")
    assert put.startswith(stack.gateway_url)
    assert httpx.put(put, content=content).status_code == 200
    answer = httpx.get(store.get_url("quarantine", "units/a", "证书.pdf", "application/pdf"))
    assert (answer.status_code, answer.content) == (200, content)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_bucket_outlives_its_last_object(stack: Stack) -> None:
    store = store_of(stack, "units")
    await store.upload("units", "ab/cd", BytesIO(b"x"), 1, "text/plain")
    await store.remove("units", "ab/cd")
    assert await store.find("units", "ab/cd") is None
    assert await store.has_bucket("units")


def test_a_changed_address_is_refused(stack: Stack) -> None:
    put = store_of(stack, "units").put_url("quarantine", "units/a")
    assert httpx.put(put.replace("units/a", "units/b"), content=b"x").status_code == 403


async def test_every_service_has_a_key_of_its_own_and_no_other_works(stack: Stack) -> None:
    for row in SERVICES:
        assert all([await store_of(stack, row.name).has_bucket(bucket) for bucket in buckets()])
    stranger = store_of(stack, "units", s3_secret_key="wrong")
    with pytest.raises(ConnectionError):
        await stranger.has_bucket("units")


async def test_topics_are_as_the_registry_declares_them(stack: Stack) -> None:
    await asyncio.to_thread(create_topics, stack.kafka_client(), TOPICS)  # once more changes nothing
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.kafka)
    await admin.start()
    try:
        described = {row["topic"]: len(row["partitions"]) for row in await admin.describe_topics()}
        resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in TOPICS]
        answers = await admin.describe_configs(resources)
    finally:
        await admin.close()
    assert {name: described.get(name) for name in TOPICS} == {
        name: topic.partitions for name, topic in TOPICS.items()
    }
    kept = [
        entry[1]
        for answer in answers
        for resource in answer.resources
        for entry in resource[4]
        if entry[0] == "retention.ms"
    ]
    assert kept == ["-1"] * len(TOPICS)


def test_the_platform_is_discovered(stack: Stack) -> None:
    found = httpx.get(f"{stack.platform_url}/.well-known/openid-configuration").json()
    assert found["issuer"] == stack.platform_url


def test_postgres_listens_to_passwords_only(stack: Stack) -> None:
    assert stack.postgres is not None
    with psycopg.connect(stack.postgres.dsn()) as admin:
        assert admin.execute("SHOW server_version_num").fetchone()[0].startswith("18")  # type: ignore[index]
        assert admin.execute("SHOW max_connections").fetchone() == ("300",)
        methods = admin.execute("SELECT DISTINCT auth_method FROM pg_hba_file_rules").fetchall()
    assert methods == [("scram-sha-256",)]
