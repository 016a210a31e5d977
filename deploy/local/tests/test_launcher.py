"""The launcher starts real servers, keeps their data, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg
import pytest
from zc.home import Home
from zc.stack import Stack
from zc.suite import Suite


def zc(
    where: Path, *words: str, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs the command line on a directory."""
    return subprocess.run(
        [sys.executable, "-m", "zc", "--dir", str(where), *words], env=dict(environment or os.environ),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        timeout=120,
    )  # fmt: skip


def zc_up(where: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Starts servers in the background."""
    return zc(
        where, "up", "--servers-only", "--free-ports", "--detach", *words, environment=os.environ | more
    )


@pytest.fixture
def where(tmp_path: Path) -> Iterator[Path]:
    """A state directory that nothing survives."""
    yield tmp_path / "zc"
    zc(tmp_path / "zc", "down")
    zc(tmp_path / "zc", "reset", "--yes")


def still_running(processes: Mapping[str, int]) -> set[str]:
    """The names of the processes that have not ended yet."""
    return {name for name, process in processes.items() if Path(f"/proc/{process}").exists()}


def wait_until_gone(processes: Mapping[str, int], patience: float = 20) -> set[str]:
    """Waits for processes to end and returns those that did not."""
    deadline = time.monotonic() + patience
    while still_running(processes) and time.monotonic() < deadline:
        time.sleep(0.1)
    return still_running(processes)


def test_a_second_start_keeps_data_and_ports_and_takes_seconds(where: Path) -> None:
    with Stack(where, free_ports=True, services=[]) as stack:
        ports = stack.ports
        with psycopg.connect(stack.postgres.dsn(), autocommit=True) as admin:  # type: ignore[union-attr]
            admin.execute("CREATE TABLE kept (n int)")
    began = time.monotonic()
    with Stack(where, free_ports=True, services=[]) as stack:
        assert time.monotonic() - began < 20
        assert stack.ports == ports
        with psycopg.connect(stack.postgres.dsn()) as admin:  # type: ignore[union-attr]
            assert admin.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_up_status_down_reset(where: Path) -> None:
    assert zc_up(where).returncode == 0
    shown = zc(where, "status")
    assert shown.returncode == 0
    assert {"gateway", "postgres", "kafka", "s3", "platform"} <= set(shown.stdout.split())
    again = zc_up(where)
    assert (again.returncode, "already running" in again.stdout) == (1, True)
    assert zc(where, "status").returncode == 0
    processes = Home(where).read_state()["processes"]
    assert "stop it first" in zc(where, "reset", "--yes").stdout
    assert zc(where, "down").returncode == 0
    assert still_running(processes) == set()
    assert zc(where, "status").returncode == 1
    data = (where / "postgres" / "data").resolve()
    assert zc(where, "reset", "--yes").returncode == 0
    assert not where.exists()
    assert not data.exists()


def test_reset_spares_what_a_stack_did_not_write(where: Path) -> None:
    home = Home(where)
    home.prepare()
    home.write_state(ready=False)
    (where / "thesis.docx").write_text("years of work")
    assert zc(where, "reset", "--yes").returncode == 0
    assert [path.name for path in where.iterdir()] == ["thesis.docx"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_no_process_outlives_the_launcher(where: Path, number: signal.Signals) -> None:
    # As what a script starts in the background inherits it.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert zc_up(where).returncode == 0
    finally:
        signal.signal(signal.SIGINT, before)
    home = Home(where)
    processes, launcher = home.read_state()["processes"], home.launcher()
    assert launcher is not None
    assert set(still_running(processes)) == set(processes)
    os.kill(launcher, number)
    assert wait_until_gone(processes) == set()
    assert home.launcher() is None


def test_a_start_after_a_power_cut_finds_its_data(where: Path) -> None:
    assert zc_up(where).returncode == 0
    home = Home(where)
    processes, launcher = home.read_state()["processes"], home.launcher()
    assert launcher is not None
    for process in [launcher, *processes.values()]:
        os.kill(process, signal.SIGKILL)
    assert wait_until_gone(processes) == set()
    assert zc_up(where).returncode == 0
    assert zc(where, "status").returncode == 0


def test_a_busy_gateway_port_that_was_asked_for_is_one_sentence(where: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        done = zc(where, "up", "--servers-only", "--port", str(port))
    assert (done.returncode, done.stdout) == (
        1,
        f"Port {port} for the gateway is busy: stop what listens there or name another port.\n",
    )


def test_other_busy_ports_are_replaced(where: Path) -> None:
    home = Home(where)
    home.prepare()
    first = home.take_ports(any_free=True)
    with socket.create_server(("127.0.0.1", first["postgres"])):
        second = home.take_ports(any_free=True)
    assert second["postgres"] != first["postgres"]
    assert second | {"postgres": 0} == first | {"postgres": 0}


def test_missing_java_is_one_sentence(where: Path, tmp_path: Path) -> None:
    done = zc(
        where, "up", "--servers-only", "--free-ports", environment={"HOME": str(tmp_path), "PATH": "/nowhere"}
    )
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == (
        "Java 17 is missing, which runs Apache Kafka: install it (Debian: apt install maven)."
    )
    assert "Traceback" not in done.stdout


def test_the_secrets_are_kept_and_only_their_owner_reads_them(where: Path) -> None:
    home = Home(where)
    home.prepare()
    assert home.secrets == Home(where).secrets
    assert (where / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_a_running_stack_tells_every_setting_of_a_service(where: Path) -> None:
    home = Home(where)
    home.prepare()
    home.take_ports(any_free=True)
    home.secrets  # noqa: B018 - made on the first look
    from chassis.testing.postgres_files import password_in

    home.postgres.mkdir()
    password_in(home.postgres)
    told = Suite(home).environment_of("units")
    assert told["UNITS_DATABASE_URL"].endswith(f"@127.0.0.1:{home.ports['postgres']}/units")
    assert told["UNITS_OWNER_DATABASE_URL"].startswith("postgresql://units_owner:")
    assert (
        told["S3_PUBLIC_ENDPOINT"] == told["PUBLIC_BASE_URL"] == f"http://127.0.0.1:{home.ports['gateway']}"
    )
    assert "IDENTITY_DATABASE_URL" not in told
