"""The small set of servers, and the face that every set has: commands, addresses and what services are told."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any

import httpx
from chassis.kafka import KafkaMisconfigured, arguments_from

from zc import environment
from zc.home import HOST, Home
from zc.kafka import prepare_broker
from zc.s3 import prepare_store, store_environment
from zc.season.platforms import Platform, StandIn
from zc.table import SERVERS, Server, Service
from zc.trouble import Trouble

KAFKA = ("KAFKA_SECURITY_PROTOCOL", "KAFKA_SASL_MECHANISM", "KAFKA_CA_FILE")
"""How the brokers that the environment names want to be spoken to."""


class Small:
    """The small set, and the face of every set: commands, addresses and what services are told."""

    name = "small"

    def __init__(self, home: Home, brokers: int = 1) -> None:
        if brokers < 1 or (brokers > 1 and type(self) is Small):
            raise Trouble(f"The {self.name} set of servers has one broker, not {brokers}.")
        self.home, self.brokers = home, brokers

    @property
    def ports(self) -> Mapping[str, int]:
        """The port of every server and service."""
        return self.home.ports

    @property
    def rows(self) -> tuple[Server, ...]:
        """Every server with the port it takes unless that is busy."""
        return SERVERS

    # -- Kafka --------------------------------------------------------------------

    @property
    def broker_names(self) -> tuple[str, ...]:
        """The children that are brokers; none when the environment names another cluster."""
        return () if os.environ.get("KAFKA_BOOTSTRAP_SERVERS") else ("kafka",)

    @property
    def bootstrap(self) -> str:
        """The addresses of the brokers."""
        return environment.kafka_bootstrap(self.ports)

    def broker_commands(self) -> dict[str, list[str]]:
        """Prepares the brokers; child → the command that runs it."""
        return {name: prepare_broker(self.home, self.ports) for name in self.broker_names}

    def kafka_client(self, user: str | None = None) -> dict[str, Any]:
        """What aiokafka is told to come in as the administrator, or as another system; raises `Trouble`."""
        if self.broker_names:
            return {"bootstrap_servers": self.bootstrap}
        try:
            return arguments_from(os.environ, "TOPICS_")
        except KafkaMisconfigured as error:
            raise Trouble(str(error)) from error

    @property
    def replication(self) -> int:
        """How many copies of a record there are."""
        return min(3, self.brokers)

    def await_brokers(self) -> None:
        """Waits until the brokers are one cluster; whoever asks one alone waits for it by itself."""

    def admit_services(self) -> None:
        """Lets every service do on the brokers what it must, and nothing else; here everybody may do everything."""

    def admit(self, system: str, topics: Iterable[str]) -> dict[str, Any]:
        """Lets another system read these topics and returns what its aiokafka is told; here nobody asks who it is."""
        return self.kafka_client(system)

    # -- store --------------------------------------------------------------------

    def store_command(self) -> list[str]:
        """Prepares the S3 store and returns the command that runs it."""
        return prepare_store(self.home, self.ports["s3"])

    def store_environment(self) -> dict[str, str]:
        """What only the store is told."""
        return store_environment(self.home)

    def furnish_store(self) -> None:
        """Makes what only a running store can make: buckets and keys; raises `Trouble` when it cannot."""

    # -- platform -----------------------------------------------------------------

    @property
    def issuer(self) -> str:
        """The address of the provincial identity platform, as its tokens name it."""
        return f"http://{HOST}:{self.ports['platform']}"

    def platform_command(self) -> list[str]:
        """Prepares the provincial identity platform and returns the command that runs it."""
        accounts = self.home.accounts
        if not accounts.exists():
            accounts.write_text("[]\n")
        return [
            sys.executable, "-m", "zc.platform", "--port", str(self.ports["platform"]),
            "--issuer", self.issuer, "--accounts", str(accounts),
            "--client-id", environment.PLATFORM_CLIENT,
            "--redirect-uri", environment.public_url(self.ports) + environment.PLATFORM_RETURN,
            "--key", str(accounts.with_name("key.pem")),
        ]  # fmt: skip

    def platform_environment(self) -> dict[str, str]:
        """What only the platform is told."""
        return {"PLATFORM_CLIENT_SECRET": self.home.secrets["platform-client"]}

    def platform_answers(self) -> bool:
        """Whether people can log in there."""
        return _answers(f"{self.issuer}/.well-known/openid-configuration")

    def furnish_platform(self) -> None:
        """Tells a running platform what has changed since it first was told; raises `Trouble` when it cannot."""

    @property
    def identity_platform(self) -> Platform:
        """The platform as people meet it: who may log in, and how."""
        return StandIn(self.home.accounts)

    # -- services -----------------------------------------------------------------

    def service_environment(self, row: Service) -> dict[str, str]:
        """What a service is told of these servers beside what it is told of any."""
        told = {"KAFKA_BOOTSTRAP_SERVERS": self.bootstrap}
        if not self.broker_names:  # another cluster: whoever names it says how it wants to be spoken to
            own = tuple(f"{row.prefix}{name}" for name in ("KAFKA_USERNAME", "KAFKA_PASSWORD"))
            told |= {name: os.environ[name] for name in KAFKA if name in os.environ}
            told |= {name: os.environ.get(name, "") for name in own}
        return told


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code == 200
    except httpx.HTTPError:
        return False
