"""The sets of servers that a stack can stand on, behind one face: `small`, `secured` and `real`.

small: one open broker, a folder served as S3, and the stand-in for the provincial identity platform.
secured: the same, but the brokers know who asks and what everybody may do.
real: what operators run, namely the secured brokers, MinIO and Keycloak.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import httpx

from zc import environment
from zc.home import HOST, Home
from zc.kafka import prepare_broker
from zc.s3 import prepare_store, store_environment
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
        """What aiokafka is told to come in as the administrator, or as another system."""
        return {"bootstrap_servers": self.bootstrap}

    @property
    def replication(self) -> int:
        """How many copies of a record there are."""
        return min(3, self.brokers)

    def admit_services(self) -> None:
        """Lets every service do on the brokers what it must, and nothing else; here everybody may do everything."""

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

    # -- services -----------------------------------------------------------------

    def service_environment(self, row: Service) -> dict[str, str]:
        """What a service is told of these servers beside what it is told of any."""
        told = {"KAFKA_BOOTSTRAP_SERVERS": self.bootstrap}
        if not self.broker_names:  # another cluster: whoever names it says how it wants to be spoken to
            own = tuple(f"{row.prefix}{name}" for name in ("KAFKA_USERNAME", "KAFKA_PASSWORD"))
            told |= {name: os.environ[name] for name in (*KAFKA, *own) if name in os.environ}
        return told


class Real(Small):
    """What operators run: MinIO and Keycloak beside the brokers."""

    name = "real"

    @property
    def rows(self) -> tuple[Server, ...]:
        """The console of MinIO needs a port of its own."""
        return (*super().rows, Server("s3-console", 9001))

    def store_command(self) -> list[str]:
        """MinIO."""
        return list(_part("minio").prepare_minio(self.home, self.ports["s3"], self.ports["s3-console"]))

    def store_environment(self) -> dict[str, str]:
        """MinIO's own administrator."""
        return dict(_part("minio").minio_environment(self.home))

    def furnish_store(self) -> None:
        """Buckets, and one user with its own policy for each service."""
        _part("minio").furnish_minio(self.home, self.ports["s3"])

    @property
    def issuer(self) -> str:
        """The realm."""
        return str(_part("keycloak").keycloak_issuer(self.ports))

    def platform_command(self) -> list[str]:
        """Keycloak."""
        return list(_part("keycloak").prepare_keycloak(self.home, self.ports["platform"]))

    def platform_environment(self) -> dict[str, str]:
        """Keycloak's own administrator and the heap it may take."""
        return dict(_part("keycloak").keycloak_environment(self.home))

    def service_environment(self, row: Service) -> dict[str, str]:
        """Identity asks Keycloak."""
        told = super().service_environment(row)
        return told | ({"IDENTITY_PLATFORM_ISSUER": self.issuer} if row.name == "identity" else {})


SETS: dict[str, type[Small]] = {kind.name: kind for kind in (Small, Real)}


def servers_of(home: Home) -> Small:
    """The set that the state directory was started with last."""
    state = home.read_state()
    return choose(home, state.get("servers", "small"), state.get("brokers", 1))


def choose(home: Home, name: str, brokers: int = 1) -> Small:
    """The set of that name; raises `Trouble` for another one than the directory's data belong to."""
    if name not in SETS:
        raise Trouble(f"There is no set of servers {name}; there are {', '.join(SETS)}.")
    state = home.read_state()
    last = state.get("servers", "small"), state.get("brokers", 1)
    if "ports" in state and last != (name, brokers):
        raise Trouble(
            f"The data in {home.root} belong to the {last[0]} servers with {last[1]} brokers:"
            " name another directory, or `zc reset` this one."
        )
    return SETS[name](home, brokers)


def _part(name: str) -> Any:
    return import_module(f"zc.{name}")


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code == 200
    except httpx.HTTPError:
        return False
