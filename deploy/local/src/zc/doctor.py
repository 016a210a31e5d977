"""Invariants between services, looked up in their databases by transactions that cannot write."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from zc import clock
from zc.suite import Suite
from zc.table import SERVICES
from zc.wellbeing import unwell

_SHOWN = 20
"""Lines at most of one invariant; more help nobody."""

Row = dict[str, Any]


@dataclass
class Evidence:
    """What all services told and heard."""

    events: dict[str, list[Row]] = field(default_factory=dict)
    """Service → its outbox, oldest first: id, type, topic, subject, revision, state."""
    heard: dict[str, list[Row]] = field(default_factory=dict)
    """Service → its inbox: consumer, event_id."""
    known: dict[str, dict[str, dict[UUID, int]]] = field(default_factory=dict)
    """Service → copy → id → revision."""
    unwell: list[str] = field(default_factory=list)
    """What is wrong within one database."""

    def last(self, topic: str) -> dict[UUID, Row]:
        """The last event of every subject of a topic."""
        owner = topic.split(".")[0]
        return {row["subject"]: row for row in self.events.get(owner, []) if row["topic"] == topic}


def check(suite: Suite, patience: float = 15) -> list[str]:
    """Every broken invariant as one line; nothing means that all hold.

    Events need a moment to arrive: what is still broken after `patience` seconds is told.
    """
    deadline = time.monotonic() + patience
    while (found := judge(_evidence(suite))) and time.monotonic() < deadline:
        time.sleep(0.5)
    return found


def _evidence(suite: Suite) -> Evidence:
    evidence = Evidence()
    for row in SERVICES:
        with psycopg.connect(suite.dsn(row.name), row_factory=dict_row) as db:
            db.read_only = True
            db.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            _collect(row.name, db, evidence)
            evidence.unwell += unwell(row.name, db, clock.now(suite.clock_file))
    return evidence


def judge(evidence: Evidence) -> list[str]:
    """The broken invariants in what was collected."""
    lines: list[str] = []
    for invariant in INVARIANTS:
        found = list(invariant(evidence))
        lines += found[:_SHOWN]
        if len(found) > _SHOWN:
            lines.append(f"… and {len(found) - _SHOWN} more of this kind")
    return lines


def _collect(name: str, db: psycopg.Connection[Row], evidence: Evidence) -> None:
    told: LiteralString = """
        SELECT id, type, topic, subject, revision, (body::jsonb) -> 'state' AS state FROM outbox
        WHERE published_at IS NOT NULL ORDER BY seq"""
    evidence.events[name] = db.execute(told).fetchall()
    evidence.heard[name] = db.execute("SELECT consumer, event_id FROM inbox").fetchall()
    tables = db.execute(
        r"SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE 'known\_%'"
    ).fetchall()
    evidence.known[name] = {}
    for table in (row["tablename"] for row in tables):
        columns = db.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s", (table,)
        ).fetchall()
        if {"id", "revision"} <= {row["column_name"] for row in columns}:
            copies = db.execute(
                sql.SQL("SELECT id, revision FROM {}").format(sql.Identifier(table))
            ).fetchall()
            evidence.known[name][table] = {row["id"]: row["revision"] for row in copies}


def every_event_reached_its_consumers(evidence: Evidence) -> Iterator[str]:
    """A consumer that takes one event of a type takes all of them."""
    events = {row["id"]: row for rows in evidence.events.values() for row in rows}
    by_type: dict[str, set[UUID]] = defaultdict(set)
    for row in events.values():
        by_type[row["type"]].add(row["id"])
    for service, heard in evidence.heard.items():
        taken: dict[tuple[str, str], set[UUID]] = defaultdict(set)
        for row in heard:
            if row["event_id"] in events:
                taken[row["consumer"], events[row["event_id"]]["type"]].add(row["event_id"])
        for (consumer, kind), ids in sorted(taken.items()):
            if missing := by_type[kind] - ids:
                yield f"{service}: {consumer} has not taken {len(missing)} of {len(by_type[kind])} {kind}"


def every_copy_equals_its_source(evidence: Evidence) -> Iterator[str]:
    """A copy stands at the last revision of its subject that one of the service's consumers took."""
    events = {row["id"]: row for rows in evidence.events.values() for row in rows}
    for service, copies in evidence.known.items():
        reached: dict[UUID, dict[str, int]] = defaultdict(dict)
        for row in evidence.heard[service]:
            if event := events.get(row["event_id"]):
                of = reached[event["subject"]]
                of[row["consumer"]] = max(of.get(row["consumer"], 0), event["revision"])
        for table, rows in copies.items():
            for subject, revision in rows.items():
                if subject in reached and revision not in reached[subject].values():
                    latest = max(reached[subject].values())
                    yield f"{service}: {table} {subject} stands at revision {revision} instead of {latest}"


def every_candidacy_is_an_accepted_application(evidence: Evidence) -> Iterator[str]:
    """Meetings review what applications handed over."""
    applications = evidence.last("applications.application")
    for subject in evidence.last("meetings.candidacy"):
        state = applications[subject]["state"]["state"] if subject in applications else "unknown"
        if state != "ACCEPTED":
            yield f"meetings: the candidacy {subject} belongs to an application that is {state}"


def certificates_are_confirmed_passes(evidence: Evidence) -> Iterator[str]:
    """Whoever has a certificate by review was confirmed, once; and whoever was issued to has one."""
    candidacies = evidence.last("meetings.candidacy")
    certificates = [row["state"] for row in evidence.last("certificates.certificate").values()]
    holders: dict[str, int] = defaultdict(int)
    for certificate in certificates:
        application = certificate.get("application_id")
        if certificate["obtaining_method"] != "REVIEW" or application is None:
            continue
        if certificate["state"] == "ISSUED":
            holders[application] += 1
        candidacy = candidacies.get(UUID(application))
        state = candidacy["state"]["state"] if candidacy else "unknown"
        if state not in ("CONFIRMED", "READY_TO_ISSUE"):
            yield f"certificates: {certificate['number']} was issued for a candidacy that is {state}"
    for application, count in holders.items():
        if count > 1:
            yield f"certificates: the application {application} has {count} valid certificates"
    ever = {certificate.get("application_id") for certificate in certificates}
    for subject, batch in evidence.last("certificates.batch").items():
        state = batch["state"]
        if state["state"] == "ISSUED":
            for person in set(state["persons"]) - set(state["withdrawn"]) - ever:
                yield f"certificates: the issued batch {subject} left {person} without a certificate"


def certificate_numbers_are_unique(evidence: Evidence) -> Iterator[str]:
    """A number is never used twice, not even after a revocation."""
    numbers: dict[str, int] = defaultdict(int)
    for row in evidence.last("certificates.certificate").values():
        numbers[row["state"]["number"]] += 1
    for number, count in numbers.items():
        if count > 1:
            yield f"certificates: {count} certificates bear the number {number}"


def votes_counted_were_cast(evidence: Evidence) -> Iterator[str]:
    """No count exceeds the ballots that came in, and an announced meeting has no open ballot."""
    submitted: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    open_: dict[str, int] = defaultdict(int)
    for row in evidence.last("meetings.ballot").values():
        ballot = row["state"]
        if ballot["state"] == "SUBMITTED":
            submitted[ballot["meeting_id"]][ballot["round"]] += 1
        elif ballot["state"] != "ABSENT":
            open_[ballot["meeting_id"]] += 1
    for subject, row in evidence.last("meetings.meeting").items():
        if row["state"]["state"] in ("ANNOUNCED", "PUBLICITY", "DONE") and open_[str(subject)]:
            yield f"meetings: {subject} was announced with {open_[str(subject)]} ballots open"
    for subject, row in evidence.last("meetings.candidacy").items():
        totals, meeting = row["state"].get("totals"), row["state"].get("meeting_id")
        if totals and meeting:
            counted = totals["for_"] + totals["against"] + totals["abstain"]
            most = max(submitted[meeting].values(), default=0)
            if counted > most:
                yield f"meetings: {counted} votes on {subject} were counted, but {most} ballots were cast"


def every_database_is_at_rest(evidence: Evidence) -> Iterator[str]:
    """Published, taken in, carried out and counted: see `wellbeing`."""
    yield from evidence.unwell


INVARIANTS: tuple[Callable[[Evidence], Iterator[str]], ...] = (
    every_event_reached_its_consumers,
    every_copy_equals_its_source,
    every_candidacy_is_an_accepted_application,
    certificates_are_confirmed_passes,
    certificate_numbers_are_unique,
    votes_counted_were_cast,
    every_database_is_at_rest,
)
