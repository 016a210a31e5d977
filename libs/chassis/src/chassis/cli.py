"""Every service's command line: serve, api, worker, migrate, doctor, parked, republish, reseal, topics, openapi."""

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Annotated, TypeVar

import orjson
import typer
import uvicorn

from chassis import parked
from chassis.db import Sessions
from chassis.inbox import ParkedRow
from chassis.service import Runtime, Service

T = TypeVar("T")


class _Server(uvicorn.Server):
    """Lets open streams know at once that the process drains: the lifespan ends only after them."""

    def __init__(self, config: uvicorn.Config, runtime: Runtime) -> None:
        super().__init__(config)
        self._runtime = runtime

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to drain."""
        self._runtime.stopping.set()
        super().handle_exit(sig, frame)


def run(service: Service) -> None:
    """Hand the process over to the service's command line."""
    commands(service)()


def commands(service: Service) -> typer.Typer:
    """The commands of one service."""
    cli = typer.Typer(
        help=service.title, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
    )

    def listen(*, api: bool, worker: bool) -> None:
        settings = service.settings_class()
        app = service.app(settings, api=api, worker=worker)
        config = uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=10,
        )
        server = _Server(config, app.state.runtime)
        with suppress(KeyboardInterrupt):
            server.run()
        if not server.started:
            raise typer.Exit(3)

    @cli.command()
    def serve() -> None:
        """Run API and worker in one process."""
        listen(api=True, worker=True)

    @cli.command()
    def api() -> None:
        """Run the HTTP API alone."""
        listen(api=True, worker=False)

    @cli.command()
    def worker() -> None:
        """Run relay, consumers and jobs alone, with health and metrics."""
        listen(api=False, worker=True)

    @cli.command()
    def migrate(
        autogenerate: Annotated[str, typer.Option(help="write a migration with this message instead")] = "",
    ) -> None:
        """Bring the database to this release's schema."""
        from chassis import migrate as migrations  # alembic is slow to import, and serving needs none

        settings = service.settings_class()
        if autogenerate:
            migrations.autogenerate(service, settings, autogenerate)
        else:
            migrations.migrate(service.migrations, settings.owner_database_url, settings.database_url)

    @cli.command()
    def doctor() -> None:
        """Check the invariants that this service alone can see; exits 1 when one is broken."""
        from chassis.doctor import examine

        findings = asyncio.run(examine(service))
        for finding in findings:
            typer.echo(finding)
        raise typer.Exit(1 if findings else 0)

    @cli.command("parked")
    def parked_(
        action: Annotated[str, typer.Argument(help="list | replay | drop")] = "list",
        number: Annotated[int, typer.Argument(help="which one to drop, as listed")] = 0,
        why: Annotated[str, typer.Option(help="why it must never be taken in; kept in the trail")] = "",
    ) -> None:
        """List parked records, take them in again, or drop one for ever."""
        if action == "replay":
            resolved, left = asyncio.run(
                _with_sessions(service, partial(parked.replay, consumers=service.consumers))
            )
            typer.echo(f"resolved {resolved}, left {left}")
        elif action == "drop":
            if not why.strip():
                raise typer.BadParameter("say --why: it is kept in the trail", param_hint="--why")
            try:
                row = asyncio.run(_with_sessions(service, partial(parked.drop, seq=number, why=_by(why))))
            except parked.NotParked as error:
                typer.echo(f"{error}; `parked list` shows the numbers", err=True)
                raise typer.Exit(1) from error
            typer.echo(f"dropped {_line(row)}; `parked replay` takes in what waits behind it")
        elif action == "list":
            for row in asyncio.run(_with_sessions(service, parked.waiting)):
                typer.echo(_line(row))
        else:
            raise typer.BadParameter(f"{action} is none of list, replay, drop", param_hint="ACTION")

    @cli.command()
    def republish() -> None:
        """Publish every event again, oldest first; consumers know what they have seen."""
        from chassis.doctor import republish as again

        typer.echo(f"{asyncio.run(again(service))} events will be published again")

    @cli.command()
    def topics() -> None:
        """Print what its user must be allowed on the brokers: topics it writes and reads, and its group."""
        typer.echo(orjson.dumps(service.topics, option=orjson.OPT_INDENT_2).decode())

    @cli.command()
    def reseal() -> None:
        """Seal with SEAL_KEY what SEAL_KEYS_OTHER have sealed; repeat until it says 0."""
        from chassis.reseal import reseal as anew

        typer.echo(f"{asyncio.run(anew(service))} texts sealed anew")

    @cli.command()
    def openapi(path: Annotated[Path | None, typer.Argument()] = None) -> None:
        """Print the OpenAPI document, or write it to a file."""
        document = orjson.dumps(
            service.bare_app().openapi(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS
        )
        if path is None:
            typer.echo(document.decode())
        else:
            path.write_bytes(document + b"\n")

    return cli


def _line(row: ParkedRow) -> str:
    place = f"{row.topic}[{row.partition}]@{row.position}"
    return f"{row.seq} {place} {row.parked_at:%F %T} {row.error}"


def _by(why: str) -> str:
    """The reason with the account that gave it, as far as the machine knows one."""
    with suppress(OSError, KeyError):
        return f"{why.strip()} — {getpass.getuser()}"
    return why.strip()


async def _with_sessions(service: Service, do: Callable[[Sessions], Awaitable[T]]) -> T:
    runtime = service.runtime(service.settings_class())
    try:
        return await do(runtime.sessions)
    finally:
        await runtime.engine.dispose()
