"""Brings the databases of all services up to date, in one process that is started beside the servers.

`python -m zc.migrate identity units …` reads each service's own settings from its environment.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from zc.child import Child
from zc.table import service
from zc.trouble import Trouble

_PATIENCE = 300
"""Seconds; a release may have much to move."""


def migrate_all(environments: Mapping[str, Mapping[str, str]], logs: Path) -> None:
    """Migrates the services named by the keys; raises `Trouble` that names the one that failed."""
    if not environments:
        return
    told = {name: value for environment in environments.values() for name, value in environment.items()}
    child = Child("migrate", [sys.executable, "-m", "zc.migrate", *environments], logs / "migrate.log", told)
    child.start()
    try:
        assert child.process is not None
        if child.process.wait(_PATIENCE):
            raise Trouble(
                f"A database could not be brought up to date: {child.last_words()} (see {child.log})"
            )
    except subprocess.TimeoutExpired:
        raise Trouble(f"The databases were not up to date after {_PATIENCE} s (see {child.log}).") from None
    finally:
        child.stop(5)


def main() -> None:
    """Migrates the services that the command line names."""
    from chassis.migrate import migrate  # heavy, and of no use to the launcher itself

    for name in sys.argv[1:]:
        row = service(name)
        package = Path(str(import_module(name).__file__)).parent
        told = (os.environ[f"{row.prefix}OWNER_DATABASE_URL"], os.environ[f"{row.prefix}DATABASE_URL"])
        try:
            migrate(package.parents[1] / "migrations", *told)
        except Exception as error:
            raise SystemExit(
                f"Error in {name}: {type(error).__name__}: {str(error).splitlines()[0]}"
            ) from error


if __name__ == "__main__":
    main()
