"""The comparison of other systems' copies with the truth notices what it is there for; it needs no stack."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from zc.suite import Suite

from tests.faults.outsiders import Copy, Outsiders

ROW = {"id": "a", "number": "N", "person": "p", "state": "ISSUED", "sha256": "h", "revision": 1}


class _Alone(Outsiders):
    """One other system whose suite is away, beside a truth that is given."""

    given: Copy

    def truth(self) -> Copy:
        return self.given

    def _feed(self, folder: Path) -> dict[str, str]:
        return {"SUITE_URL": "http://127.0.0.1:9", "CLIENT_ID": "feed-copy", "CLIENT_SECRET": "none"}


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[_Alone]:
    alone = _Alone(cast(Suite, None), tmp_path, ["feed"])
    alone.given = {"a": dict(ROW)}
    with alone:
        while not (tmp_path / "feed" / "copy.sqlite").exists() or alone.copy("feed"):
            pass
        yield alone


def known(outside: _Alone, **changes: Any) -> None:
    """Let the copy hold this row."""
    row = {**ROW, **changes}
    with sqlite3.connect(outside.directory / "feed" / "copy.sqlite") as db:
        db.execute("REPLACE INTO certificate VALUES (:id, :number, :person, :state, :sha256, :revision)", row)
    db.close()


def test_an_equal_copy_equals(outside: _Alone) -> None:
    known(outside)
    assert outside.differences() == []
    assert outside.equal_truth(patience=5) == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"revision": 2}, '"revision": 2'),
        ({"state": "REVOKED"}, '"REVOKED"'),
        ({"sha256": "x"}, '"sha256": "x"'),
        ({"id": "b"}, "feed: nothing, but its copy"),
        (None, "but its copy: nothing"),
    ],
)
def test_a_copy_that_lacks_or_differs_is_told(
    outside: _Alone, change: dict[str, Any] | None, told: str
) -> None:
    if change is not None:
        known(outside, **change)
    assert any(told in line for line in outside.differences())
    with pytest.raises(AssertionError, match="differences after"):
        outside.equal_truth(patience=0)


def test_a_program_that_died_and_a_truth_without_certificates_prove_nothing(outside: _Alone) -> None:
    known(outside)
    outside.kill("feed")
    assert any("does not run" in line for line in outside.differences())
    outside.start("feed")
    with pytest.raises(AssertionError, match="prove nothing"):
        outside.equal_truth(patience=5, at_least=2)
