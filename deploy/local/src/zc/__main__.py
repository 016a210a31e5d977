"""`zc`: the launcher and operator command line of a docker-less suite."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from zc import backup, clock_commands, kafka_commands, operating, running, systems
from zc.console import choose

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def everywhere(
    directory: Annotated[
        Path | None, typer.Option("--dir", envvar="ZC_DIR", help="The state directory; `.zc` unless named.")
    ] = None,
) -> None:
    """Run the suite on this machine, without docker."""
    choose(directory)


_COMMANDS: tuple[Callable[..., None], ...] = (
    running.up, running.down, running.status, running.logs, running.reset,
    operating.demo, operating.doctor, operating.parked, operating.env, systems.system, backup.backup, backup.restore,
    kafka_commands.kafka_user,
)  # fmt: skip
for command in _COMMANDS:
    app.command()(command)
app.command(hidden=True)(operating.fetch)
app.add_typer(clock_commands.app, name="clock")


def main() -> None:
    """Runs the command line."""
    app(prog_name="zc")


if __name__ == "__main__":
    main()
