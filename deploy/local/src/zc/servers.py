"""The sets of servers that a stack can stand on, behind one face: `small`, `secured` and `real`.

small: one open broker, a folder served as S3, and the stand-in for the provincial identity platform.
secured: the same, but the brokers know who asks and what everybody may do.
real: what operators run, namely the secured brokers, MinIO and Keycloak.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from zc import kafka_access, kafka_cluster, kafka_users, keycloak, minio
from zc.home import HOST, Home
from zc.season.platforms import Keycloak, Platform
from zc.servers_small import Small
from zc.table import Server, Service
from zc.trouble import Trouble

__all__ = ["SETS", "Real", "Secured", "Small", "choose", "servers_of"]


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
        """As they say themselves; what a former release was allowed is taken back, and who is new gets a user."""
        admin, names = self.kafka_client(), kafka_access.access()
        kafka_users.set_passwords(admin, {name: kafka_cluster.password(self.home, name) for name in names})
        kafka_users.allow(admin, names, kafka_access.grants())

    def admit(self, system: str, topics: Iterable[str]) -> dict[str, Any]:
        """A user of its own, which may read these topics and nothing else."""
        user = kafka_users.outside_user(system)
        wanted = kafka_users.outside_grants(user, topics)
        client = self._coming_in_as(user)
        kafka_users.set_passwords(self.kafka_client(), {user: client["sasl_plain_password"]})
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
        return list(minio.prepare_minio(self.home, self.ports["s3"], self.ports["s3-console"]))

    def store_environment(self) -> dict[str, str]:
        """MinIO's own administrator."""
        return dict(minio.minio_environment(self.home))

    def furnish_store(self) -> None:
        """Buckets, and one user with its own policy for each service."""
        minio.furnish_minio(self.home, self.ports["s3"])

    @property
    def issuer(self) -> str:
        """The realm."""
        return str(keycloak.keycloak_issuer(self.ports))

    def platform_command(self) -> list[str]:
        """Keycloak."""
        return list(keycloak.prepare_keycloak(self.home, self.ports["platform"]))

    def platform_environment(self) -> dict[str, str]:
        """Keycloak's own administrator and the heap it may take."""
        return dict(keycloak.keycloak_environment(self.home))

    def furnish_platform(self) -> None:
        """Where the gateway is now."""
        keycloak.furnish_keycloak(self.home)

    @property
    def identity_platform(self) -> Platform:
        """Keycloak's own pages."""
        return Keycloak(self.issuer, keycloak.keycloak_desk(self.home))

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
