"""The service's command line, with commands of its own for keys and for other systems."""

import asyncio
from typing import Annotated

import typer
from chassis.cli import commands

from identity.actions.keys import rotate
from identity.app import service
from identity.commands import system

cli = commands(service)
cli.add_typer(system, name="system")


@cli.command("rotate-keys")
def rotate_keys(
    retire: Annotated[
        bool, typer.Option(help="retire all keys but the newest instead of adding one")
    ] = False,
) -> None:
    """Publish a new signing key; with --retire, a while later, end the older ones."""

    async def work() -> list[str]:
        runtime = service.runtime(service.settings_class())
        try:
            return await rotate(runtime.sessions, retire=retire)
        finally:
            await runtime.engine.dispose()

    for kid in asyncio.run(work()):
        typer.echo(f"{'retired' if retire else 'published'} {kid}")


cli()
