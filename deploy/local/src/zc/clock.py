"""Business time of the whole suite, shifted through one file; it only moves forward."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from zc.trouble import Trouble, said_plainly

PLACE = ZoneInfo("Asia/Shanghai")
_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds", "w": "weeks"}


def read_shift(file: Path) -> timedelta:
    """How far business time is ahead of real time."""
    try:
        return timedelta(seconds=float(file.read_text().strip() or 0))
    except FileNotFoundError:
        return timedelta()


def write_shift(file: Path, shift: timedelta) -> None:
    """Sets business time for all services at once: the file is replaced, never half written."""
    with said_plainly():
        scratch = file.with_suffix(".new")
        scratch.write_text(f"{shift.total_seconds():.3f}\n")
        scratch.replace(file)


def shift_by(file: Path, delta: timedelta) -> None:
    """Moves business time from where it is, whoever else moves it at this moment."""
    with _alone(file):
        write_shift(file, read_shift(file) + delta)


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Lets nobody else read and write between reading and writing: a month could be undone by a second."""
    with said_plainly():
        lock = os.open(file.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def now(file: Path) -> datetime:
    """Business time."""
    return datetime.now(UTC) + read_shift(file)


def set_now(file: Path, instant: datetime) -> None:
    """Moves business time to an instant; raises `Trouble` when that lies in its past."""
    with _alone(file):
        shift = instant - datetime.now(UTC)
        if shift < read_shift(file):
            raise Trouble(f"The clock already shows {shown(file)}; it only moves forward.")
        write_shift(file, shift)


def parse_duration(text: str) -> timedelta:
    """A duration such as `5d` or `1d12h`; raises `Trouble` for anything else."""
    if not re.fullmatch(r"(\d+[wdhms])+", text):
        raise Trouble(f"{text} is no duration: write 5d, 36h, 90m, 2w or 1d12h.")
    return timedelta(**{_UNITS[unit]: int(count) for count, unit in re.findall(r"(\d+)([wdhms])", text)})


def shown(file: Path) -> str:
    """Business time as people read it."""
    return now(file).astimezone(PLACE).strftime("%Y-%m-%d %H:%M:%S %z")
