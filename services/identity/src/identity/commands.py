"""`python -m identity system …`: other information systems, registered by whoever runs the suite."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Annotated, Any, TypeVar

import typer
from chassis.db import transaction
from refusals import Refusal
from sqlalchemy.ext.asyncio import AsyncSession

from identity.actions import systems as act
from identity.app import service
from identity.store import systems as store

T = TypeVar("T")
system = typer.Typer(help="Register other information systems.", no_args_is_help=True)
ClientId = Annotated[str, typer.Argument(help="Its id: lower-case letters, digits, hyphens.")]
Permissions = Annotated[list[str] | None, typer.Argument(help="What it may do; nothing unless named.")]


@system.command()
def add(
    client_id: ClientId,
    permissions: Permissions = None,
    name: Annotated[str, typer.Option(help="What people call it; its id unless named.")] = "",
) -> None:
    """Register a system and show its secret, this once."""

    async def work(db: AsyncSession) -> dict[str, Any]:
        id_, secret = await act.register(db, client_id, name or client_id, permissions or [])
        return {"id": str(id_), **_credentials(client_id, secret)}

    _say(_in_a_transaction(work))


@system.command("list")
def list_systems() -> None:
    """List the systems, one JSON object a line."""

    async def work(db: AsyncSession) -> list[dict[str, Any]]:
        return [
            {
                "client_id": row.client_id,
                "name": row.name,
                "state": row.state,
                "permissions": row.permissions,
                "id": str(row.id),
                "secrets": [
                    {
                        "made_at": secret.made_at.isoformat(),
                        "ends_at": secret.ends_at and secret.ends_at.isoformat(),
                    }
                    for secret in await store.secrets_of(db, row)
                ],
            }
            for row in await store.systems(db)
        ]

    for line in _in_a_transaction(work):
        _say(line)


@system.command()
def allow(client_id: ClientId, permissions: Permissions = None) -> None:
    """Let a system hold exactly these permissions from now on."""
    _in_a_transaction(lambda db: act.allow(db, client_id, permissions or []))
    typer.echo(f"{client_id}: {' '.join(sorted(permissions or [])) or 'nothing'}")


@system.command()
def rotate(
    client_id: ClientId,
    overlap: Annotated[int, typer.Option(min=0, help="Hours for which the present secret stays good.")] = 24,
) -> None:
    """Make another secret and show it, this once."""
    secret = _in_a_transaction(lambda db: act.rotate(db, client_id, timedelta(hours=overlap)))
    _say(_credentials(client_id, secret))


@system.command()
def disable(client_id: ClientId) -> None:
    """Give a system no more tokens; the last one ends by itself within ten minutes."""
    _in_a_transaction(lambda db: act.disable(db, client_id))
    typer.echo(f"{client_id} is disabled")


@system.command()
def enable(client_id: ClientId) -> None:
    """Let a disabled system back in and show its new secret, this once."""
    secret = _in_a_transaction(lambda db: act.enable(db, client_id))
    _say(_credentials(client_id, secret))


def _credentials(client_id: str, secret: str) -> dict[str, Any]:
    issuer = service.settings_class().issuer
    return {"client_id": client_id, "client_secret": secret, "token_endpoint": f"{issuer}/token"}


def _say(content: dict[str, Any]) -> None:
    typer.echo(json.dumps(content, ensure_ascii=False))


def _in_a_transaction(work: Callable[[AsyncSession], Coroutine[Any, Any, T]]) -> T:
    async def run() -> T:
        runtime = service.runtime(service.settings_class())
        try:
            async with transaction(runtime.sessions) as db:
                return await work(db)
        finally:
            await runtime.engine.dispose()

    try:
        return asyncio.run(run())
    except Refusal as refusal:
        typer.echo(f"{refusal.title}{refusal.detail}", err=True)
        raise typer.Exit(1) from refusal
