"""The service's command line, with one command of its own for keys."""

import asyncio
from typing import Annotated

import typer
from chassis.cli import commands

from identity.actions.keys import rotate
from identity.app import service

cli = commands(service)


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
