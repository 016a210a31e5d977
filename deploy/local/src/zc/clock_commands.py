"""`zc clock`: show or shift business time."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from zc.clock import PLACE, parse_duration, read_shift, set_now, shift_by, shown, write_shift
from zc.console import home, one_sentence, say
from zc.suite import Suite
from zc.trouble import Trouble

app = typer.Typer(help="Show or shift business time; machines keep real time.", no_args_is_help=False)


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
        say(f"{shown(file)} ({_said(read_shift(file))} ahead of real time)")


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
        say(shown(file))


@app.command()
def advance(by: Annotated[str, typer.Argument(help="5d, 36h, 90m, 2w or 1d12h.")]) -> None:
    """Move business time forward."""
    with one_sentence():
        file = _file_of_a_running_stack()
        shift_by(file, parse_duration(by))
        say(shown(file))


@app.command()
def reset() -> None:
    """Return to real time; deadlines that passed stay passed."""
    with one_sentence():
        file = _file_of_a_running_stack()
        write_shift(file, timedelta())
        say(shown(file))


def _file_of_a_running_stack() -> Path:
    return Suite.running(home()).clock_file


def _said(shift: timedelta) -> str:
    return str(shift - timedelta(microseconds=shift.microseconds))
