"""The comparison of two seasons sees what differs, and nothing else."""

import copy
from typing import Any
from uuid import UUID, uuid4

from tests.faults.snapshot import Databases, Names, Table, canonical, differences

ANN, MEETING = uuid4(), uuid4()


def a_season(
    application: UUID, person: UUID, number: str, moment: str, *, shuffled: bool = False
) -> Databases:
    """What a very small season leaves behind: two ballots, their events and a message."""
    seats = [uuid4(), uuid4()]
    ballots = [uuid4() for _ in seats]
    rows = [
        {
            "id": ballot,
            "seat_id": seat,
            "revision": 1,
            "lines": {str(application): choice},
            "submitted_at": moment,
        }
        for ballot, seat, choice in zip(ballots, seats, ("FOR", "AGAINST"), strict=True)
    ]
    events = [
        {
            "seq": at, "id": uuid4(), "topic": "meetings.ballot", "type": "meetings.ballot.cast.v1", "subject": ballot,
            "revision": 1, "body": f'{{"state": {{"ballot": "{ballot}", "by": "{person}"}}}}', "headers": {"x": at},
        }
        for at, ballot in enumerate(ballots)
    ]  # fmt: skip
    message = {
        "id": uuid4(),
        "to_person": person,
        "body": f"{number}（{moment}）已通过。",
        "about": application,
    }
    tables: dict[tuple[str, str], list[dict[str, Any]]] = {
        ("meetings", "ballot"): rows,
        ("meetings", "outbox"): events,
        ("notices", "message"): [message],
    }
    return {
        place: Table(("id",), {(row["id"],): row for row in (reversed(found) if shuffled else found)})
        for place, found in tables.items()
    }


def left(databases: Databases, application: UUID, person: UUID, number: str) -> Any:
    names = Names({application: "application/ann", person: "person ann"}, {number: "<number of ann>"})
    return canonical(databases, {}, names)


ONE = (uuid4(), uuid4(), "510102199001011234")
OTHER = (uuid4(), uuid4(), "510102199001015678")


def undisturbed() -> Any:
    return left(a_season(*ONE, "2026-03-02 09:00:00+00"), *ONE)


def another() -> Databases:
    return a_season(*OTHER, "2026-05-01T10:00:00Z", shuffled=True)


def test_ids_numbers_moments_and_orders_do_not_matter() -> None:
    assert differences(undisturbed(), left(another(), *OTHER)) == []


def test_a_changed_vote_is_seen() -> None:
    season = another()
    ballot = next(iter(season["meetings", "ballot"].rows.values()))
    [application] = ballot["lines"]
    ballot["lines"] = {application: "ABSTAIN"}
    [line] = [line for line in differences(undisturbed(), left(season, *OTHER)) if "meetings.ballot " in line]
    assert line.startswith("meetings.ballot has otherwise ballot#")
    assert line.endswith('lines {"application/ann": "AGAINST"} → {"application/ann": "ABSTAIN"}')


def test_a_missing_message_is_seen() -> None:
    season = another()
    season["notices", "message"].rows.clear()
    [line] = differences(undisturbed(), left(season, *OTHER))
    assert line.startswith("notices.message lacks 1 × ")
    assert "<number of ann>" in line


def test_a_doubled_row_is_seen() -> None:
    season = another()
    rows = season["meetings", "outbox"].rows
    again = copy.deepcopy(next(iter(rows.values()))) | {"id": uuid4(), "seq": 9}
    rows[again["id"],] = again
    [line] = differences(undisturbed(), left(season, *OTHER))
    assert line.startswith("meetings.outbox has besides 1 × ")


def test_another_revision_is_seen() -> None:
    season = another()
    next(iter(season["meetings", "ballot"].rows.values()))["revision"] = 2
    assert differences(undisturbed(), left(season, *OTHER)) != []


def test_what_was_there_before_belongs_to_no_season() -> None:
    before = another()
    after = copy.deepcopy(before)
    extra = {"id": uuid4(), "to_person": None, "body": "公告", "about": None}
    after["notices", "message"].rows[extra["id"],] = extra
    assert {place: sum(rows.values()) for place, rows in canonical(after, before, Names()).items()} == {
        ("notices", "message"): 1
    }


def test_a_row_that_changed_meanwhile_belongs_to_the_season() -> None:
    before = another()
    after = copy.deepcopy(before)
    next(iter(after["meetings", "ballot"].rows.values()))["revision"] = 5
    assert list(canonical(after, before, Names())) == [("meetings", "ballot")]


def test_a_row_of_an_earlier_season_that_went_is_a_difference() -> None:
    before = another()
    after = copy.deepcopy(before)
    after["notices", "message"].rows.popitem()
    left = canonical(after, before, Names())
    assert ['"gone": true' in line for line in left["notices", "message"]] == [True]
    assert len(differences({}, left)) == 1
