"""`zc clock`: business time of the whole suite, shifted through one file; it only moves forward."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from zc.console import home, one_sentence, say
from zc.suite import Suite
from zc.trouble import Trouble, said_plainly

PLACE = ZoneInfo("Asia/Shanghai")
app = typer.Typer(help="Show or shift business time; machines keep real time.", no_args_is_help=False)
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


def now(file: Path) -> datetime:
    """Business time."""
    return datetime.now(UTC) + read_shift(file)


def set_now(file: Path, instant: datetime) -> None:
    """Moves business time to an instant; raises `Trouble` when that lies in its past."""
    shift = instant - datetime.now(UTC)
    if shift < read_shift(file):
        raise Trouble(f"The clock already shows {_shown(file)}; it only moves forward.")
    write_shift(file, shift)


@app.callback(invoke_without_command=True)
def default(context: typer.Context) -> None:
    """Show business time when nothing else is asked."""
    if context.invoked_subcommand is None:
        show()


@app.command()
def show() -> None:
    """Show business time and how far it is ahead."""
    with one_sentence():
        file = home().clock
        say(f"{_shown(file)} ({_said(read_shift(file))} ahead of real time)")


@app.command("set")
def set_(
    instant: Annotated[str, typer.Argument(help="2026-09-19 or 2026-09-19T17:30 in Shanghai.")],
) -> None:
    """Move business time to a day or an instant."""
    with one_sentence():
        file = _file_of_a_running_stack()
        try:
            wanted = datetime.fromisoformat(instant)
        except ValueError:
            raise Trouble(f"{instant} is no date: write 2026-09-19 or 2026-09-19T17:30.") from None
        set_now(file, wanted if wanted.tzinfo else wanted.replace(tzinfo=PLACE))
        say(_shown(file))


@app.command()
def advance(by: Annotated[str, typer.Argument(help="5d, 36h, 90m, 2w or 1d12h.")]) -> None:
    """Move business time forward."""
    with one_sentence():
        file = _file_of_a_running_stack()
        write_shift(file, read_shift(file) + parse_duration(by))
        say(_shown(file))


@app.command()
def reset() -> None:
    """Return to real time; deadlines that passed stay passed."""
    with one_sentence():
        file = _file_of_a_running_stack()
        write_shift(file, timedelta())
        say(_shown(file))


def parse_duration(text: str) -> timedelta:
    """A duration such as `5d` or `1d12h`; raises `Trouble` for anything else."""
    if not re.fullmatch(r"(\d+[wdhms])+", text):
        raise Trouble(f"{text} is no duration: write 5d, 36h, 90m, 2w or 1d12h.")
    return timedelta(**{_UNITS[unit]: int(count) for count, unit in re.findall(r"(\d+)([wdhms])", text)})


def _file_of_a_running_stack() -> Path:
    return Suite.running(home()).clock_file


def _shown(file: Path) -> str:
    return now(file).astimezone(PLACE).strftime("%Y-%m-%d %H:%M:%S %z")


def _said(shift: timedelta) -> str:
    return str(shift - timedelta(microseconds=shift.microseconds))
