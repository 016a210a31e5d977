"""Publicity counts working days, not the day of publication, and never guesses a year."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from provinces import WorkingDays, YearNotLoaded, working_days

WEEKDAYS_ONLY = WorkingDays(frozenset({2040}), frozenset(), frozenset())


@pytest.mark.req("LAW-09", "BEY-08")
@pytest.mark.parametrize(
    ("published", "n", "last"),
    [
        (date(2026, 9, 14), 5, date(2026, 9, 20)),  # Sunday 09-20 is worked before the festival
        (date(2025, 9, 24), 5, date(2025, 9, 30)),  # so is Sunday 09-28
        (date(2025, 9, 30), 1, date(2025, 10, 9)),  # eight days of National Day
        (
            date(2024, 2, 8),
            2,
            date(2024, 2, 18),
        ),  # 02-09 is worked, then Spring Festival, Sunday 02-18 is worked
        (date(2026, 6, 5), 0, date(2026, 6, 5)),
    ],
)
def test_the_day_of_publication_does_not_count(published: date, n: int, last: date) -> None:
    assert working_days.add(published, n) == last


@pytest.mark.req("LAW-09")
def test_a_period_ends_at_midnight_of_beijing() -> None:
    days = WEEKDAYS_ONLY.period_end(date(2040, 3, 1), 5)  # a Thursday
    assert days == datetime(2040, 3, 8, 16, 0, tzinfo=UTC)


@pytest.mark.req("LAW-09")
def test_a_year_whose_notice_is_not_loaded_is_refused() -> None:
    with pytest.raises(YearNotLoaded) as refused:
        working_days.add(date(2039, 12, 30), 1)
    assert "2039" in refused.value.detail
    with pytest.raises(YearNotLoaded):
        WEEKDAYS_ONLY.add(date(2040, 12, 31), 1)


def test_an_operator_loads_a_year() -> None:
    holiday, worked = date(2041, 1, 1), date(2041, 1, 5)
    more = WEEKDAYS_ONLY.with_year(2041, {holiday}, {worked})
    assert (more.is_working_day(holiday), more.is_working_day(worked)) == (False, True)
    assert more.add(date(2040, 12, 31), 1) == date(2041, 1, 2)
    assert more.years == {2040, 2041}
    corrected = more.with_year(2041, set(), set())
    assert corrected.is_working_day(holiday)
    with pytest.raises(ValueError, match="year"):
        more.with_year(2042, {holiday}, set())


@given(st.dates(date(2020, 1, 1), date(2025, 6, 30)), st.integers(0, 60))
def test_adding_and_counting_agree(day: date, n: int) -> None:
    last = working_days.add(day, n)
    assert working_days.SEED.between(day, last) == n
    assert n == 0 or working_days.is_working_day(last)
    if n:
        assert working_days.SEED.between(day, last - timedelta(days=1)) == n - 1
