"""What the doctor finds within one database: unpublished, told twice, parked, stuck, and votes that do not add up."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, LiteralString

import psycopg
import pytest
from chassis.testing.postgres import start_postgres
from psycopg.rows import dict_row
from zc.environment import own, plain
from zc.home import Home
from zc.table import service
from zc.wellbeing import unwell

NOW = datetime(2026, 5, 1, tzinfo=UTC)
ROUND, MEETING, ANN = (f"00000000-0000-7000-8000-00000000000{n}" for n in (1, 2, 3))


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The database of meetings, brought up to date; yields its address."""
    row, home = service("meetings"), Home(tmp_path_factory.mktemp("zc"))
    home.prepare()
    with start_postgres(home.postgres) as server:
        server.create_database(row.database, row.owner, row.app)
        ports = dict.fromkeys(("gateway", "kafka", "s3", "platform", row.name), 1) | {"postgres": server.port}
        told = plain() | own(row, home, ports) | {"PERSON_REF_KEY": "0" * 64, "SEAL_KEY": "0" * 64}
        subprocess.run([sys.executable, "-m", row.name, "migrate"], env=told, check=True)
        yield server.dsn(row.database)


@pytest.fixture
def db(database: str) -> Iterator[psycopg.Connection[dict[str, Any]]]:
    """A connection whose doings are undone."""
    with psycopg.connect(database, row_factory=dict_row) as connection:
        # What a row refers to, and what it needs besides, is not the point here.
        connection.execute("SET session_replication_role = replica")
        yield connection
        connection.rollback()


def put(db: psycopg.Connection[dict[str, Any]], table: str, **row: object) -> None:
    """Insert a row with something for every column that must have a value."""
    lacking = db.execute(
        """SELECT column_name AS name, data_type AS kind FROM information_schema.columns
        WHERE table_name = %s AND is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO'""",
        [table],
    ).fetchall()
    some: dict[str, object] = {
        "uuid": ANN, "jsonb": "{}", "timestamp with time zone": NOW, "integer": 1, "boolean": False, "bytea": b"",
        "bigint": 1, "xid8": "1",
    }  # fmt: skip
    full = {one["name"]: some.get(one["kind"], "x") for one in lacking} | row
    columns, marks = ", ".join(full), ", ".join(["%s"] * len(full))
    statement: LiteralString = f"INSERT INTO {table} ({columns}) VALUES ({marks})"  # type: ignore[assignment]  # noqa: S608
    db.execute(statement, list(full.values()))


def found(db: psycopg.Connection[dict[str, Any]]) -> list[str]:
    return list(unwell("meetings", db, NOW))


def test_an_empty_database_is_well(db: psycopg.Connection[dict[str, Any]]) -> None:
    assert found(db) == []


def test_events_that_are_unpublished_or_told_twice_are_found(db: psycopg.Connection[dict[str, Any]]) -> None:
    for seq in (1, 2):
        event = f"00000000-0000-7000-8000-00000000001{seq}"
        put(db, "outbox", id=event, subject=ANN, topic="t", revision=4, body="{}", published_at=None)
    assert found(db) == [
        "meetings: 2 events are not published",
        f"meetings: t {ANN} told 2 times of revision 4",
    ]


def test_parked_records_are_found_until_they_are_dealt_with(db: psycopg.Connection[dict[str, Any]]) -> None:
    put(db, "parked", topic="t", error="poison", resolved_at=None)
    put(db, "parked", topic="u", error="mended", position=2, resolved_at=NOW)
    assert found(db) == ["meetings: parked t: poison"]


def test_deadlines_that_passed_unheard_are_found(db: psycopg.Connection[dict[str, Any]]) -> None:
    put(db, "deadline", id=ANN, kind="publicity-over", due_at="2026-04-30T23:00:00Z", done_at=None)
    put(
        db,
        "deadline",
        id=ROUND,
        subject=ROUND,
        kind="publicity-over",
        due_at="2026-05-02T00:00:00Z",
        done_at=None,
    )
    assert found(db) == ["meetings: 1 deadlines publicity-over passed and nothing happened"]


def test_failed_and_forgotten_tasks_are_found(db: psycopg.Connection[dict[str, Any]]) -> None:
    for at, status in enumerate(("failed", "doing", "todo"), 1):
        db.execute(
            """INSERT INTO procrastinate_jobs (queue_name, task_name, status, scheduled_at)
            VALUES ('q', %s, %s::procrastinate_job_status, now() - interval '1 day')""",
            [f"print-{at}", status],
        )
    assert sorted(found(db)) == [
        "meetings: 1 tasks print-1 failed",
        "meetings: 1 tasks print-2 belong to nobody",
        "meetings: 1 tasks print-3 wait too long",
    ]


@pytest.mark.parametrize(("counted", "wrong"), [(1, False), (2, True)])
def test_votes_counted_are_ballots_cast(
    db: psycopg.Connection[dict[str, Any]], counted: int, wrong: bool
) -> None:
    put(db, "voting_round", id=ROUND, meeting_id=MEETING, number=1, method="VOTE", closed_at=NOW)
    put(
        db,
        "round_line",
        id=ANN,
        round_id=ROUND,
        application_id=ANN,
        votes_for=counted,
        votes_against=0,
        abstentions=0,
    )
    put(
        db,
        "ballot",
        id=ANN,
        round_id=ROUND,
        meeting_id=MEETING,
        state="SUBMITTED",
        submitted_at=NOW,
        lines=f'{{"{ANN}": "FOR"}}',
    )
    line = f"meetings: round 1 of {MEETING}, {ANN}: 2 votes were counted of 1 ballots cast"
    assert found(db) == ([line] if wrong else [])


def test_a_round_closed_with_open_ballots_is_found(db: psycopg.Connection[dict[str, Any]]) -> None:
    put(db, "voting_round", id=ROUND, meeting_id=MEETING, number=2, method="VOTE", closed_at=NOW)
    put(db, "ballot", id=ANN, round_id=ROUND, meeting_id=MEETING, state="OPEN")
    assert found(db) == [f"meetings: round 2 of {MEETING} was closed with 1 ballots open"]
