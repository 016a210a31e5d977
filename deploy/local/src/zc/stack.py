"""A whole local stack: servers, platform, services and gateway as processes of this one."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx
from chassis.testing.postgres import Postgres, start_postgres
from chassis.testing.postgres_files import PostgresError

from zc import environment
from zc.child import Child, stop_all
from zc.gateway import gateway_environment, prepare_gateway
from zc.home import HOST, Home
from zc.kafka import create_topics, prepare_broker
from zc.libraries import check_libraries
from zc.migrate import migrate_all
from zc.s3 import prepare_store, store_environment
from zc.table import SERVICES, TOPICS
from zc.trouble import Trouble, said_plainly

Say = Callable[[str], None]


class Stack:
    """Starts on entering and stops on leaving; everything it writes lies in one directory.

    `with Stack(directory) as stack: httpx.get(stack.gateway_url + "/api/v1/…")`
    """

    def __init__(
        self, directory: Path | str, *, gateway_port: int | None = None, free_ports: bool = False,
        services: Iterable[str] | None = None, settings: dict[str, str] | None = None, rate: int = 2000,
        say: Say = lambda _: None,
    ) -> None:  # fmt: skip
        """Any directory; `services` chooses some of the seven, `settings` overrides their environment."""
        self.home = Home(Path(directory))
        self.services = tuple(row for row in SERVICES if services is None or row.name in set(services))
        self.settings = settings or {}
        self.children: dict[str, Child] = {}
        self.ports: dict[str, int] = {}
        self._gateway_port, self._free_ports, self._rate, self._say = gateway_port, free_ports, rate, say
        self._postgres: Postgres | None = None

    # -- what others ask ----------------------------------------------------------

    @property
    def gateway_url(self) -> str:
        """The address of the gateway, without a slash at its end."""
        return environment.public_url(self.ports)

    @property
    def platform_url(self) -> str:
        """The issuer of the provincial identity platform's stand-in."""
        return f"http://{HOST}:{self.ports['platform']}"

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
        """The address of the broker."""
        return environment.kafka_bootstrap(self.ports)

    @property
    def postgres(self) -> Postgres:
        """The database server, which gives connection addresses."""
        if self._postgres is None:
            raise Trouble("The stack is not running.")
        return self._postgres

    def service_url(self, name: str) -> str:
        """The address of a service behind the gateway's back."""
        return f"http://{HOST}:{self.ports[name]}"

    def environment_of(self, name: str) -> dict[str, str]:
        """Every variable that the process of a service is given."""
        row = next(row for row in SERVICES if row.name == name)
        told = environment.common(self.home, self.ports)
        told |= environment.own(row, self.home, self.ports, self.postgres)
        return environment.plain() | told | self.settings

    # -- life ---------------------------------------------------------------------

    def __enter__(self) -> Stack:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Starts everything and returns when every service is ready; raises `Trouble` in one sentence."""
        self.home.prepare()
        self.home.claim()
        try:
            check_libraries(self.services)
            self.ports = self.home.take_ports(self._gateway_port, any_free=self._free_ports)
            self._start_servers()
            self._start_services()
        except BaseException:
            self.stop()
            raise
        self._write_state(ready=True)

    def stop(self) -> None:
        """Stops services before servers, so that they end their work, and leaves no process behind."""
        names = {row.name for row in SERVICES}
        stop_all([self.children["gateway"]] if "gateway" in self.children else [], 3)
        stop_all([child for name, child in self.children.items() if name in names], 20)
        stop_all([child for name, child in self.children.items() if name not in names], 20)
        if self._postgres is not None:
            self._postgres.stop()
            self._postgres = None
        self.children.clear()
        if self.home.root.exists():
            self.home.write_state(ready=False, processes={})
        self.home.release()

    def check(self) -> list[str]:
        """The names of children that ended without being asked."""
        dead = [name for name, child in self.children.items() if not child.running]
        if self._postgres is not None and self._postgres.process.poll() is not None:
            dead.append("postgres")
        return dead

    def kill(self, name: str) -> None:
        """Ends one process without a word, as a power cut would."""
        self.children[name].kill()

    def restart(self, name: str, *, wait: bool = True, **settings: str) -> None:
        """Starts one process anew, a service with other settings if some are given."""
        child = self.children[name]
        child.stop()
        child.environment |= settings
        child.start()
        self._write_state()
        if wait and name in {row.name for row in SERVICES}:
            self._wait_for([child], self._is_ready)

    # -- steps --------------------------------------------------------------------

    def _start_servers(self) -> None:
        ports, home = self.ports, self.home
        self._say("starting PostgreSQL, Kafka, the S3 store and the gateway")
        local_broker = environment.kafka_bootstrap(ports) == f"{HOST}:{ports['kafka']}"
        if local_broker:  # the slowest first
            self._launch("kafka", prepare_broker(home, ports))
        self._launch("s3", prepare_store(home, ports["s3"]), store_environment(home))
        self._launch("platform", self._platform_command(), {
            "PLATFORM_CLIENT_SECRET": home.secrets["platform-client"]})  # fmt: skip
        gateway = prepare_gateway(home.root / "gateway", ports["gateway"], ports["gateway-ping"])
        self._launch("gateway", gateway, gateway_environment(ports, self._rate))
        try:
            with said_plainly():
                self._postgres = start_postgres(home.root / "postgres", port=ports["postgres"])
        except PostgresError as error:
            raise Trouble(str(error)) from error
        for row in self.services:
            self._postgres.create_database(row.database, row.owner, row.app)
        self._write_state()
        self._say("bringing the databases up to date")
        migrate_all({row.name: self.environment_of(row.name) for row in self.services}, home.logs)
        for child in self.children.values():
            child.check()
        create_topics(environment.kafka_bootstrap(ports), TOPICS)

    def _start_services(self) -> None:
        self._say(f"starting {', '.join(row.name for row in self.services)}")
        for row in self.services:
            self._launch(row.name, [sys.executable, "-m", row.name, "serve"], self.environment_of(row.name))
        self._write_state()
        self._wait_for([self.children[row.name] for row in self.services], self._is_ready)
        self._wait_for([self.children["gateway"]], lambda _: _answers(
            f"http://{HOST}:{self.ports['gateway-ping']}/ping"))  # fmt: skip
        self._wait_for([self.children["platform"]], lambda _: _answers(f"{self.platform_url}/livez"))

    def _launch(self, name: str, command: list[str], told: dict[str, str] | None = None) -> None:
        child = Child(name, command, self.home.logs / f"{name}.log", environment.plain() | (told or {}))
        self.children[name] = child
        child.start()

    def _platform_command(self) -> list[str]:
        if not self.home.accounts.exists():
            self.home.accounts.write_text("[]\n")
        return [
            sys.executable, "-m", "zc.platform", "--port", str(self.ports["platform"]),
            "--issuer", self.platform_url, "--accounts", str(self.home.accounts),
            "--client-id", environment.PLATFORM_CLIENT,
            "--redirect-uri", self.gateway_url + environment.PLATFORM_RETURN,
            "--key", str(self.home.accounts.with_name("key.pem")),
        ]  # fmt: skip

    def _is_ready(self, child: Child) -> bool:
        return _answers(f"{self.service_url(child.name)}/readyz")

    def _wait_for(self, children: list[Child], ready: Callable[[Child], bool], patience: float = 120) -> None:
        waiting, deadline = list(children), time.monotonic() + patience
        while waiting:
            for child in waiting:
                child.check()
            waiting = [child for child in waiting if not ready(child)]
            if waiting and time.monotonic() > deadline:
                names = ", ".join(child.name for child in waiting)
                raise Trouble(f"Not ready after {patience:.0f} seconds: {names} (see {self.home.logs}).")
            if waiting:
                time.sleep(0.1)

    def _write_state(self, **more: Any) -> None:
        processes = {name: child.pid for name, child in self.children.items()}
        if self._postgres is not None:
            processes["postgres"] = self._postgres.process.pid
        self.home.write_state(processes=processes, gateway_url=self.gateway_url, **more)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code == 200
    except httpx.HTTPError:
        return False
