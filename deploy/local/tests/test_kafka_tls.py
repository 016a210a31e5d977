"""Brokers with certificates of an authority that nobody else trusts: a service comes in by settings and files alone."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaConnectionError
from chassis.broker import broker_for
from chassis.consume import Consumers
from chassis.intake import Intake
from chassis.kafka import arguments_from
from chassis.settings import Settings, settings_for
from contracts.topics import TOPICS
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from zc.environment import plain
from zc.home import HOST, Home
from zc.kafka_cluster import ADMIN, password, prepare_cluster
from zc.servers import Secured

Pair = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]


def certificate(name: str, signer: Pair | None = None) -> Pair:
    """An authority, or a server's certificate that one has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    draft = x509.CertificateBuilder(
        subject_name=subject,
        issuer_name=signer[0].subject if signer else subject,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now - timedelta(days=1),
        not_valid_after=now + timedelta(days=1),
    ).add_extension(x509.BasicConstraints(ca=signer is None, path_length=None), critical=True)
    if signer:
        here = x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))])
        draft = draft.add_extension(here, critical=False)
    return draft.sign(signer[1] if signer else key, hashes.SHA256()), key


def pem(pair: Pair) -> tuple[str, str]:
    """Certificate and key as text."""
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    key = pair[1].private_bytes(serialization.Encoding.PEM, *form)
    return pair[0].public_bytes(serialization.Encoding.PEM).decode(), key.decode()


def continued(text: str) -> str:
    """A text of several lines as a properties file writes it."""
    return text.replace("\n", "\\n")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A broker that speaks TLS, and the environment of a tool that may administer it."""
    folder = tmp_path_factory.mktemp("tls")
    home = Home(folder / "zc")
    home.prepare()
    ports = home.take_ports(any_free=True, servers=Secured(home).rows)
    (command,) = prepare_cluster(home, ports, 1).values()
    authority = certificate("the province's authority")
    chain, key = pem(certificate("kafka", authority))
    trusted = pem(authority)[0]
    file = home.root / "kafka" / "kafka-1" / "server.properties"
    file.write_text(
        file.read_text().replace("CLIENT:SASL_PLAINTEXT", "CLIENT:SASL_SSL")
        + f"ssl.keystore.type=PEM\nssl.keystore.certificate.chain={continued(chain)}\n"
        f"ssl.keystore.key={continued(key)}\n"
        f"ssl.truststore.type=PEM\nssl.truststore.certificates={continued(trusted)}\n"
    )
    (folder / "kafka.pem").write_text(trusted)
    (folder / "stranger.pem").write_text(pem(certificate("somebody else's authority"))[0])
    for name in ("TOPICS", "UNITS"):
        (folder / f"{name}_KAFKA_USERNAME").write_text(ADMIN)
        (folder / f"{name}_KAFKA_PASSWORD").write_text(password(home, ADMIN))
    with (folder / "log").open("wb") as log:
        broker = subprocess.Popen(command, stdout=log, stderr=log, env=plain())
    try:
        yield plain() | {
            "KAFKA_BOOTSTRAP_SERVERS": f"{HOST}:{ports['kafka-1']}",
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_CA_FILE": str(folder / "kafka.pem"),
            "SECRETS_DIR": str(folder),
            "PERSON_REF_KEY": "k" * 40,
            "SEAL_KEY": "ab" * 32,
        }
    finally:
        broker.terminate()
        broker.wait(30)


def test_the_tool_that_makes_topics_comes_in(told: dict[str, str]) -> None:
    command = [sys.executable, "-m", "chassis.topics"]
    done = subprocess.run(command, env=told, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


async def test_a_stranger_with_the_brokers_address_is_not_trusted(told: dict[str, str]) -> None:
    async def topics(**changes: str) -> set[str]:
        admin = AIOKafkaAdminClient(**arguments_from(told | changes, "TOPICS_"))
        try:
            await admin.start()
            return set(await admin.list_topics())
        finally:
            await admin.close()

    assert set(TOPICS) <= await topics()
    with pytest.raises(KafkaConnectionError):
        await topics(KAFKA_CA_FILE=str(Path(told["SECRETS_DIR"]) / "stranger.pem"))
    with pytest.raises(KafkaConnectionError):  # nor is one that the machine's authorities do not know
        await topics(KAFKA_CA_FILE="")
    with pytest.raises(KafkaConnectionError):
        await topics(KAFKA_SECURITY_PROTOCOL="SASL_PLAINTEXT")


async def test_a_service_listens(told: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("UNITS_DATABASE_URL", "postgresql://nowhere")

    class Units(Settings):
        model_config = settings_for("UNITS_")

    broker = broker_for(Units(), "units", ("units.unit",), Intake(None, Consumers()))  # type: ignore[call-arg,arg-type]
    async with asyncio.timeout(60):
        await broker.start()
        (subscriber,) = broker.subscribers
        while not subscriber.consumer.assignment():  # type: ignore[attr-defined] # noqa: ASYNC110
            await asyncio.sleep(0.1)
        await broker.stop()
