"""A backup brings the suite back without its broker: what a service had not heard yet it hears from the outboxes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from chassis.testing.postgres import destroy_postgres
from typer.testing import CliRunner, Result
from zc.__main__ import app
from zc.stack import Stack
from zc.suite import Suite

CHOSEN = ("identity", "units")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path, Path]]:
    """A stack's directory, where its backup goes, and where it is brought back."""
    root = tmp_path_factory.mktemp("zc")
    yield root / "before", root / "kept", root / "after"
    for name in ("before", "after"):
        destroy_postgres(root / name / "postgres")


def zc(directory: Path, *words: str) -> Result:
    """Runs a command of the launcher."""
    return CliRunner().invoke(app, ["--dir", str(directory), *words])


def ask(suite: Suite, service: str, statement: str) -> list[tuple[Any, ...]]:
    """The rows of a question to a service's database."""
    with psycopg.connect(suite.dsn(service, owner=True), autocommit=True) as db:
        cursor = db.execute(statement)  # type: ignore[call-overload]
        return list(cursor.fetchall()) if cursor.description else []


def wait_until(condition: Any, patience: float = 90) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.3)


def keys_known(suite: Suite) -> int:
    """How many of identity's keys units knows."""
    return len(ask(suite, "units", "SELECT 1 FROM known_key"))


OUTBOX = "SELECT id, topic, subject, revision, body FROM outbox ORDER BY seq"


def test_what_was_kept_comes_back_and_the_rest_is_heard_again(folders: tuple[Path, Path, Path]) -> None:
    before, kept, after = folders
    with Stack(before, free_ports=True, services=CHOSEN) as stack:
        wait_until(lambda: keys_known(stack) > 0)
        (stack.home.s3 / "units" / "ab").mkdir()
        (stack.home.s3 / "units" / "ab" / "cd").write_bytes(b"proof")
        # As if units had been late by every event when the backup was taken.
        ask(stack, "units", "DELETE FROM inbox")
        ask(stack, "units", "DELETE FROM known_key")
        told = {name: ask(stack, name, OUTBOX) for name in CHOSEN}
        answer = zc(before, "backup", str(kept))
        assert answer.exit_code == 0, answer.output
        assert stack.is_ready("identity")  # goes on after its pause
        numbers = stack.home.secrets
    assert kept.stat().st_mode & 0o777 == 0o700

    answer = zc(after, "restore", str(kept))
    assert answer.exit_code == 0, answer.output
    with Stack(after, free_ports=True, services=CHOSEN) as stack:
        assert stack.home.secrets == numbers
        assert {name: ask(stack, name, OUTBOX) for name in CHOSEN} == told
        assert (stack.home.s3 / "units" / "ab" / "cd").read_bytes() == b"proof"
        wait_until(lambda: keys_known(stack) > 0)  # from a broker that has never seen it before
        unpublished = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
        wait_until(lambda: all(ask(stack, name, unpublished) == [(0,)] for name in CHOSEN))
        with (
            psycopg.connect(stack.dsn("units")) as serving,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            serving.execute("DROP TABLE outbox")


def test_a_changed_backup_is_refused(folders: tuple[Path, Path, Path], tmp_path: Path) -> None:
    _, kept, _ = folders
    dump = kept / "units.dump"
    content = dump.read_bytes()
    dump.write_bytes(content[:-1])
    try:
        answer = zc(tmp_path / "other", "restore", str(kept))
    finally:
        dump.write_bytes(content)
    assert answer.exit_code == 1
    assert "units.dump" in answer.output
    assert not (tmp_path / "other").exists()


def test_nothing_is_restored_over_a_stack_that_is_there(folders: tuple[Path, Path, Path]) -> None:
    _, kept, after = folders
    answer = zc(after, "restore", str(kept))
    assert answer.exit_code == 1


def test_an_unfinished_backup_is_none(folders: tuple[Path, Path, Path], tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    assert zc(tmp_path / "other", "restore", str(tmp_path / "kept")).exit_code == 1


def test_only_a_running_stack_is_kept(tmp_path: Path) -> None:
    assert zc(tmp_path / "none", "backup", str(tmp_path / "kept")).exit_code == 1
