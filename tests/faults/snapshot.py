"""All seven databases in a canonical form: what a season left behind, with stable names instead of ids.

before = read(suite); …a season…; left = canonical(read(suite), before, names_of(season))
differences(left_of_the_undisturbed, left_of_the_disturbed)  # readable lines, none when both ended alike
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from zc.suite import Suite
from zc.table import SERVICES

from tests.faults.exclusions import COLUMNS, KEYS, ROWS, TABLES, TEXTS, excluded

Row = dict[str, Any]
Place = tuple[str, str]
"""Service and table."""

Snapshot = dict[Place, Counter[str]]
"""Service and table → its rows as text, each with how often it occurs."""

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_SHOWN = 12


@dataclass
class Table:
    """One table: its rows by primary key."""

    key: tuple[str, ...]
    rows: dict[tuple[Any, ...], Row]


Databases = dict[Place, Table]


@dataclass
class Names:
    """What ids and numbers of one season are called in every season."""

    ids: dict[UUID, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)


def read(suite: Suite) -> Databases:
    """Every table that is compared, each database at one moment."""
    found: Databases = {}
    for row in SERVICES:
        with psycopg.connect(suite.dsn(row.name), row_factory=dict_row) as db:
            db.read_only = True
            db.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            for table, key in _tables(db).items():
                if not excluded(TABLES, row.name, table):
                    rows = db.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table))).fetchall()
                    by_key = {tuple(_hashable(one[name]) for name in key): one for one in rows}
                    found[row.name, table] = Table(key, by_key)
    return found


def _tables(db: psycopg.Connection[Row]) -> dict[str, tuple[str, ...]]:
    keys: dict[str, list[str]] = defaultdict(list)
    for row in db.execute(
        """SELECT t.table_name, k.column_name FROM information_schema.tables t
        LEFT JOIN information_schema.table_constraints c ON c.table_schema = t.table_schema
            AND c.table_name = t.table_name AND c.constraint_type = 'PRIMARY KEY'
        LEFT JOIN information_schema.key_column_usage k ON k.constraint_schema = c.constraint_schema
            AND k.constraint_name = c.constraint_name
        WHERE t.table_schema = 'public' AND t.table_type = 'BASE TABLE' ORDER BY k.ordinal_position"""
    ):
        keys[row["table_name"]] += [row["column_name"]] if row["column_name"] else []
    return {table: tuple(columns) for table, columns in keys.items()}


def _hashable(value: Any) -> Any:
    return json.dumps(value, sort_keys=True) if isinstance(value, (dict, list)) else value


# -- the canonical form -----------------------------------------------------------


def canonical(after: Databases, before: Databases, names: Names) -> Snapshot:
    """What came, changed or went between two readings, without ids, moments, numbers and orders."""
    fresh = {place: _fresh(table, before.get(place)) for place, table in after.items()}
    kept = {place: [row for row in rows if not _left_out(place, row)] for place, rows in fresh.items()}
    ids = dict(names.ids) | _event_names(kept, names)
    writer = _Writer(ids, names.texts)
    # An id that nobody named is called after what is known of it: twice over, so that its neighbours count too.
    for _ in range(2):
        writer = _Writer(ids | _called(kept, ids, writer), names.texts)
    return {place: Counter(writer.line(place, row) for row in rows) for place, rows in kept.items() if rows}


def _fresh(table: Table, old: Table | None) -> list[Row]:
    known = old.rows if old else {}
    gone = [row | {"gone": True} for key, row in known.items() if key not in table.rows]
    return gone + [row for key, row in table.rows.items() if known.get(key) != row]


def _left_out(place: Place, row: Row) -> bool:
    key = excluded(ROWS, *place)
    return key is not None and ROWS[key][0](row)


def _event_names(kept: Mapping[Place, list[Row]], names: Names) -> dict[UUID, str]:
    """Events are called by type, subject and revision: a second one of these would be a different season."""
    return {
        row["id"]: f"{row['type']} {names.ids.get(row['subject'], '…')} {row['revision']}"
        for (_, table), rows in kept.items()
        if table == "outbox"
        for row in rows
    }


def _called(kept: Mapping[Place, list[Row]], known: Mapping[UUID, str], writer: _Writer) -> dict[UUID, str]:
    said: dict[UUID, list[str]] = defaultdict(list)
    for place, rows in kept.items():
        for row in rows:
            one = row.get("id")
            if isinstance(one, UUID) and one not in known:
                said[one].append(f"{place[1]} {writer.line(place, row)}")
    return {
        one: f"{min(lines).split()[0]}#{hashlib.sha256(repr(sorted(lines)).encode()).hexdigest()[:6]}"
        for one, lines in said.items()
    }


class _Writer:
    """Writes rows as text."""

    def __init__(self, ids: Mapping[UUID, str], texts: Mapping[str, str]) -> None:
        self._ids, self._texts = ids, texts
        words = sorted(texts, key=len, reverse=True)
        self._words = re.compile("|".join(map(re.escape, words)) or r"(?!)")

    def line(self, place: Place, row: Row) -> str:
        told = {
            name: self.value(json.loads(value) if (place[1], name) == ("outbox", "body") else value)
            for name, value in row.items()
            if not excluded(COLUMNS, *place, name)
        }
        return json.dumps(told, ensure_ascii=False, sort_keys=True)

    def value(self, value: Any) -> Any:
        if isinstance(value, UUID):
            return self._ids.get(value, "?")
        if isinstance(value, datetime | date):
            return "<time>"
        if isinstance(value, bytes | memoryview):
            return "<bytes>"
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, list | tuple):
            return sorted((self.value(one) for one in value), key=repr)
        if isinstance(value, dict):
            if value.keys() == {"box", "key_id"}:
                return "<sealed>"
            told = {self._text(key): self.value(one) for key, one in value.items() if key not in KEYS}
            return dict(sorted(told.items()))
        return value

    def _text(self, text: str) -> str:
        text = _UUID.sub(lambda found: self._ids.get(UUID(found[0]), "?"), text)
        text = self._words.sub(lambda found: self._texts[found[0]], text)
        for pattern, stands, _ in TEXTS:
            text = pattern.sub(stands, text)
        return text


# -- the comparison ---------------------------------------------------------------


def differences(undisturbed: Snapshot, disturbed: Snapshot) -> list[str]:
    """One line for each row that one of two seasons has more often than the other, or has otherwise."""
    found = []
    for place in sorted(undisturbed.keys() | disturbed.keys()):
        one, other = undisturbed.get(place, Counter()), disturbed.get(place, Counter())
        lacking, besides = one - other, other - one
        lines = _otherwise(place, lacking, besides)
        lines += [*_lines(place, "lacks", lacking), *_lines(place, "has besides", besides)]
        found += lines[:_SHOWN]
        if len(lines) > _SHOWN:
            found.append(f"{'.'.join(place)}: … and {len(lines) - _SHOWN} more")
    return found


def _otherwise(place: Place, lacking: Counter[str], besides: Counter[str]) -> list[str]:
    """Rows that are alike but for a few columns, which are taken out of both: what each column was, and is."""
    found = []
    for row in sorted(lacking.elements()):
        nearest = min(besides.elements(), key=lambda other: len(_columns(row, other)), default=None)
        if nearest is None or not 2 * len(_columns(row, nearest)) < len(json.loads(row)):
            continue
        told = ", ".join(f"{name} {was} → {is_}" for name, (was, is_) in _columns(row, nearest).items())
        found.append(f"{'.'.join(place)} has otherwise {_called_in(row)}: {told}")
        lacking -= Counter([row])
        besides -= Counter([nearest])
    return found


def _columns(row: str, other: str) -> dict[str, tuple[str, str]]:
    """The columns in which two rows differ; what an unnamed row is called follows from the others."""
    one, two = json.loads(row), json.loads(other)
    return {
        name: (json.dumps(one.get(name), ensure_ascii=False), json.dumps(two.get(name), ensure_ascii=False))
        for name in one.keys() | two.keys()
        if one.get(name) != two.get(name) and not (name == "id" and "#" in str(one.get(name)))
    }


def _called_in(row: str) -> str:
    told = json.loads(row)
    keys = ("id", "subject", "name", "application_id", "kind")
    return " ".join(str(told[key]) for key in keys if told.get(key)) or row


def _lines(place: Place, what: str, rows: Counter[str]) -> list[str]:
    return [f"{'.'.join(place)} {what} {count} × {row}" for row, count in sorted(rows.items())]
