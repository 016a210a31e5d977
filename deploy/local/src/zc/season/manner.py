"""How a season is played: with every refusal or only its story, how patiently, and who looks on."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

import httpx


@dataclass(frozen=True)
class Request:
    """What a client is about to send; all attempts of one command are the same request."""

    who: str
    method: str
    path: str
    json: Any
    if_match: str | None
    key: str | None
    unit: str | None = None
    """The unit acted for; keys belong to an account acting for one unit."""


class Witness(Protocol):
    """Whoever writes down what a careful client sent and what it was told."""

    def asking(self, request: Request) -> None:
        """An attempt is about to be sent."""

    def answered(self, request: Request, answer: httpx.Response | None) -> None:
        """The answer to an attempt, or None when the connection broke or nothing came in time."""


@dataclass(frozen=True)
class Manner:
    """A season's manner; the default is that of `zc demo`."""

    proofs: bool = True
    """Whether refusals are proved too; the story is the same without them."""
    patience: float | None = None
    """Seconds that a request or a wait may take; a minute unless somebody does worse things than being slow.

    Whoever names them expects deaths, and asks again a few times when a service answers 500.
    """
    timeout: float = 60
    """Seconds without an answer after which a connection is given up."""
    draw_seed: str = ""
    """The `DRAW_SEED` that the stack was started with, if it was: then lots come out the same in every season."""
    witness: Witness | None = None
    on_phase: Callable[[str], Awaitable[None]] | None = None
    """Is told when a part of the story begins: `submission`, `voting`, `issuing`, and each stage by its name."""


def lots_of(draw_seed: str, meeting: UUID) -> bytes:
    """The seed that the meetings service commits to where `DRAW_SEED` is set."""
    return hmac.digest(draw_seed.encode(), str(meeting).encode(), "sha256")


def order_of(seed: bytes, witness: str, group: int, experts: list[str]) -> list[str]:
    """Experts in the order that a seed gives, by the published algorithm."""
    return sorted(experts, key=lambda one: hmac.digest(seed, f"{witness}|{group}|{one}".encode(), "sha256"))
