"""A local stack as others see it, whoever started it: its addresses, files and settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
from chassis.testing.postgres import dsn_of

from zc import environment
from zc.home import HOST, Home
from zc.season.platforms import Platform
from zc.servers import Small, servers_of
from zc.table import service
from zc.trouble import Trouble


class Suite:
    """What the state directory tells about a stack."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.settings: dict[str, str] = {}

    @classmethod
    def running(cls, home: Home) -> Suite:
        """The stack that runs in the directory now; raises `Trouble` when none does."""
        if home.launcher() is None or not home.read_state().get("ready"):
            raise Trouble(f"No stack is running in {home.root}: start one with `make up`.")
        return cls(home)

    @property
    def ports(self) -> dict[str, int]:
        """The port of every server and service."""
        return self.home.ports

    @property
    def servers(self) -> Small:
        """The set of servers that it stands on."""
        return servers_of(self.home)

    @property
    def gateway_url(self) -> str:
        """The address of the gateway, without a slash at its end."""
        return environment.public_url(self.ports)

    @property
    def platform_url(self) -> str:
        """The issuer of the provincial identity platform, or of its stand-in."""
        return self.servers.issuer

    @property
    def identity_platform(self) -> Platform:
        """The provincial identity platform, as people meet it."""
        return self.servers.identity_platform

    @property
    def accounts_file(self) -> Path:
        """The accounts of the platform, read again whenever the file changes."""
        return self.home.accounts

    @property
    def clock_file(self) -> Path:
        """The seconds by which business time is ahead of real time."""
        return self.home.clock

    @property
    def kafka(self) -> str:
        """The addresses of the brokers."""
        return self.servers.bootstrap

    def kafka_client(self, user: str | None = None) -> dict[str, Any]:
        """What aiokafka is told to come in as the administrator, or as another system with a user of its own."""
        return self.servers.kafka_client(user)

    def admit(self, system: str, *topics: str) -> dict[str, Any]:
        """Lets another system read these topics and returns what its aiokafka is told."""
        return self.servers.admit(system, topics)

    def service_url(self, name: str) -> str:
        """The address of a service behind the gateway's back."""
        return f"http://{HOST}:{self.ports[name]}"

    def dsn(self, name: str, *, owner: bool = False, driver: str = "") -> str:
        """The address of a service's database, for its app role unless the owner is asked for."""
        row = service(name)
        user = row.owner if owner else row.app
        return dsn_of(self.home.postgres, self.ports["postgres"], row.database, user, driver)

    def environment_of(self, name: str) -> dict[str, str]:
        """Every variable that the process of a service is given."""
        told = environment.common(self.home, self.ports) | environment.own(
            service(name), self.home, self.ports
        )
        return environment.plain() | told | self.servers.service_environment(service(name)) | self.settings

    def is_alive(self, name: str) -> bool:
        """Whether a service answers at all."""
        return answers(f"{self.service_url(name)}/livez")

    def is_ready(self, name: str) -> bool:
        """Whether a service says that it can work."""
        return answers(f"{self.service_url(name)}/readyz")

    def complaint(self, name: str) -> str:
        """What a service says it cannot work without."""
        try:
            checks = dict(httpx.get(f"{self.service_url(name)}/readyz", timeout=5).json()["checks"])
        except (httpx.HTTPError, ValueError, KeyError):
            return f"{name} does not answer"
        missing = ", ".join(f"{check} {state}" for check, state in checks.items() if state != "ok")
        return f"{name} lacks {missing}" if missing else f"{name} is ready"


def answers(url: str) -> bool:
    """Whether something answers 200 there."""
    try:
        return httpx.get(url, timeout=5).status_code == 200
    except httpx.HTTPError:
        return False
