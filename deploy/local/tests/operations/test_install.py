"""The commands of the install page, run as they stand there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from chassis.testing.postgres import destroy_postgres
from zc.deployables import ROOT
from zc.overlays import NAMESPACE
from zc.stack import Stack
from zc.table import SERVICES

PAGE = (ROOT / "docs" / "operations" / "install.md").read_text()
DOCKER, KUBERNETES, NEITHER = re.split(r"^## ", PAGE, flags=re.M)[1:]
Tool = Callable[..., str]
Docker = Callable[[dict[str, dict[str, str]]], dict[str, str]]


def blocks(section: str) -> list[str]:
    """The commands that can run here."""
    found = re.findall(r"^( *)```sh\n(.*?)^ *```$", section, re.S | re.M)
    return [textwrap.dedent(text) for _, text in found]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """What of the repository an operator works in, so that ours stays as it is."""
    place = tmp_path / "title-review"
    place.mkdir()
    for name in ("compose", "gateway", "k8s", "observability"):
        no_secrets = shutil.ignore_patterns("secrets")
        shutil.copytree(ROOT / "deploy" / name, place / "deploy" / name, ignore=no_secrets)
    shutil.copy2(ROOT / "deploy" / "Dockerfile", place / "deploy")
    for name in ("docker-compose.yml", ".env.example"):
        shutil.copy2(ROOT / name, place)
    return place


def run(commands: str, where: Path, **told: str) -> str:
    """Runs commands as an operator's shell does, and stops at the first that fails."""
    known = {"PATH": os.environ["PATH"], "HOME": str(where)}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands], cwd=where, env=known | told,
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, f"{commands}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def fill_in(place: Path, address: str) -> None:
    """Fills in what is empty in `.env` by the examples beside it."""
    filled = []
    for line in (place / ".env").read_text().splitlines():
        name, _, value = line.partition("=")
        example = next((old for old in reversed(filled) if old.startswith(f"# {name}=")), "")
        filled.append(example.removeprefix("# ") if not value and example else line)
    text = "\n".join(filled) + "\n"
    (place / ".env").write_text(
        re.sub(r"^PUBLIC_BASE_URL=.*$", f"PUBLIC_BASE_URL={address}", text, flags=re.M)
    )


def test_one_machine_with_docker(copy: Path, docker: Docker, suite: Stack, tmp_path: Path) -> None:
    told = docker({}) | {"PUBLIC_BASE_URL": suite.gateway_url}
    draw, start, ask = blocks(DOCKER)
    run(draw, copy, **told)
    wrong = subprocess.run(
        ["bash", "-c", start], cwd=copy, env=told, check=False, capture_output=True, text=True
    )
    assert "required variable" in wrong.stderr  # nothing starts before everything is filled in
    fill_in(copy, suite.gateway_url)
    listed = run(start, copy, **told)
    assert {f"{row.name}-{part}" for row in SERVICES for part in ("api", "worker")} <= set(listed.split())
    run(ask, copy, **told)
    examined = [
        line for line in (tmp_path / "told.asked").read_text().splitlines() if line.endswith("doctor")
    ]
    assert len(examined) == len(SERVICES)


def test_kubernetes(copy: Path, tool: Tool, cluster: Any, tmp_path: Path) -> None:
    kubectl = Path(tool("kubectl", "apiserver"))
    told = {
        "PATH": f"{kubectl.parent}:/usr/bin:/bin", "KUBECONFIG": str(cluster.kubeconfig()),
        "OVERLAY": "own", "SECRETS": str(tmp_path / "secrets"),
    }  # fmt: skip
    run(blocks(DOCKER)[0], copy)
    fill_in(copy, "https://titles.example.org")
    own, hand_over, apply = blocks(KUBERNETES)
    run(own, copy, **told)
    run(hand_over, copy, **told)
    run(apply, copy, **told)

    def got(kinds: str) -> list[dict[str, Any]]:
        text = run(f"kubectl -n {NAMESPACE} get {kinds} -o yaml", copy, **told)
        return list(yaml.load(text, Loader=yaml.CSafeLoader)["items"])

    held = {row["metadata"]["name"]: set(row["data"]) for row in got("secrets")}
    started = got("deployments,jobs")
    assert {f"{row.name}-{part}" for row in SERVICES for part in ("api", "worker")} <= {
        row["metadata"]["name"] for row in started
    }
    for row in started:
        for volume in row["spec"]["template"]["spec"]["volumes"]:
            for source in volume.get("projected", {}).get("sources", []):
                wanted = {item["key"] for item in source["secret"]["items"]}
                assert wanted <= held[source["secret"]["name"]], row["metadata"]["name"]
    images = {c["image"] for row in started for c in row["spec"]["template"]["spec"]["containers"]}
    assert "registry.example.org/title-review/units:0.1.0" in images
    (settings,) = [row for row in got("configmaps") if row["metadata"]["name"] == "suite"]
    assert settings["data"]["KAFKA_BOOTSTRAP_SERVERS"] == "kafka-1:9092,kafka-2:9092"
    assert {row["spec"]["scaleTargetRef"]["name"] for row in got("hpa")} == {
        f"{r.name}-api" for r in SERVICES
    }
    assert len(got("httproutes,servicemonitors,prometheusrules")) >= len(SERVICES) + 2


@pytest.fixture
def directory(at_length: None, tmp_path: Path) -> Iterator[Path]:
    """Where the page's own stack lies."""
    yield tmp_path / "zc"
    destroy_postgres(tmp_path / "zc" / "postgres")


def test_one_machine_without_docker(directory: Path) -> None:
    (commands,) = blocks(NEITHER)
    try:
        said = run(commands, ROOT, DIR=str(directory), HOME=str(Path.home()))
    finally:
        subprocess.run([ROOT / ".venv/bin/zc", "--dir", directory, "down"], check=False, capture_output=True)
    for row in SERVICES:
        assert row.name in said
