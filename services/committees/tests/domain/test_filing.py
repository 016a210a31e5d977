"""Filing and validity, without a database."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from committees.domain import campaign, experts, filing
from committees.domain.filing import Filing, FilingStatus, years_after
from committees.domain.refusals import (
    DeadlineMovedEarlier,
    DeadlinePassed,
    DeadlinesOutOfOrder,
    NotYetExpiring,
)
from hypothesis import given
from hypothesis import strategies as st
from refusals.machine import IllegalMove
from vetting import NotYourTurn, OpinionNeeded, Route

NOW = datetime(2026, 6, 1, tzinfo=UTC)
TODAY = date(2026, 6, 1)
OWNER, FIRST, SECOND, ANN = (uuid4() for _ in range(4))


@pytest.mark.parametrize(
    ("day", "last"),
    [
        (date(2026, 6, 1), date(2029, 5, 31)),
        (date(2026, 1, 1), date(2028, 12, 31)),
        (date(2028, 2, 29), date(2031, 2, 28)),
        (date(2025, 3, 1), date(2028, 2, 29)),
    ],
)
@pytest.mark.req("COM-12")
def test_three_years_end_the_day_before_the_same_date(day, last):
    assert years_after(day, 3) == last


@pytest.mark.req("BEY-09")
def test_a_profile_may_shorten_the_validity_but_never_lengthen_it():
    under_way = Filing().submit(Route.through(FIRST), ANN, OWNER, NOW, today=TODAY, ahead=timedelta())
    waiting = Filing(FilingStatus.FILING_VETTING, under_way.case)
    for years, last in ((1, date(2027, 5, 31)), (10, date(2029, 5, 31))):
        assert waiting.pass_(ANN, FIRST, NOW, "", today=TODAY, years=years).valid_until == last


EVENTS = st.lists(
    st.tuples(st.sampled_from(["submit", "pass", "return", "expire", "edit"]), st.integers(0, 1500))
)


@given(EVENTS)
def test_whatever_happens_a_filing_keeps_its_promises(events):
    filed, day = Filing(), TODAY
    for event, days in events:
        day += timedelta(days)
        at = datetime(day.year, day.month, day.day, tzinfo=UTC)
        before = filed
        unit = before.case.here.unit if before.case else FIRST
        try:
            if event == "submit":
                route = Route.through(FIRST, SECOND)
                filed = filed.submit(route, ANN, OWNER, at, today=day, ahead=timedelta(180))
            elif event == "pass":
                filed = filed.pass_(ANN, unit, at, "", today=day, years=3)
            elif event == "return":
                filed = filed.return_(ANN, unit, at, "不齐")
            elif event == "expire":
                filed = filed.expire(day)
            else:
                filed.edit()
        except (IllegalMove, NotYetExpiring):
            assert filed == before
        if filed.state is FilingStatus.FILED and before.state is not FilingStatus.FILED:
            assert (before.state, filed.valid_from) == (FilingStatus.FILING_VETTING, day)
            assert (filed.valid_until - filed.valid_from).days in (1094, 1095)
        if filed.state is FilingStatus.EXPIRED and before.state is FilingStatus.FILED:
            assert not filed.valid_on(day)


def test_only_the_unit_in_turn_passes_and_a_return_needs_words():
    sent = Filing().submit(Route.through(FIRST, SECOND), ANN, OWNER, NOW, today=TODAY, ahead=timedelta())
    with pytest.raises(NotYourTurn):
        sent.pass_(ANN, SECOND, NOW, "", today=TODAY, years=3)
    with pytest.raises(OpinionNeeded):
        sent.return_(ANN, FIRST, NOW, " ")
    with pytest.raises(IllegalMove):
        sent.edit()


HOUR = timedelta(hours=1)
INSTANTS = st.integers(0, 6).map(lambda n: NOW + n * HOUR)


@given(INSTANTS, INSTANTS, INSTANTS, INSTANTS)
@pytest.mark.req("COM-31")
def test_deadlines_are_accepted_exactly_in_order(start, first, modified, receipt):
    deadlines = campaign.Deadlines(start, first, modified, receipt)
    if start < first <= modified <= receipt:
        deadlines.check()
    else:
        with pytest.raises(DeadlinesOutOfOrder):
            deadlines.check()


@given(st.tuples(INSTANTS, INSTANTS, INSTANTS, INSTANTS), st.integers(0, 6))
def test_published_deadlines_never_move_earlier(to, hours):
    old = campaign.Deadlines(NOW, NOW + HOUR, NOW + 2 * HOUR, NOW + 3 * HOUR)
    now = NOW - HOUR + hours * HOUR
    try:
        new = old.moved(campaign.Deadlines(*to), now)
    except (DeadlineMovedEarlier, DeadlinePassed, DeadlinesOutOfOrder):
        return
    pairs = list(zip((old.start, old.first, old.modified, old.receipt), to, strict=True))
    assert new == campaign.Deadlines(*to)
    assert all(after >= before for before, after in pairs)
    assert all(after == before or after > now for before, after in pairs)


@pytest.mark.parametrize(
    ("typed", "month"),
    [
        ("197503", "1975-03"), ("1975-03", "1975-03"), ("1975年3月", None), ("19750315", "1975-03"),
        ("1975-03-15", "1975-03"), ("197513", None), ("75-03", None), ("", None),
    ],
)  # fmt: skip
def test_a_birth_month_is_read_from_months_and_days(typed, month):
    assert experts.birth_month(typed) == month


def test_age_counts_full_years():
    assert [experts.age_of("1975-07", date(2026, month, 1)) for month in (6, 7)] == [50, 51]


def test_the_readme_shows_the_machines_as_they_are():
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    for machine in (filing.MACHINE, experts.MACHINE, campaign.MACHINE):
        assert machine.diagram() in readme
