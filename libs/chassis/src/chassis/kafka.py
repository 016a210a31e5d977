"""How this process comes in at the brokers: the one place that says who asks, and by which protocol."""

import os
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from chassis.settings import Settings

_FOR_FASTSTREAM = {
    "PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512,
}  # fmt: skip
_PROTOCOLS = ("PLAINTEXT", "SASL_PLAINTEXT", "SASL_SSL")


class KafkaMisconfigured(ValueError):
    """The settings cannot open a connection to the brokers; the message is one sentence for an operator."""


def client_arguments(settings: Settings) -> dict[str, Any]:
    """What every aiokafka client of a service is told; raises `KafkaMisconfigured` when it cannot be told."""
    prefix = str(settings.model_config.get("env_prefix") or "").upper()
    return _arguments(
        settings.kafka_bootstrap_servers,
        settings.kafka_security_protocol,
        settings.kafka_sasl_mechanism,
        settings.kafka_ca_file,
        user=(settings.kafka_username, settings.kafka_password),
        prefix=prefix,
    )


def security_of(settings: Settings) -> BaseSecurity | None:
    """The same in FastStream's words."""
    told = client_arguments(settings)
    if told["security_protocol"] == "PLAINTEXT":
        return None
    return _FOR_FASTSTREAM[told["sasl_mechanism"]](
        username=told["sasl_plain_username"],
        password=told["sasl_plain_password"],
        use_ssl=told["security_protocol"] == "SASL_SSL",
        ssl_context=told.get("ssl_context"),
    )


def arguments_from(environment: Mapping[str, str], prefix: str) -> dict[str, Any]:
    """The same for a tool without settings of its own, such as the one that creates topics.

    User and password stand under the tool's prefix, in the environment or in files below `SECRETS_DIR`.
    """
    protocol = environment.get("KAFKA_SECURITY_PROTOCOL") or "PLAINTEXT"
    mechanism = environment.get("KAFKA_SASL_MECHANISM") or "SCRAM-SHA-256"
    if protocol not in _PROTOCOLS:
        raise KafkaMisconfigured(f"KAFKA_SECURITY_PROTOCOL is none of {', '.join(_PROTOCOLS)}.")
    if mechanism not in _FOR_FASTSTREAM:
        raise KafkaMisconfigured(f"KAFKA_SASL_MECHANISM is none of {', '.join(_FOR_FASTSTREAM)}.")
    authority = environment.get("KAFKA_CA_FILE")
    return _arguments(
        environment["KAFKA_BOOTSTRAP_SERVERS"],
        protocol,  # type: ignore[arg-type]
        mechanism,
        Path(authority) if authority else None,
        user=(
            _kept(environment, f"{prefix}KAFKA_USERNAME"),
            _kept(environment, f"{prefix}KAFKA_PASSWORD"),
        ),
        prefix=prefix,
    )


def _arguments(
    bootstrap: str,
    protocol: Literal["PLAINTEXT", "SASL_PLAINTEXT", "SASL_SSL"],
    mechanism: str,
    authority: Path | None,
    *,
    user: tuple[str, str],
    prefix: str,
) -> dict[str, Any]:
    told: dict[str, Any] = {"bootstrap_servers": bootstrap, "security_protocol": protocol}
    if protocol == "PLAINTEXT":
        return told
    if not all(user):
        raise KafkaMisconfigured(
            f"KAFKA_SECURITY_PROTOCOL is {protocol}, so {prefix}KAFKA_USERNAME and {prefix}KAFKA_PASSWORD"
            " must be set."
        )
    told |= {"sasl_mechanism": mechanism, "sasl_plain_username": user[0], "sasl_plain_password": user[1]}
    if protocol == "SASL_SSL":
        told["ssl_context"] = _trusting(authority)
    return told


def _trusting(authority: Path | None) -> ssl.SSLContext:
    """Trust in one authority, or in those of the machine when none is named."""
    try:
        return ssl.create_default_context(cafile=authority)
    except (OSError, ssl.SSLError) as error:
        raise KafkaMisconfigured(
            f"KAFKA_CA_FILE {authority} holds no certificate that can be read."
        ) from error


def _kept(environment: Mapping[str, str], name: str) -> str:
    """A value of the environment, or of the file of that name where secrets are files."""
    folder = environment.get("SECRETS_DIR") or os.devnull
    if name in environment:
        return environment[name]
    try:
        return (Path(folder) / name).read_text().strip()
    except OSError:
        return ""
