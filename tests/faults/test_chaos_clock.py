"""Business time jumps and trembles: deadlines happen once, tokens live on, nothing is closed twice.

The machine's own clock cannot be set here, so what runs on real time (tokens, locks, leases) only proves that it does
not care about business time.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from random import Random

import httpx
import psycopg
import pytest
from zc.season.manner import Request
from zc.table import SERVICES

from tests.faults.arena import Arena
from tests.faults.chaos_beside import beside
from tests.faults.chaos_clock import Jump, trembling
from tests.faults.ledger import Ledger

ONCE = (
    "committees.campaign.receipt-closed.v1",
    "committees.campaign.closed.v1",
    "meetings.meeting.announced.v1",
    "meetings.meeting.ended.v1",
    "meetings.candidacy.publicity-ended.v1",
    "meetings.publicity.over.v1",
)
"""What is told of anything once in its life."""


def deadlines(arena: Arena) -> Counter[tuple[str, str]]:
    """How many deadlines of each kind are done."""
    found: Counter[tuple[str, str]] = Counter()
    for row in SERVICES:
        with psycopg.connect(arena.stack.dsn(row.name), autocommit=True) as db:
            for kind, count in db.execute(
                "SELECT kind, count(*) FROM deadline WHERE done_at IS NOT NULL GROUP BY kind"
            ):
                found[row.name, kind] += count
    return found


@pytest.fixture
def statuses(monkeypatch: pytest.MonkeyPatch) -> Counter[int]:
    """Every status that a client of the season was answered."""
    found: Counter[int] = Counter()
    honest = Ledger.answered

    def answered(self: Ledger, request: Request, answer: httpx.Response | None) -> None:
        if answer is not None:
            found[answer.status_code] += 1
        honest(self, request, answer)

    monkeypatch.setattr(Ledger, "answered", answered)
    return found


def test_a_clock_that_jumps_and_trembles_closes_everything_once(
    arena: Arena, seed: int, statuses: Counter[int]
) -> None:
    arena.undisturbed()
    statuses.clear()
    before, jumps = deadlines(arena), list[float]()
    perils = [
        Jump("stage_1_units", timedelta(days=1)),
        Jump("stage_2_committee", timedelta(days=1)),
        Jump("submission", timedelta(hours=1)),
        Jump("voting", timedelta(hours=1)),
        Jump("voting", timedelta(seconds=1)),
        Jump("issuing", timedelta(days=1)),
        Jump("stage_7_notices", timedelta(seconds=1)),
    ]
    with beside(trembling(arena.stack, Random(f"{seed} trembling"), jumps)):
        ended = arena.play(perils)
    done = deadlines(arena) - before
    print(f"{len(jumps)} jumps of a second, deadlines: {dict(done)}")
    assert not ended.wrong, "\n".join(
        ended.wrong
    )  # which compares each deadline with the undisturbed season's
    assert min(jumps) < 0
    assert done, "no deadline came true in a season"
    assert statuses[401] == 0, "a token died of business time"
    assert closed_twice(arena) == []


def closed_twice(arena: Arena) -> list[str]:
    """What was told to have ended more than once."""
    found = []
    for row in SERVICES:
        with psycopg.connect(arena.stack.dsn(row.name), autocommit=True) as db:
            twice = db.execute(
                "SELECT type, subject, count(*) FROM outbox WHERE type = ANY(%s)"
                " GROUP BY type, subject HAVING count(*) > 1",
                (list(ONCE),),
            )
            found += [f"{kind} of {subject} told {count} times" for kind, subject, count in twice]
    return found
