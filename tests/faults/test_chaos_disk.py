"""Disks fill up while people submit, vote and print: 503 is said, nothing is lost, and room is all that it takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import httpx
import pytest
from zc.season.manner import Request
from zc.stack import Stack

from tests.faults.arena import Arena
from tests.faults.chaos_disk import DiskFull, SmallDisk, store_refuses
from tests.faults.chaos_split import await_services
from tests.faults.ledger import Ledger


@pytest.fixture
def database_disk(stack: Stack) -> Iterator[SmallDisk]:
    """PostgreSQL's data on a small disk."""
    assert stack.postgres is not None
    disk = SmallDisk((stack.home.postgres / "data").resolve())
    stack.postgres.stop()
    try:
        disk.mount()
    finally:
        stack.restart("postgres")
    await_services(stack)
    yield disk
    disk.free()
    stack.postgres.stop()
    disk.unmount()
    stack.restart("postgres")
    await_services(stack)


@pytest.fixture
def store_disk(stack: Stack) -> Iterator[SmallDisk]:
    """The object store's files on a small disk."""
    disk = SmallDisk(stack.home.s3, margin=4 << 20)
    stack.children["s3"].stop()
    try:
        disk.mount()
    finally:
        stack.restart("s3")
    await_services(stack)
    yield disk
    disk.free()
    stack.children["s3"].stop()
    disk.unmount()
    stack.restart("s3")
    await_services(stack)


@pytest.fixture
def errors(monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[int, str]]:
    """Every answer of 500 and above that a client of the season got: its status and type."""
    found: Counter[tuple[int, str]] = Counter()
    honest = Ledger.answered

    def answered(self: Ledger, request: Request, answer: httpx.Response | None) -> None:
        if answer is not None and answer.status_code >= 500:
            found[answer.status_code, answer.headers.get("content-type", "")] += 1
        honest(self, request, answer)

    monkeypatch.setattr(Ledger, "answered", answered)
    return found


PROBLEM = "application/problem+json"


def test_a_full_database_disk_costs_time_and_nothing_else(
    arena: Arena, database_disk: SmallDisk, errors: Counter[tuple[int, str]]
) -> None:
    ended = arena.play(
        [
            DiskFull("submission", database_disk, seconds=4),
            DiskFull("issuing", database_disk, seconds=4, log_too=True),
        ]
    )
    print(f"errors: {dict(errors)}")
    assert not ended.wrong, "\n".join(ended.wrong)
    assert arena.stack.dead() == []
    assert set(errors) == {(503, PROBLEM)}


def test_a_full_store_refuses_files_and_forgets_none(
    arena: Arena, store_disk: SmallDisk, errors: Counter[tuple[int, str]]
) -> None:
    ended = arena.play(
        [
            DiskFull("submission", store_disk, seconds=4, proof=store_refuses),
            DiskFull("issuing", store_disk, seconds=4, proof=store_refuses),
        ]
    )
    print(f"errors: {dict(errors)}")
    assert not ended.wrong, "\n".join(ended.wrong)
    assert arena.stack.dead() == []
    assert set(errors) <= {(503, PROBLEM)}
