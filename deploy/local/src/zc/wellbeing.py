"""What each database must look like once everything has come to rest: published, taken in, carried out, counted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, LiteralString

import psycopg

Row = dict[str, Any]
Database = psycopg.Connection[Row]

_UNPUBLISHED: LiteralString = "SELECT count(*) AS n FROM outbox WHERE published_at IS NULL"

_TWICE: LiteralString = """
    SELECT topic, subject, revision, count(*) AS n FROM outbox GROUP BY topic, subject, revision HAVING count(*) > 1"""

_PARKED: LiteralString = "SELECT topic, error FROM parked WHERE resolved_at IS NULL ORDER BY seq"

_TASKS: LiteralString = """
    SELECT task_name, status::text, count(*) AS n FROM procrastinate_jobs j
    LEFT JOIN procrastinate_workers w ON w.id = j.worker_id
    WHERE status = 'failed' OR (status = 'todo' AND coalesce(scheduled_at, now()) < now() - interval '5 minutes')
        OR (status = 'doing' AND (w.id IS NULL OR w.last_heartbeat < now() - interval '5 minutes'))
    GROUP BY task_name, status"""

_DEADLINES: LiteralString = """
    SELECT kind, count(*) AS n FROM deadline
    WHERE done_at IS NULL AND due_at < %(now)s::timestamptz - interval '5 minutes' GROUP BY kind"""

_COUNTED: LiteralString = """
    SELECT r.meeting_id, r.number, l.application_id, l.votes_for + l.votes_against + l.abstentions AS counted,
        (SELECT count(*) FROM ballot b WHERE b.round_id = r.id AND b.state = 'SUBMITTED'
            AND b.lines ? l.application_id::text) AS cast
    FROM round_line l JOIN voting_round r ON r.id = l.round_id WHERE r.closed_at IS NOT NULL"""

_OPEN_BALLOTS: LiteralString = """
    SELECT r.meeting_id, r.number, count(*) AS n FROM ballot b JOIN voting_round r ON r.id = b.round_id
    WHERE r.closed_at IS NOT NULL AND b.state NOT IN ('SUBMITTED', 'ABSENT') GROUP BY r.meeting_id, r.number"""


def unwell(name: str, db: Database, now: datetime) -> Iterator[str]:
    """Every broken invariant of one service's database; `now` is business time."""
    for row in db.execute(_UNPUBLISHED):
        if row["n"]:
            yield f"{name}: {row['n']} events are not published"
    for row in db.execute(_TWICE):
        yield f"{name}: {row['topic']} {row['subject']} told {row['n']} times of revision {row['revision']}"
    for row in db.execute(_PARKED):
        yield f"{name}: parked {row['topic']}: {row['error']}"
    for row in db.execute(_TASKS):
        state = {"failed": "failed", "todo": "wait too long", "doing": "belong to nobody"}[row["status"]]
        yield f"{name}: {row['n']} tasks {row['task_name']} {state}"
    for row in db.execute(_DEADLINES, {"now": now}):
        yield f"{name}: {row['n']} deadlines {row['kind']} passed and nothing happened"
    if name == "meetings":
        yield from _votes(db)


def _votes(db: Database) -> Iterator[str]:
    """Counted is what was cast, and what was cast is whoever was there; never who how (LAW-01)."""
    for row in db.execute(_COUNTED):
        if row["counted"] != row["cast"]:
            which = f"round {row['number']} of {row['meeting_id']}, {row['application_id']}"
            yield f"meetings: {which}: {row['counted']} votes were counted of {row['cast']} ballots cast"
    for row in db.execute(_OPEN_BALLOTS):
        yield f"meetings: round {row['number']} of {row['meeting_id']} was closed with {row['n']} ballots open"
