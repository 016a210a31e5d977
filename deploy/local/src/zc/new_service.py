"""Lays out a new service: `python -m zc.new_service archives`; what it cannot decide, it names."""

from __future__ import annotations

import sys
from pathlib import Path

from zc.table import SERVICES
from zc.trouble import Trouble

ROOT = Path(__file__).parents[4]

_FILES = {
    "pyproject.toml": """\
[project]
name = "title-review-{name}"
version = "0.1.0"
description = "What {name} is responsible for"
requires-python = ">=3.11,<3.12"
dependencies = ["title-review-chassis", "title-review-contracts", "title-review-refusals"]

[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[tool.hatch.build.targets.wheel]
packages = ["src/{name}"]
""",
    "README.md": """\
# {name}

Owns … · publishes … · listens to … · states …
""",
    "src/{name}/__init__.py": '"""What {name} is responsible for, in one sentence."""\n',
    "src/{name}/py.typed": "",
    "src/{name}/__main__.py": '''\
"""The command line of {name}."""

from chassis.cli import run

from {name}.app import service

run(service)
''',
    "src/{name}/app.py": '''\
"""{name}, put together."""

from chassis.service import Service

from {name}.api import things
from {name}.consumers import consumers
from {name}.settings import Settings

service = Service(
    name="{name}",
    title="{name}",
    settings=Settings,
    routers=[things.router],
    consumers=consumers,
)
''',
    "src/{name}/settings.py": '''\
"""What {name} must be told by its surroundings."""

from chassis.settings import Settings as ChassisSettings
from chassis.settings import settings_for


class Settings(ChassisSettings):
    """The chassis' settings under this service's prefix."""

    model_config = settings_for("{prefix}")
''',
    "src/{name}/tables.py": '"""The rows of {name}, and its copies of what others own."""\n',
    "src/{name}/store.py": '"""Loads, locks and saves the aggregates of {name}."""\n',
    "src/{name}/queries.py": '"""Lists and searches, straight from rows to response models."""\n',
    "src/{name}/consumers.py": '''\
"""What {name} does when others tell something: one function for each listened event."""

from chassis.consume import Consumers

consumers = Consumers()
''',
    "src/{name}/api/__init__.py": '"""The resources of {name}, a file for each."""\n',
    "src/{name}/api/things.py": '''\
"""The first resource: models on top, routes below."""

from chassis.web import Router

router = Router("{name}", tags=["{name}"])
''',
    "src/{name}/domain/__init__.py": '"""The rules of {name}: no input, no output, no clock."""\n',
    "migrations/versions/.gitkeep": "",
    "tests/conftest.py": '''\
"""Names the service under test; the plugin does the rest."""

import pytest
from chassis.service import Service


@pytest.fixture(scope="session")
def service() -> Service:
    """The service whose tests these are."""
    from {name}.app import service

    return service
''',
}

_LEFT_TO_DO = """\
services/{name} is laid out. What is left:
· pyproject.toml: name title-review-{name} among the dependencies and under [tool.uv.sources]; then `make lock`
· libs/contracts: its events and topics; `make schemas`
· deploy/local/src/zc/table.py: its row; deploy/gateway/routes.yml: its name; then `make schemas`
· its first migration: `python -m {name} migrate --autogenerate "{name}"`, then read what was written
docs/patterns.md says how the rest is written."""


def lay_out(name: str, root: Path) -> None:
    """Writes the skeleton of a service; raises `Trouble` for a bad or a taken name."""
    if not (name.isascii() and name.isalpha() and name.islower()):
        raise Trouble(
            f"{name or 'Nothing'} is no name for a service: NAME must be lower-case letters, such as archives."
        )
    folder = root / "services" / name
    if folder.exists() or name in {row.name for row in SERVICES}:
        raise Trouble(f"There is already a service {name}.")
    for path, text in _FILES.items():
        file = folder / path.format(name=name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.format(name=name, prefix=f"{name.upper()}_"))


def main() -> None:
    """Lays out the service that the command line names."""
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    try:
        lay_out(name, ROOT)
    except Trouble as trouble:
        raise SystemExit(str(trouble)) from None
    print(_LEFT_TO_DO.format(name=name))


if __name__ == "__main__":
    main()
