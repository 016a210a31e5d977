"""The commands of the page about secured brokers, run as they stand there by Kafka's own tools."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka.errors import AuthenticationFailedError, KafkaConnectionError, TopicAuthorizationFailedError
from chassis.testing.postgres import destroy_postgres
from chassis.topics import create_topics
from kafka_records import read, write
from zc.deployables import ROOT
from zc.kafka import JVM, fetch_jars, java
from zc.kafka_access import grants
from zc.kafka_users import allow, granted
from zc.stack import Stack
from zc.table import SERVICES, TOPICS, Topic

BLOCKS = re.findall(
    r"^( *)```sh\n(.*?)^ *```$", (ROOT / "docs/operations/kafka.md").read_text(), re.DOTALL | re.MULTILINE
)
USERS, ACLS, ADMITTED, KEPT_OUT = (
    "\n".join(line.strip() for line in text.splitlines()) for _, text in BLOCKS
)
TOOLS = {
    "kafka-configs.sh": "kafka.admin.ConfigCommand",
    "kafka-acls.sh": "org.apache.kafka.tools.AclCommand",
}
TOPIC = "certificates.certificate"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    where = tmp_path_factory.mktemp("zc")
    with Stack(where, servers="secured", free_ports=True, services=[]) as running:
        yield running
    destroy_postgres(running.home.postgres)


@pytest.fixture(scope="module")
def told(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the page presumes: Kafka's tools, an administrator's settings, the passwords that were drawn."""
    folder = tmp_path_factory.mktemp("operator")
    (folder / "bin").mkdir()
    for name, program in TOOLS.items():
        script = folder / "bin" / name
        script.write_text(f'#!/bin/sh\nexec {java()} {" ".join(JVM)} -cp "{fetch_jars()}/*" {program} "$@"\n')
        script.chmod(0o755)
    subprocess.run(
        [ROOT / "deploy/compose/secrets.sh", folder / "secrets"], check=True, stdout=subprocess.DEVNULL
    )
    admin = stack.kafka_client()
    login = "org.apache.kafka.common.security.scram.ScramLoginModule"
    who = f'username="{admin["sasl_plain_username"]}" password="{admin["sasl_plain_password"]}"'
    (folder / "admin.properties").write_text(
        f"security.protocol=SASL_PLAINTEXT\nsasl.mechanism=SCRAM-SHA-256\n"
        f"sasl.jaas.config={login} required {who};\n"
    )
    return {
        "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
        "BROKERS": stack.kafka,
        "ADMIN": str(folder / "admin.properties"),
        "SECRETS": str(folder / "secrets"),
    }


def run(commands: str, told: dict[str, str]) -> str:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands], cwd=ROOT, env=told, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert done.returncode == 0, f"{commands}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def coming_in(stack: Stack, user: str, password: str) -> dict[str, Any]:
    return stack.kafka_client() | {"sasl_plain_username": user, "sasl_plain_password": password}


async def test_the_suites_users_come_in_with_the_passwords_that_were_drawn(
    stack: Stack, told: dict[str, str]
) -> None:
    await asyncio.to_thread(run, USERS, told)
    for row in SERVICES:
        password = (Path(told["SECRETS"]) / f"{row.prefix}KAFKA_PASSWORD").read_text()
        await write(
            coming_in(stack, row.name, password),
            next(name for name in TOPICS if TOPICS[name].owner == row.name),
        )


async def test_the_script_grants_what_the_launcher_grants(stack: Stack, told: dict[str, str]) -> None:
    users = [row.name for row in SERVICES]
    await asyncio.to_thread(allow, stack.kafka_client(), users, set())
    assert await asyncio.to_thread(granted, stack.kafka_client(), users) == set()
    await asyncio.to_thread(run, ACLS, told)
    assert await asyncio.to_thread(granted, stack.kafka_client(), users) == grants()
    password = (Path(told["SECRETS"]) / "TOPICS_KAFKA_PASSWORD").read_text()
    more = {"units.later": Topic("units.later", 2)}
    await asyncio.to_thread(create_topics, coming_in(stack, "topics", password), TOPICS | more)
    wider = {"units.later": Topic("units.later", 3)}
    await asyncio.to_thread(create_topics, coming_in(stack, "topics", password), wider)


async def test_another_system_is_let_in_and_kept_out_again(stack: Stack, told: dict[str, str]) -> None:
    await write(stack.kafka_client(), TOPIC)
    password = (await asyncio.to_thread(run, ADMITTED, told)).strip().splitlines()[-1]
    client = coming_in(stack, "outside-registry", password)
    assert await read(client, TOPIC, "outside-registry.one") > 0
    with pytest.raises(TopicAuthorizationFailedError):
        await read(client, "units.unit", "outside-registry")
    await asyncio.to_thread(run, KEPT_OUT, told)
    with pytest.raises((AuthenticationFailedError, KafkaConnectionError)):
        await read(client, TOPIC, "outside-registry.one")
