"""`zc doctor`, `parked`, `demo`, `fetch`: what is asked of all services at once, and the season."""

from __future__ import annotations

import importlib
import shlex
import subprocess
import sys
from typing import Annotated

import typer

from zc.console import console, home, one_sentence, say
from zc.environment import plain
from zc.kafka import fetch_jars, jars
from zc.running import Brokers, Port, Servers, chosen, run
from zc.stack import Stack
from zc.suite import Suite
from zc.table import SERVICES, Service, service
from zc.trouble import Trouble


def ask(suite: Suite, name: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Runs one command of one service's own command line."""
    return subprocess.run(
        [sys.executable, "-m", name, *words], env=suite.environment_of(name), text=True, check=False,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def ask_all(suite: Suite, *words: str, silent: str) -> list[str]:
    """Asks every service, prints the answers or what silence means, and returns the names of those that failed."""
    asked = {
        row.name: subprocess.Popen(
            [sys.executable, "-m", row.name, *words], env=suite.environment_of(row.name), text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        for row in SERVICES
    }  # fmt: skip
    failed = []
    for name, process in asked.items():
        answer, _ = process.communicate()
        console.print(f"[bold]{name}[/bold]")
        console.print(answer.rstrip() or silent, markup=False)
        if process.returncode:
            failed.append(name)
    return failed


def doctor() -> None:
    """Check every service and the invariants between them, on live data, without writing."""
    with one_sentence():
        examine(Suite.running(home()))


def examine(suite: Suite) -> None:
    """Prints what every service and their comparison say; raises `Trouble` when an invariant is broken."""
    failed = ask_all(suite, "doctor", silent="well")
    between = importlib.import_module("zc.doctor").check(suite)
    console.print("[bold]between services[/bold]")
    for line in between or ["every invariant holds"]:
        console.print(line, markup=False)
    if failed or between:
        who = ", ".join(failed) or "none"
        raise Trouble(
            f"{len(between)} invariants are broken between services; services that complain: {who}."
        )


def parked(
    name: Annotated[str | None, typer.Argument(help="A service; all when none is named.")] = None,
    words: Annotated[
        list[str] | None, typer.Argument(help="What to pass on: `replay` or `drop NUMBER`.")
    ] = None,
    why: Annotated[str, typer.Option(help="Why a record is dropped.")] = "",
) -> None:
    """List the events that handlers could not take, or pass a command on to one service."""
    with one_sentence():
        suite = Suite.running(home())
        if name is None:
            failed = ask_all(suite, "parked", "list", silent="nothing")
            if failed:
                raise Trouble(f"No answer from {', '.join(failed)}.")
            return
        reason = ["--why", why] if why else []
        answer = ask(suite, _row(name).name, "parked", *(words or ["list"]), *reason)
        console.print(answer.stdout.rstrip() or "nothing", markup=False)
        if answer.returncode:
            raise Trouble(f"{name} refused.")


def demo(
    seed: Annotated[int, typer.Option(help="The same seed plays the same season.")] = 2026,
    applicants: Annotated[int, typer.Option(min=1, help="How many people apply.")] = 40,
    leave: Annotated[bool, typer.Option("--exit", help="End the suite after the season.")] = False,
    port: Port = None,
    servers: Servers = None,
    brokers: Brokers = None,
) -> None:
    """Play one whole season through the gateway, then leave the suite running until Ctrl-C."""
    with one_sentence():
        where = home()
        season = importlib.import_module("zc.season")

        def play(suite: Suite) -> bool:
            season.run(suite, seed=seed, applicants=applicants)
            examine(suite)
            return not leave

        if where.launcher() is not None:
            say(f"playing on the stack that runs in {where.root}")
            play(Suite.running(where))
            return
        run(Stack(where.root, **chosen(where, servers, brokers), gateway_port=port, say=say), then=play)


def env(name: Annotated[str, typer.Argument(help="A service.")]) -> None:
    """Print the settings of a service as a shell reads them: `set -a; . <(zc env units)`."""
    with one_sentence():
        suite = Suite.running(home())
        _row(name)
        inherited = plain()
        for variable, value in suite.environment_of(name).items():
            if variable not in inherited:
                print(f"{variable}={shlex.quote(value)}")


def _row(name: str) -> Service:
    try:
        return service(name)
    except KeyError:
        names = ", ".join(row.name for row in SERVICES)
        raise Trouble(f"{name} is no service; there are {names}.") from None


def fetch() -> None:
    """Fetch the broker's jars into the cache, as the bootstrap does."""
    with one_sentence():
        if not jars().exists():
            say("fetching Apache Kafka")
            fetch_jars()
