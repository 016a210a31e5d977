"""Working days of China: seeded from published holiday notices, loadable for years to come (LAW-09)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import ClassVar

from chinese_calendar.constants import holidays, workdays
from refusals import Kind, Refusal

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")  # no daylight saving since 1991


class YearNotLoaded(Refusal):
    """该年度的节假日安排尚未导入。"""

    slug: ClassVar[str] = "working-days-not-loaded"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(frozen=True)
class WorkingDays:
    """Which days are working days; an immutable value, `with_year` returns a larger one."""

    years: frozenset[int]
    days_off: frozenset[date]  # weekdays that are free
    days_on: frozenset[date]  # weekend days that are worked

    def with_year(self, year: int, days_off: Iterable[date], days_on: Iterable[date]) -> "WorkingDays":
        """Return these days with one year added or replaced; raises ValueError for days of other years."""
        off, on = frozenset(days_off), frozenset(days_on)
        if any(day.year != year for day in off | on):
            raise ValueError("every day must lie in the year that is loaded")
        return WorkingDays(
            self.years | {year},
            frozenset(day for day in self.days_off if day.year != year) | off,
            frozenset(day for day in self.days_on if day.year != year) | on,
        )

    def is_working_day(self, day: date) -> bool:
        """Say whether people work on that day; raises YearNotLoaded."""
        if day.year not in self.years:
            raise YearNotLoaded(f"{day.year}年的节假日安排尚未导入，请先导入后再计算工作日。")
        return day in self.days_on or (day.weekday() < 5 and day not in self.days_off)

    def add(self, day: date, n: int) -> date:
        """Return the n-th working day after `day`, which itself does not count; raises YearNotLoaded."""
        if n < 0:
            raise ValueError("n must not be negative")
        while n:
            day += timedelta(days=1)
            n -= self.is_working_day(day)
        return day

    def between(self, first: date, last: date) -> int:
        """Count the working days after `first` up to and including `last`; raises YearNotLoaded."""
        span = max((last - first).days, 0)
        return sum(self.is_working_day(first + timedelta(days=i + 1)) for i in range(span))

    def period_end(self, published: date, n: int) -> datetime:
        """Return the instant when a period of n working days is over: 24:00 of its last day, Beijing time."""
        return end_of(self.add(published, n))


def end_of(day: date) -> datetime:
    """Return 24:00 of a day in Beijing time: "until 09-19" means before this instant."""
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), CHINA)


SEED = WorkingDays(frozenset(day.year for day in holidays), frozenset(holidays), frozenset(workdays))


def add(day: date, n: int) -> date:
    """Return the n-th working day after `day` in the seeded years; raises YearNotLoaded."""
    return SEED.add(day, n)


def is_working_day(day: date) -> bool:
    """Say whether people work on that day of a seeded year; raises YearNotLoaded."""
    return SEED.is_working_day(day)
