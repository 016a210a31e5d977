"""Settings alone say how a service comes in at the brokers, and what is missing is one sentence."""

import ssl
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from chassis.broker import broker_for
from chassis.consume import Consumers
from chassis.intake import Intake
from chassis.kafka import KafkaMisconfigured, arguments_from, client_arguments, security_of
from chassis.settings import Settings, settings_for
from faststream.kafka.security import parse_security
from pydantic import ValidationError

SHARED = {"PERSON_REF_KEY": "k" * 40, "SEAL_KEY": "ab" * 32, "KAFKA_BOOTSTRAP_SERVERS": "kafka:9092"}
USER = {"UNITS_KAFKA_USERNAME": "units", "UNITS_KAFKA_PASSWORD": "parole"}


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch):
    """Makes the settings of a service out of an environment."""

    def make(**told: str) -> Settings:
        for name, value in (SHARED | told).items():
            monkeypatch.setenv(name, value)

        class Units(Settings):
            model_config = settings_for("UNITS_")

        return Units(database_url="postgresql://units")

    return make


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    """A file of certificates that can be read."""
    found = ssl.get_default_verify_paths().cafile or "/etc/ssl/certs/ca-certificates.crt"
    file = tmp_path / "ca.pem"
    file.write_bytes(Path(found).read_bytes())
    return file


def test_nothing_said_means_brokers_that_ask_for_no_password(settings) -> None:
    told = client_arguments(settings(**USER))
    assert told == {"bootstrap_servers": "kafka:9092", "security_protocol": "PLAINTEXT"}
    assert security_of(settings()) is None


@pytest.mark.parametrize("mechanism", ["", "SCRAM-SHA-256", "SCRAM-SHA-512", "PLAIN"])
def test_a_user_and_a_password_of_its_own(settings, mechanism) -> None:
    more = {"KAFKA_SASL_MECHANISM": mechanism} if mechanism else {}
    made = settings(KAFKA_SECURITY_PROTOCOL="SASL_PLAINTEXT", KAFKA_CA_FILE="", **USER, **more)
    told = client_arguments(made)
    assert told == {
        "bootstrap_servers": "kafka:9092",
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": mechanism or "SCRAM-SHA-256",
        "sasl_plain_username": "units",
        "sasl_plain_password": "parole",
    }
    same = {name: value for name, value in told.items() if name != "bootstrap_servers"}
    assert parse_security(security_of(made)) == same | {"ssl_context": None}
    assert "parole" not in repr(made)


async def test_a_clients_trust_is_the_named_authority_alone(settings, authority) -> None:
    made = settings(KAFKA_SECURITY_PROTOCOL="SASL_SSL", KAFKA_CA_FILE=str(authority), **USER)
    told = client_arguments(made)
    context = told["ssl_context"]
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert len(context.get_ca_certs()) > 0
    AIOKafkaProducer(**told)  # which refuses arguments that do not go together
    spoken = parse_security(security_of(made))
    assert (spoken["security_protocol"], spoken["ssl_context"] is not None) == ("SASL_SSL", True)


def test_without_an_authority_those_of_the_machine_are_trusted(settings) -> None:
    told = client_arguments(settings(KAFKA_SECURITY_PROTOCOL="SASL_SSL", **USER))
    assert told["ssl_context"].verify_mode is ssl.CERT_REQUIRED


@pytest.mark.parametrize("missing", ["UNITS_KAFKA_USERNAME", "UNITS_KAFKA_PASSWORD"])
def test_who_must_say_who_it_is_and_does_not_is_told(settings, missing) -> None:
    told = {name: value for name, value in USER.items() if name != missing}
    with pytest.raises(KafkaMisconfigured, match=missing):
        client_arguments(settings(KAFKA_SECURITY_PROTOCOL="SASL_PLAINTEXT", **told))


def test_an_authority_that_cannot_be_read_is_named(settings, tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    for _ in range(2):
        with pytest.raises(KafkaMisconfigured, match=str(file)):
            client_arguments(settings(KAFKA_SECURITY_PROTOCOL="SASL_SSL", KAFKA_CA_FILE=str(file), **USER))
        file.write_text("no certificate")


def test_an_unknown_protocol_is_refused(settings) -> None:
    with pytest.raises(ValidationError, match="KAFKA_SECURITY_PROTOCOL"):
        settings(KAFKA_SECURITY_PROTOCOL="TRUST_ME")
    with pytest.raises(KafkaMisconfigured, match="KAFKA_SECURITY_PROTOCOL"):
        arguments_from(SHARED | {"KAFKA_SECURITY_PROTOCOL": "TRUST_ME"}, "TOPICS_")


def test_secrets_may_be_files(monkeypatch: pytest.MonkeyPatch, settings, tmp_path: Path) -> None:
    for name, value in USER.items():
        (tmp_path / name).write_text(value)
        (tmp_path / name.replace("UNITS", "TOPICS")).write_text(f"{value}\n")
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path))
    told = client_arguments(settings(KAFKA_SECURITY_PROTOCOL="SASL_PLAINTEXT"))
    assert (told["sasl_plain_username"], told["sasl_plain_password"]) == ("units", "parole")
    tool = SHARED | {"KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT", "SECRETS_DIR": str(tmp_path)}
    assert arguments_from(tool, "TOPICS_") == told
    with pytest.raises(KafkaMisconfigured, match="OTHERS_KAFKA_USERNAME"):
        arguments_from(tool, "OTHERS_")


def test_every_broker_is_an_address_of_its_own_to_who_listens(settings) -> None:
    made = settings(KAFKA_BOOTSTRAP_SERVERS="one:9092,two:9092,three:9092")
    broker = broker_for(made, "units", ("units.unit",), Intake(None, Consumers()))  # type: ignore[arg-type]
    assert broker._connection_kwargs["bootstrap_servers"] == ["one:9092", "two:9092", "three:9092"]
