"""The sets of servers that a stack can stand on, behind one face: `small`, `secured` and `real`.

small: one open broker, a folder served as S3, and the stand-in for the provincial identity platform.
secured: the same, but the brokers know who asks and what everybody may do.
real: what operators run, namely the secured brokers, MinIO and Keycloak.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any

import httpx
from chassis.kafka import KafkaMisconfigured, arguments_from

from zc import environment, kafka_access, kafka_cluster, kafka_users
from zc.home import HOST, Home
from zc.kafka import prepare_broker
from zc.s3 import prepare_store, store_environment
from zc.season.platforms import Keycloak, Platform, StandIn
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


class Secured(Small):
    """Brokers that know their users: each service has its own, which may do what it must and nothing else."""

    name = "secured"

    @property
    def rows(self) -> tuple[Server, ...]:
        """Every broker needs two ports."""
        others = (row for row in super().rows if row.name not in ("kafka", "kafka-controller"))
        names = [part for name in self.broker_names for part in (name, f"{name}-controller")]
        return (*others, *(Server(name, 9092 + number) for number, name in enumerate(names)))

    @property
    def broker_names(self) -> tuple[str, ...]:
        """`kafka-1` and so on."""
        return kafka_cluster.broker_names(self.brokers)

    @property
    def bootstrap(self) -> str:
        """All of them: who knows one that is dead finds the others."""
        return ",".join(f"{HOST}:{self.ports[name]}" for name in self.broker_names)

    def broker_commands(self) -> dict[str, list[str]]:
        """One node each, broker and controller at once."""
        if os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
            raise Trouble(
                f"KAFKA_BOOTSTRAP_SERVERS names other brokers, and the {self.name} set has its own:"
                " leave it unset, or take the small set."
            )
        return kafka_cluster.prepare_cluster(self.home, self.ports, self.brokers)

    def kafka_client(self, user: str | None = None) -> dict[str, Any]:
        """The administrator's way in, or that of another system that was admitted."""
        name = kafka_cluster.ADMIN if user is None else kafka_users.outside_user(user)
        if f"kafka-{name}" not in self.home.secrets and user is not None:
            raise Trouble(
                f"{name} is no user of the brokers yet: `zc kafka-user {user} --read TOPIC` makes it."
            )
        return self._coming_in_as(name)

    def _coming_in_as(self, name: str) -> dict[str, Any]:
        return {
            "bootstrap_servers": self.bootstrap,
            "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": kafka_cluster.MECHANISM,
            "sasl_plain_username": name,
            "sasl_plain_password": kafka_cluster.password(self.home, name),
        }

    def await_brokers(self) -> None:
        """All must be there before a record can have its copies."""
        kafka_users.await_brokers(self.kafka_client(), self.brokers)

    def admit_services(self) -> None:
        """As they say themselves; what a former release was allowed is taken back."""
        kafka_users.allow(self.kafka_client(), kafka_access.access(), kafka_access.grants())

    def admit(self, system: str, topics: Iterable[str]) -> dict[str, Any]:
        """A user of its own, which may read these topics and nothing else."""
        user = kafka_users.outside_user(system)
        wanted = kafka_users.outside_grants(user, topics)
        client = self._coming_in_as(user)
        kafka_users.set_password(self.kafka_client(), user, client["sasl_plain_password"])
        kafka_users.allow(self.kafka_client(), [user], wanted)
        return client

    def service_environment(self, row: Service) -> dict[str, str]:
        """How it says who it is."""
        return super().service_environment(row) | {
            "KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
            "KAFKA_SASL_MECHANISM": kafka_cluster.MECHANISM,
        }


class Real(Secured):
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

    def furnish_platform(self) -> None:
        """Where the gateway is now."""
        _part("keycloak").furnish_keycloak(self.home)

    @property
    def identity_platform(self) -> Platform:
        """Keycloak's own pages."""
        return Keycloak(self.issuer, _part("keycloak").keycloak_desk(self.home))

    def service_environment(self, row: Service) -> dict[str, str]:
        """Identity asks Keycloak."""
        told = super().service_environment(row)
        return told | ({"IDENTITY_PLATFORM_ISSUER": self.issuer} if row.name == "identity" else {})


SETS: dict[str, type[Small]] = {kind.name: kind for kind in (Small, Secured, Real)}


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
