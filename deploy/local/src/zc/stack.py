"""A whole local stack: servers, platform, services and gateway as processes of this one."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

from chassis.testing.postgres import Postgres, start_postgres
from chassis.testing.postgres_files import PostgresError
from chassis.topics import TopicsRefused, create_topics

from zc import environment
from zc.child import Child, stop_all
from zc.gateway import gateway_environment, prepare_gateway
from zc.home import HOST, Home
from zc.libraries import check_libraries
from zc.migrate import migrate_all
from zc.servers import choose
from zc.suite import Suite, answers
from zc.table import SERVICES, TOPICS
from zc.trouble import Trouble, said_plainly

Say = Callable[[str], None]


class Stack(Suite):
    """Starts on entering and stops on leaving; everything it writes lies in one directory.

    `with Stack(directory) as stack: httpx.get(stack.gateway_url + "/api/v1/…")`
    """

    def __init__(
        self, directory: Path | str, *, servers: str = "small", brokers: int = 1,
        gateway_port: int | None = None, free_ports: bool = False,
        services: Iterable[str] | None = None, settings: dict[str, str] | None = None, rate: int = 2000,
        say: Say = lambda _: None,
    ) -> None:  # fmt: skip
        """Any directory; `services` chooses some of the seven, `settings` overrides their environment.

        `servers` names the set that they stand on: the small one, or the real one with so many brokers.
        """
        super().__init__(Home(Path(directory)))
        self._servers, self._brokers = servers, brokers
        wanted = set(services) if services is not None else {row.name for row in SERVICES}
        self.services = tuple(row for row in SERVICES if row.name in wanted)
        self.settings |= settings or {}
        self.children: dict[str, Child] = {}
        self.postgres: Postgres | None = None
        self._gateway_port, self._free_ports, self._rate, self._say = gateway_port, free_ports, rate, say

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
            chosen = choose(self.home, self._servers, self._brokers)
            self.home.write_state(ready=False, services=[row.name for row in self.services])
            self.home.take_ports(self._gateway_port, any_free=self._free_ports, servers=chosen.rows)
            self.home.write_state(servers=chosen.name, brokers=chosen.brokers)
            self._start_servers()
            self._start_services()
        except BaseException:
            self.stop()
            raise
        self._write_state(ready=True)

    def stop(self) -> None:
        """Stops services before servers, so that they end their work, and leaves no process behind."""
        if not self.home.claimed:  # another launcher's stack is none of our business
            return
        if self.children:
            self._say("stopping")
        first, then = ["gateway"], [row.name for row in SERVICES]
        last = [name for name in self.children if name not in (*first, *then)]
        for names, grace in ((first, 5), (then, 20), (last, 20)):
            stop_all([self.children[name] for name in names if name in self.children], grace)
        if self.postgres is not None:
            self.postgres.stop()
            self.postgres = None
        self.children.clear()
        if self.home.root.exists():
            self.home.write_state(ready=False, processes={})
        self.home.release()

    def dead(self) -> list[str]:
        """The names of processes that ended without being asked."""
        names = [name for name, child in self.children.items() if not child.running]
        if self.postgres is not None and self.postgres.process.poll() is not None:
            names.append("postgres")
        return names

    def kill(self, name: str) -> None:
        """Ends one process and all that it started without a word, as a power cut would; `postgres` is one too."""
        self._process(name).kill()

    def pause(self, name: str) -> None:
        """Lets one process stand still: it keeps its connections and answers nobody."""
        self._process(name).pause()

    def resume(self, name: str) -> None:
        """Lets a process that stands still go on."""
        self._process(name).resume()

    def restart(self, name: str, *, wait: bool = True, **settings: str) -> None:
        """Starts one process anew, with other settings if some are given.

        It dies with the thread that calls this.
        """
        self.resume(name)
        if name == "postgres":
            self._restart_postgres()
            return
        child = self.children[name]
        child.stop()
        child.environment |= settings
        child.start()
        self._write_state()
        if wait and name in {row.name for row in self.services}:
            self._wait_for([name])

    def _process(self, name: str) -> Child | Postgres:
        if name == "postgres" and self.postgres is not None:
            return self.postgres
        return self.children[name]

    def _restart_postgres(self) -> None:
        assert self.postgres is not None
        self.postgres.stop()
        self.postgres = start_postgres(self.home.postgres, port=self.ports["postgres"])
        self._write_state()

    # -- steps --------------------------------------------------------------------

    def _start_servers(self) -> None:
        ports, home, servers = self.ports, self.home, self.servers
        self._say("starting PostgreSQL, Kafka, the S3 store, the identity platform and the gateway")
        for name, command in servers.broker_commands().items():
            self._launch(name, command)
        self._launch("s3", servers.store_command(), servers.store_environment())
        self._launch("platform", servers.platform_command(), servers.platform_environment())
        collector = self.settings.get("OTLP_ENDPOINT", "")
        gateway = prepare_gateway(home.root / "gateway", ports["gateway"], ports["gateway-ping"], collector)
        self._launch("gateway", gateway, gateway_environment(ports, self._rate))
        try:
            with said_plainly():
                self.postgres = start_postgres(home.postgres, port=ports["postgres"])
        except PostgresError as error:
            raise Trouble(str(error)) from error
        for row in self.services:
            self.postgres.create_database(row.database, row.owner, row.app)
        self._write_state()
        self._say("bringing the databases up to date")
        migrate_all({row.name: self.environment_of(row.name) for row in self.services}, home.logs)
        for child in self.children.values():
            child.check()
        try:
            servers.await_brokers()
            create_topics(servers.kafka_client(), TOPICS, replication=servers.replication)
        except TopicsRefused as error:
            raise Trouble(str(error)) from error
        servers.admit_services()
        servers.furnish_store()

    def _start_services(self) -> None:
        if self.services:
            self._say(f"starting {', '.join(row.name for row in self.services)}")
        for row in self.services:
            self._launch(row.name, [sys.executable, "-m", row.name, "serve"], self.environment_of(row.name))
        self._write_state()
        ping = f"http://{HOST}:{self.ports['gateway-ping']}/ping"
        # Without identity there are no keys, and so nobody is ever ready.
        whole = "identity" in self.children
        self._wait_for((row.name for row in self.services), None if whole else self.is_alive)
        self._wait_for(["gateway"], lambda _: answers(ping))
        servers = self.servers
        self._wait_for(["platform"], lambda _: servers.platform_answers())
        servers.furnish_platform()

    def _launch(self, name: str, command: list[str], told: dict[str, str] | None = None) -> None:
        child = Child(name, command, self.home.logs / f"{name}.log", environment.plain() | (told or {}))
        self.children[name] = child
        child.start()

    def _wait_for(
        self, names: Iterable[str], ready: Callable[[str], bool] | None = None, patience: float = 120
    ) -> None:
        waiting, deadline, ready = list(names), time.monotonic() + patience, ready or self.is_ready
        while waiting:
            for name in waiting:
                self.children[name].check()
            waiting = [name for name in waiting if not ready(name)]
            if waiting and time.monotonic() > deadline:
                why = "; ".join(self._complaint(name) for name in waiting)
                raise Trouble(f"Not ready after {patience:.0f} s: {why} (see {self.home.logs}).")
            if waiting:
                time.sleep(0.1)

    def _complaint(self, name: str) -> str:
        known = name in {row.name for row in self.services}
        return self.complaint(name) if known else f"{name} does not answer"

    def _write_state(self, **more: Any) -> None:
        processes = {name: child.pid for name, child in self.children.items()}
        if self.postgres is not None:
            processes["postgres"] = self.postgres.process.pid
        self.home.write_state(processes=processes, gateway_url=self.gateway_url, **more)
