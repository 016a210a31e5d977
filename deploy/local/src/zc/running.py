"""`zc up`, `down`, `status`, `logs`, `reset`: the life of a stack."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from chassis.testing.postgres import destroy_postgres
from rich.table import Table

from zc.console import console, home, one_sentence, say, stopped_by_signals, undisturbed
from zc.home import Home
from zc.servers import SETS
from zc.stack import Stack
from zc.suite import Suite
from zc.tending import Tending
from zc.trouble import Trouble, said_plainly

Port = Annotated[
    int | None, typer.Option("--port", envvar="GATEWAY_PORT", help="Port of the gateway; busy means failure.")
]
Servers = Annotated[
    str | None, typer.Option("--servers", help=f"{', '.join(SETS)}; as last time, else small.")
]
Brokers = Annotated[int | None, typer.Option("--brokers", min=1, help="How many brokers the real set has.")]


def up(
    port: Port = None,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Return as soon as all is ready.")] = False,
    free_ports: Annotated[
        bool, typer.Option("--free-ports", help="Take any free port instead of the usual ones.")
    ] = False,
    servers_only: Annotated[
        bool, typer.Option("--servers-only", help="Without the services, to run some by hand; see `zc env`.")
    ] = False,
    servers: Servers = None,
    brokers: Brokers = None,
) -> None:
    """Start the suite and keep it running until Ctrl-C."""
    with one_sentence():
        if detach:
            flags = [*(["--port", str(port)] if port else [])]
            flags += ["--free-ports"] if free_ports else []
            flags += ["--servers-only"] if servers_only else []
            flags += ["--servers", servers] if servers else []
            flags += ["--brokers", str(brokers)] if brokers else []
            _start_in_background(home(), flags)
            return
        services = () if servers_only else None
        kind = chosen(home(), servers, brokers)
        run(Stack(home().root, **kind, gateway_port=port, free_ports=free_ports, services=services, say=say))


def chosen(where: Home, servers: str | None, brokers: int | None) -> dict[str, Any]:
    """The set of servers that was asked for, else that of the last start, as `Stack` wants it."""
    last = where.read_state()
    return {
        "servers": servers or last.get("servers", "small"),
        "brokers": brokers or last.get("brokers", 1),
    }


def run(stack: Stack, *, then: Callable[[Stack], bool] | None = None) -> None:
    """Starts the stack, does what `then` does, and supervises until a signal ends it."""
    began = time.monotonic()
    with stopped_by_signals():
        try:
            stack.start()
            say(f"ready after {time.monotonic() - began:.1f} s: {stack.gateway_url}")
            if then is None or then(stack):
                say("Ctrl-C ends it; `zc status` and `zc logs` show more")
                supervise(stack)
        except KeyboardInterrupt:
            pass
        finally:
            with undisturbed():
                stack.stop()


def supervise(stack: Stack) -> None:
    """Tends the stack until a signal or a `Trouble` ends it."""
    tending = Tending(stack, say)
    while True:
        tending.tend()
        time.sleep(0.5)


def _start_in_background(where: Home, flags: list[str]) -> None:
    where.prepare()
    if where.launcher() is not None:
        raise Trouble(f"The stack in {where.root} is already running; `zc status` shows it.")
    command = [sys.executable, "-m", "zc", "--dir", str(where.root), "up", *flags]
    log = where.logs / "launcher.log"
    where.write_state(ready=False)
    with said_plainly(), log.open("wb") as output:
        launcher = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    try:
        _await_launcher(where, launcher, log)
    except KeyboardInterrupt:
        launcher.terminate()
        launcher.wait()
        raise
    say(f"ready: {where.read_state()['gateway_url']}")


def _await_launcher(where: Home, launcher: subprocess.Popen[bytes], log: Path) -> None:
    shown = 0
    while not where.read_state().get("ready"):
        lines = log.read_text(errors="replace").splitlines()
        for line in lines[shown:]:
            if line.startswith("· "):
                console.print(line, markup=False)
        shown = len(lines)
        if launcher.poll() is not None:
            raise Trouble((log.read_text(errors="replace").strip().splitlines() or ["It ended at once."])[-1])
        time.sleep(0.2)


def down() -> None:
    """Stop the suite; its data stays."""
    with one_sentence():
        where = home()
        launcher = where.launcher()
        if launcher is None:
            say(f"no stack is running in {where.root}")
            return
        os.kill(launcher, signal.SIGTERM)
        deadline = time.monotonic() + 90
        while where.launcher() is not None:
            if time.monotonic() > deadline:
                raise Trouble(f"The launcher (process {launcher}) did not stop within 90 seconds.")
            time.sleep(0.1)
        say("stopped; the data stays")


def status() -> None:
    """Show every process with its port, and whether the services can work."""
    with one_sentence():
        where = home()
        suite = Suite.running(where)
        processes = where.read_state().get("processes", {})
        table = Table("name", "port", "process", "state", box=None)
        broken = False
        services = where.read_state().get("services", [])
        for name in [*(row.name for row in suite.servers.rows), *services]:
            if name not in processes and name not in services:
                continue
            alive = _is_alive(processes.get(name))
            state = "running" if alive else "ended"
            if alive and name in services:
                state = "ready" if suite.is_ready(name) else "not ready"
            broken |= state in ("ended", "not ready")
            table.add_row(name, str(suite.ports[name]), str(processes.get(name) or "-"), state)
        console.print(table)
        say(f"gateway {suite.gateway_url}, logins of the platform {suite.identity_platform.kept}")
        if broken:
            raise Trouble("Something does not run; `zc logs NAME` says why.")


def logs(
    name: Annotated[str | None, typer.Argument(help="A service or a server; all when none is named.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as lines come.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", help="How many lines to begin with.")] = 50,
) -> None:
    """Show what the processes wrote."""
    with one_sentence():
        where = home()
        files = {file.stem: file for file in sorted(where.logs.glob("*.log"))}
        files["postgres"] = where.postgres / "postgres.log"
        if name is not None and name not in files:
            raise Trouble(f"There is no log of {name}; there are {', '.join(sorted(files))}.")
        chosen = {name: files[name]} if name else {key: file for key, file in files.items() if file.exists()}
        positions = {key: _print_end(key, file, lines, len(chosen) > 1) for key, file in chosen.items()}
        while follow:
            for key, file in chosen.items():
                positions[key] = _print_from(key, file, positions[key], len(chosen) > 1)
            time.sleep(0.3)


def _print_end(name: str, file: Path, count: int, many: bool) -> int:
    if not file.exists():
        return 0
    with file.open("rb") as source:
        for line in deque(source, maxlen=count):
            _print_line(name, line, many)
        return source.tell()


def _print_from(name: str, file: Path, position: int, many: bool) -> int:
    if not file.exists():
        return 0
    with file.open("rb") as source:
        source.seek(position if position <= file.stat().st_size else 0)
        for line in source:
            _print_line(name, line, many)
        return source.tell()


def _print_line(name: str, line: bytes, many: bool) -> None:
    sys.stdout.write(f"{name + ' | ' if many else ''}{line.decode(errors='replace').rstrip()}\n")
    sys.stdout.flush()


def reset(yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False) -> None:
    """Destroy the data of the suite: databases, events, files, clock and logs."""
    with one_sentence():
        where = home()
        if where.launcher() is not None:
            raise Trouble(f"The stack in {where.root} is running: stop it first with `zc down`.")
        if not (where.root / "state.json").exists():
            say(f"nothing to destroy in {where.root}")
            return
        if not yes and not typer.confirm(f"Destroy everything in {where.root}?"):
            raise Trouble("Nothing was destroyed.")
        destroy_postgres(where.postgres)
        where.destroy()
        say(f"nothing is left of the stack in {where.root}")


def _is_alive(process: int | None) -> bool:
    if process is None:
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
