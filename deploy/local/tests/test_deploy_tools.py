"""What operators' own tools say about the deploy files; `make test-deploy` brings the tools."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from zc.deployables import ROOT
from zc.overlays import NAMESPACE, overlays
from zc.table import SERVICES

K8S = ROOT / "deploy" / "k8s"
Tool = Callable[..., str]
Built = Callable[[str], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def built(tool: Tool) -> Built:
    """What kustomize makes of an overlay."""

    @cache
    def build(overlay: str) -> list[dict[str, Any]]:
        done = subprocess.run(
            [tool("kustomize"), "build", K8S / "overlays" / overlay],
            check=False, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return list(yaml.load_all(done.stdout, Loader=yaml.CSafeLoader))

    return build


def test_dockers_own_loader_takes_the_compose_file(tool: Tool, tmp_path: Path) -> None:
    loader = tool("compose-load")
    text = (ROOT / ".env.example").read_text()
    given = {line.split("=")[0]: "x" for line in text.splitlines() if line.endswith("=")}
    done = subprocess.run(
        [loader, ROOT / "docker-compose.yml"], cwd=ROOT, env=given | {"PATH": "/usr/bin"},
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    wrong = tmp_path / "docker-compose.yml"
    wrong.write_text("services: {a: {image: b, helthcheck: {}}}")
    assert subprocess.run([loader, wrong], check=False, capture_output=True).returncode != 0


@pytest.mark.parametrize("overlay", sorted(overlays()))
def test_kustomize_builds_the_overlay(built: Built, overlay: str) -> None:
    documents = built(overlay)
    names = {(row["kind"], row["metadata"]["name"]) for row in documents}
    assert {("Deployment", f"{row.name}-api") for row in SERVICES} <= names
    placed = {row["metadata"].get("namespace") for row in documents if row["kind"] != "Namespace"}
    assert placed == {NAMESPACE}
    images = {
        container["image"]
        for row in documents
        if row["kind"] in ("Deployment", "Job")
        for container in row["spec"]["template"]["spec"]["containers"]
    }
    assert all(re.search(r":v?\d+\.\d+", image) for image in images), images


def test_overlays_change_what_they_mean_to_change(built: Built) -> None:
    single = {(row["kind"], row["metadata"]["name"]): row for row in built("single-node")}
    assert single["Service", "gateway"]["spec"]["type"] == "NodePort"
    (topics,) = single["Job", "topics"]["spec"]["template"]["spec"]["containers"]
    assert {"name": "KAFKA_REPLICATION", "value": "1"} in topics["env"]
    season = {(row["kind"], row["metadata"]["name"]): row for row in built("review-season")}
    assert season["HorizontalPodAutoscaler", "meetings-api"]["spec"]["maxReplicas"] == 24
    assert season["HorizontalPodAutoscaler", "units-api"]["spec"]["maxReplicas"] == 6
    assert "replicas" not in season["Deployment", "meetings-worker"]["spec"]
    assert season["Deployment", "units-worker"]["spec"]["replicas"] == 2
    assert season["Deployment", "gateway"]["spec"]["replicas"] == 4


@pytest.fixture(scope="module")
def room(cluster: Any, built: Built) -> Any:
    """The Kubernetes API with the namespace made, which enforces the `restricted` standard."""
    namespace = next(row for row in built("production") if row["kind"] == "Namespace")
    assert cluster.apply(namespace) is None
    return cluster


@pytest.mark.parametrize("overlay", sorted(overlays()))
def test_a_kubernetes_api_takes_the_overlay(room: Any, built: Built, overlay: str) -> None:
    refused = {}
    for document in built(overlay):
        answer = room.apply(document, dry_run=True)
        if answer is not None:
            refused[f"{document['kind']} {document['metadata']['name']}"] = answer
    assert refused == {}


def test_the_api_refuses_what_is_wrong(room: Any, built: Built) -> None:
    good = next(
        row
        for row in built("production")
        if row["metadata"]["name"] == "meetings-worker" and row["kind"] == "Deployment"
    )
    pod = good["spec"]["template"]["spec"]
    unknown = {**good, "spec": {**good["spec"], "replica": 2}}
    assert "replica" in room.apply(unknown, dry_run=True)
    other = {**good, "spec": {**good["spec"], "selector": {"matchLabels": {"app": "other"}}}}
    assert "selector" in room.apply(other, dry_run=True)
    rooted = {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "root", "namespace": NAMESPACE},
        "spec": {**pod, "securityContext": {"runAsUser": 0}},
    }  # fmt: skip
    assert "PodSecurity" in room.apply(rooted, dry_run=True)
    scaled = next(row for row in built("review-season") if row["kind"] == "ScaledObject")
    wrong = {**scaled, "spec": {**scaled["spec"], "minReplicas": 2}}
    assert "minReplicas" in room.apply(wrong, dry_run=True)


def test_a_pod_of_every_workload_meets_the_restricted_standard(room: Any, built: Built) -> None:
    refused = {}
    for document in built("production"):
        if document["kind"] in ("Deployment", "Job"):
            pod = {
                "apiVersion": "v1", "kind": "Pod", "spec": document["spec"]["template"]["spec"],
                "metadata": {"name": document["metadata"]["name"], "namespace": NAMESPACE},
            }  # fmt: skip
            if (answer := room.apply(pod, dry_run=True)) is not None:
                refused[document["metadata"]["name"]] = answer
    assert refused == {}


# -- supply chain --------------------------------------------------------------------------


def test_the_dockerfiles_are_linted(tool: Tool, tmp_path: Path) -> None:
    linter = tool("hadolint")
    files = [ROOT / "deploy" / "Dockerfile", ROOT / "deploy" / "compose" / "keycloak" / "Dockerfile"]
    done = subprocess.run([linter, *files], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    wrong = tmp_path / "Dockerfile"
    wrong.write_text("FROM debian\nRUN cd /\n")
    assert subprocess.run([linter, wrong], check=False, capture_output=True).returncode == 1


def test_an_audit_that_asked_nobody_says_so(supply_chain: Callable[[str], Any]) -> None:
    verdict = supply_chain("audit").verdict
    skipped = {"name": "a", "skip_reason": "not found"}
    clean = {"name": "b", "version": "1", "vulns": []}
    known = {"name": "c", "version": "2", "vulns": [{"id": "CVE-1"}]}
    assert verdict([skipped])[0] == 2
    assert "NOT RUN" in verdict([skipped])[1][0]
    assert verdict([skipped, clean]) == (0, ["audited 1 of 2 packages: 0 with known vulnerabilities"])
    assert verdict([clean, known]) == (
        1,
        ["c 2: CVE-1", "audited 2 of 2 packages: 1 with known vulnerabilities"],
    )


def test_every_locked_version_has_its_hashes() -> None:
    text = (ROOT / "requirements.lock").read_text()
    entries = re.split(r"\n(?=\S)", text.strip())
    unhashed = [entry.splitlines()[0] for entry in entries if "==" in entry and "--hash=sha256:" not in entry]
    assert unhashed == []
    assert "://" not in text
