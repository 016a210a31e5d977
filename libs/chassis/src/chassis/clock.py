"""The only clock: `now()` for everything people are bound by, `real_now()` for machines."""

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

PLACE = ZoneInfo("Asia/Shanghai")

_shift_file: Path | None = None
_seen: tuple[int, timedelta] = (0, timedelta())


def configure(shift_file: Path | None) -> None:
    """Read the shift (seconds, as text) from this file on every call; only a local stack has one."""
    global _shift_file
    _shift_file = shift_file


def shift() -> timedelta:
    """How far business time is ahead of real time; zero outside a local stack."""
    global _seen
    if _shift_file is None:
        return timedelta()
    try:
        changed = os.stat(_shift_file).st_mtime_ns
        if changed != _seen[0]:
            _seen = (changed, timedelta(seconds=float(_shift_file.read_text().strip() or 0)))
    except (FileNotFoundError, ValueError):
        return _seen[1]
    return _seen[1]


def real_now() -> datetime:
    """Real time, aware, UTC: tokens, locks, retries, telemetry."""
    return datetime.now(UTC)


def now() -> datetime:
    """Business time, aware, UTC: deadlines, working days, timestamps of decisions."""
    return real_now() + shift()


def local_date(instant: datetime) -> date:
    """The calendar day of an instant where the suite is used (Asia/Shanghai)."""
    return instant.astimezone(PLACE).date()


def end_of(day: date) -> datetime:
    """24:00 of a local day as an instant, exclusive: 「至 09-19」 means before 09-20 00:00 +08:00."""
    return datetime(day.year, day.month, day.day, tzinfo=PLACE) + timedelta(days=1)
