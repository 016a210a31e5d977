"""The ledger tells acknowledged commands that are gone, done twice or kept otherwise, and those nobody answered."""

import httpx
import pytest
from zc.season.manner import Request

from tests.faults.ledger import Ledger

DOCUMENT = {
    "paths": {
        "/api/v1/units/drafts": {
            "post": {"parameters": [{"name": "idempotency-key", "in": "header"}]},
            "get": {},
        },
        "/api/v1/units/drafts/{draft_id}": {"put": {}, "delete": {}},
        "/api/v1/units/search": {"post": {"parameters": []}},
    }
}


def a_ledger(*answers: int | None, method: str = "POST", path: str = "/units/drafts") -> Ledger:
    """One command with these answers to its attempts."""
    ledger = Ledger()
    ledger.learnt(DOCUMENT)
    request = Request("ann", method, path, {"a": 1}, None, "k")
    for status in answers:
        ledger.answered(request, None if status is None else httpx.Response(status, json={"id": "1"}))
    return ledger


KEPT = {"k": [(201, b'{"id": "1"}', False)]}


def test_a_command_that_was_done_and_is_kept_is_well() -> None:
    assert a_ledger(201).judged(KEPT) == []
    assert a_ledger(None, 502, 201).judged(KEPT) == []


@pytest.mark.parametrize(
    ("answers", "rows", "said"),
    [
        ([201], {}, "acknowledged, and kept 0 times"),
        ([201], {"k": KEPT["k"] * 2}, "acknowledged, and kept 2 times"),
        ([201], {"k": [(201, b'{"id": "2"}', False)]}, "kept otherwise than it was acknowledged"),
        ([None, 409], KEPT, "done, although the client was refused in the end"),
        ([None], {}, "never answered"),
        ([502, None], {}, "never answered"),
    ],
)
def test_what_is_wrong_is_told(answers: list[int | None], rows: dict[str, list], said: str) -> None:
    [line] = a_ledger(*answers).judged(rows)
    assert line.startswith(f"{said}: ann: POST /units/drafts (k; answers {answers}")


def test_a_refusal_is_kept_nowhere() -> None:
    assert a_ledger(None, 422).judged({}) == []


def test_replacements_and_removals_are_commands_and_searches_are_not() -> None:
    assert [len(a_ledger(200, method="PUT", path="/units/drafts/7").kept())] == [1]
    assert [len(a_ledger(204, method="DELETE", path="/units/drafts/7").kept())] == [1]
    assert [len(a_ledger(200, path="/units/search").kept())] == [0]


def test_reads_are_only_counted() -> None:
    ledger = a_ledger(200, method="GET")
    assert (ledger.commands, ledger.reads) == ({}, 1)


def test_an_encrypted_answer_is_compared_by_its_status_alone() -> None:
    assert a_ledger(201).judged({"k": [(201, b'{"key_id": "k1", "box": "eA=="}', True)]}) == []
    assert a_ledger(201).judged({"k": [(200, b'{"key_id": "k1", "box": "eA=="}', True)]}) != []
