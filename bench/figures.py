"""What several benches count in the same way."""

from collections.abc import Sequence

import psycopg
from zc import clock as clocks
from zc.stack import Stack
from zc.table import SERVICES, TOPICS


def at(values: Sequence[float], share: float) -> float:
    """The value that so large a share of them does not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def lags(stack: Stack, topic: str, events: int) -> dict[str, list[float]]:
    """Milliseconds, ascending, from the emission of a topic's newest events to each consumer's transaction."""
    shift = clocks.read_shift(stack.clock_file)  # events bear business time
    with psycopg.connect(stack.dsn(TOPICS[topic].owner)) as db:
        told = dict(
            db.execute(
                "SELECT id, occurred_at FROM outbox WHERE topic = %s ORDER BY seq DESC LIMIT %s",
                [topic, events],
            ).fetchall()
        )
    found: dict[str, list[float]] = {}
    for service in SERVICES:
        with psycopg.connect(stack.dsn(service.name)) as db:
            rows = db.execute(
                "SELECT event_id, received_at FROM inbox WHERE event_id = ANY(%s)", [list(told)]
            ).fetchall()
        if rows:
            found[service.name] = sorted(
                (taken - told[event] + shift).total_seconds() * 1000 for event, taken in rows
            )
    return found
