"""The manifests are what a cluster takes: valid, without powers, and talking to nobody they need not talk to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import kubernetes_validate
import pytest
import yaml
from zc.compose import INSIDE_PORT
from zc.deployables import ROOT
from zc.manifests import manifests, service_manifests
from zc.overlays import HEARING, IN_SEASON, LAG_OF_A_WORKER, overlays
from zc.table import SERVICES, SHARED, TOPICS, Service

Documents = dict[str, list[dict[str, Any]]]
OF_OTHERS = {"HTTPRoute", "ScaledObject", "ServiceMonitor", "PrometheusRule", "Kustomization"}
"""Kinds that Kubernetes itself does not know; `make test-deploy` asks their own schemas."""
CORE = "1.35"


def every() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every document of base and overlays, with where it lies."""
    for folder, named in {"base": manifests(), **overlays()}.items():
        for file, documents in named.items():
            for document in documents:
                yield f"{folder}/{file}", document


def of_kind(kind: str) -> list[dict[str, Any]]:
    """Every document of the kind."""
    return [document for _, document in every() if document["kind"] == kind]


def pods() -> list[tuple[str, dict[str, Any]]]:
    """Every pod that the manifests start, by the name of what starts it."""
    starting = [*of_kind("Deployment"), *of_kind("Job")]
    return [(row["metadata"]["name"], row["spec"]["template"]["spec"]) for row in starting]


@pytest.mark.parametrize("place", sorted({place for place, _ in every()}))
def test_kubernetes_would_take_the_manifests(place: str) -> None:
    text = (
        ROOT / "deploy" / "k8s" / (place if place.startswith("base") else f"overlays/{place}")
    ).read_text()
    for document in yaml.safe_load_all(text):
        if document["kind"] not in OF_OTHERS:
            kubernetes_validate.validate(document, CORE, strict=True)


def test_a_mistake_would_be_noticed() -> None:
    document = dict(service_manifests(SERVICES[0])[1])
    document["spec"] = document["spec"] | {"replica": 2}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(document, CORE, strict=True)


@pytest.mark.parametrize(("name", "pod"), pods(), ids=[name for name, _ in pods()])
def test_a_pod_meets_the_restricted_standard(name: str, pod: dict[str, Any]) -> None:
    secure = pod["securityContext"]
    assert secure["runAsNonRoot"] is True
    assert secure["runAsUser"] > 0
    assert secure["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert {next(iter(set(volume) - {"name"})) for volume in pod["volumes"]} <= {
        "emptyDir", "projected", "configMap",
    }  # fmt: skip
    for container in pod["containers"]:
        powers = container["securityContext"]
        assert powers["allowPrivilegeEscalation"] is False
        assert powers["capabilities"] == {"drop": ["ALL"]}
        assert powers["readOnlyRootFilesystem"] is True
        assert "memory" in container["resources"]["limits"]
        mounted = {mount["name"] for mount in container["volumeMounts"]}
        assert mounted == {volume["name"] for volume in pod["volumes"]}


def test_every_namespace_enforces_the_restricted_standard() -> None:
    for namespace in of_kind("Namespace"):
        assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    for name, files in overlays().items():
        (rule,) = files["kustomization.yaml"]
        (namespace,) = of_kind("Namespace")[:1]
        assert rule["namespace"] == namespace["metadata"]["name"], name


@pytest.mark.parametrize("row", SERVICES, ids=lambda row: row.name)
def test_a_selector_finds_its_own_pods_only(row: Service) -> None:
    deployments = [document for document in service_manifests(row) if document["kind"] == "Deployment"]
    for deployment in deployments:
        assert (
            deployment["spec"]["selector"]["matchLabels"]
            == deployment["spec"]["template"]["metadata"]["labels"]
        )
    named = {d["metadata"]["name"]: d["spec"]["template"]["metadata"]["labels"] for d in deployments}
    for service in (d for d in service_manifests(row) if d["kind"] == "Service"):
        found = {
            name for name, labels in named.items() if service["spec"]["selector"].items() <= labels.items()
        }
        part = "worker" if service["metadata"]["name"].endswith("-worker") else "api"
        assert found == {f"{row.name}-{part}"}


@pytest.mark.parametrize("row", SERVICES, ids=lambda row: row.name)
def test_only_the_migration_can_own_the_tables(row: Service) -> None:
    for document in service_manifests(row):
        if document["kind"] in ("Deployment", "Job"):
            owner = f"{row.prefix}OWNER_DATABASE_URL" in str(document)
            assert owner is (document["kind"] == "Job")


# -- who talks to whom ---------------------------------------------------------------


def policies() -> dict[str, dict[str, Any]]:
    """Every network policy by its name."""
    return {row["metadata"]["name"]: row["spec"] for row in of_kind("NetworkPolicy")}


def test_nobody_talks_to_anybody_unless_it_is_said() -> None:
    nobody = policies()["nobody"]
    assert nobody == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "ingress": [], "egress": []}


def test_every_pod_has_a_policy_of_its_own() -> None:
    chosen = [row["podSelector"].get("matchLabels", {}) for name, row in policies().items()]
    for document in (*of_kind("Deployment"), *of_kind("Job")):
        labels = document["spec"]["template"]["metadata"]["labels"]
        assert any(wanted and wanted.items() <= labels.items() for wanted in chosen)


@pytest.mark.parametrize("row", SERVICES, ids=lambda row: row.name)
def test_a_service_is_called_by_the_gateway_notices_and_prometheus_alone(row: Service) -> None:
    (rule,) = policies()[row.name]["ingress"]
    assert rule["ports"] == [{"port": INSIDE_PORT}]
    callers = [next(iter(row.values()))["matchLabels"] for row in rule["from"]]
    assert [next(iter(labels.values())) for labels in callers] == ["gateway", "notices", "monitoring"]


def test_services_reach_their_servers_and_two_of_them_the_world() -> None:
    for row in SERVICES:
        ports = {p["port"] for rule in policies()[row.name]["egress"] for p in rule["ports"]}
        servers = {5432, 9092, 9000, 4318}
        assert ports == servers | {"identity": {443}, "certificates": {443}, "notices": {INSIDE_PORT}}.get(
            row.name, set()
        )


# -- overlays ---------------------------------------------------------------------------


def test_every_overlay_says_which_release_of_every_image() -> None:
    for name in ("single-node", "production"):
        (rule,) = overlays()[name]["kustomization.yaml"]
        assert {row["name"] for row in rule["images"]} == {f"title-review/{row.name}" for row in SERVICES}
    (season,) = overlays()["review-season"]["kustomization.yaml"]
    assert "../production" in season["resources"]


def test_a_patch_finds_what_it_changes() -> None:
    base = {
        (d["kind"], d["metadata"]["name"]) for rows in manifests().values() for d in rows if "metadata" in d
    }
    production = base | {
        (d["kind"], d["metadata"]["name"])
        for rows in overlays()["production"].values()
        for d in rows
        if "metadata" in d
    }
    for name, known in (("single-node", base), ("production", base), ("review-season", production)):
        (rule,) = overlays()[name]["kustomization.yaml"]
        for patch in rule.get("patches", []):
            assert (patch["target"]["kind"], patch["target"]["name"]) in known
        for row in rule.get("replicas", []):
            assert ("Deployment", row["name"]) in known


def test_who_is_scaled_by_a_machine_is_given_no_number() -> None:
    (production,) = overlays()["production"]["kustomization.yaml"]
    counted = {row["name"] for row in production["replicas"]}
    scaled = {row["spec"]["scaleTargetRef"]["name"] for row in of_kind("HorizontalPodAutoscaler")}
    assert scaled == {f"{row.name}-api" for row in SERVICES}
    assert not counted & scaled
    (season,) = overlays()["review-season"]["kustomization.yaml"]
    unsaid = {p["target"]["name"] for p in season["patches"] if "/spec/replicas" in p["patch"]}
    followed = {row["spec"]["scaleTargetRef"]["name"] for row in of_kind("ScaledObject")}
    assert followed == unsaid == {f"{name}-worker" for name in HEARING}
    assert followed <= counted  # else there were nothing to remove


def test_workers_follow_the_lag_of_the_group_that_they_are() -> None:
    for scaled in of_kind("ScaledObject"):
        (trigger,) = scaled["spec"]["triggers"]
        name = scaled["metadata"]["name"].removesuffix("-worker")
        assert trigger["type"] == "kafka"
        assert trigger["metadata"]["consumerGroup"] == name  # `broker_for` joins under the service's name
        assert trigger["metadata"]["lagThreshold"] == str(LAG_OF_A_WORKER)
        assert trigger["metadata"]["bootstrapServersFromEnv"] in {setting.name for setting in SHARED}
        assert scaled["spec"]["maxReplicaCount"] == max(topic.partitions for topic in TOPICS.values())


def test_in_season_there_is_more_room_than_on_other_days() -> None:
    everyday = {row["metadata"]["name"]: row["spec"] for row in of_kind("HorizontalPodAutoscaler")}
    (season,) = overlays()["review-season"]["kustomization.yaml"]
    for patch in season["patches"]:
        if patch["target"]["kind"] == "HorizontalPodAutoscaler":
            change = yaml.safe_load(patch["patch"])["spec"]
            before = everyday[patch["target"]["name"]]
            assert change["minReplicas"] > before["minReplicas"]
            assert change["maxReplicas"] > before["maxReplicas"]
    assert set(IN_SEASON) <= set(HEARING)


def test_a_machine_may_fail_in_production() -> None:
    (production,) = overlays()["production"]["kustomization.yaml"]
    assert {row["count"] for row in production["replicas"]} == {2}
    assert {row["spec"]["minReplicas"] for row in of_kind("HorizontalPodAutoscaler")} == {2}
    guarded = [row["spec"]["selector"]["matchLabels"] for row in of_kind("PodDisruptionBudget")]
    for deployment in of_kind("Deployment"):
        assert deployment["spec"]["selector"]["matchLabels"] in guarded


def test_the_world_reaches_the_suites_own_gateway_only() -> None:
    services = {row["metadata"]["name"]: row["spec"]["ports"] for row in of_kind("Service")}
    for route in of_kind("HTTPRoute"):
        for rule in route["spec"]["rules"]:
            for backend in rule.get("backendRefs", []):
                assert backend["name"] == "gateway"
                assert backend["port"] in {port["port"] for port in services["gateway"]}
    (settings,) = manifests()["settings.yaml"]
    assert {host for route in of_kind("HTTPRoute") for host in route["spec"]["hostnames"]} == {
        settings["data"]["PUBLIC_BASE_URL"].removeprefix("https://")
    }


def test_prometheus_is_led_to_every_process() -> None:
    measured: set[str] = set()
    for monitor in of_kind("ServiceMonitor"):
        wanted = monitor["spec"]["selector"]["matchLabels"]
        (endpoint,) = monitor["spec"]["endpoints"]
        for service in of_kind("Service"):
            ports = {port["name"] for port in service["spec"]["ports"]}
            if wanted.items() <= service["metadata"]["labels"].items() and endpoint["port"] in ports:
                measured.add(service["metadata"]["name"])
    assert measured == {row["metadata"]["name"] for row in of_kind("Service")}


def test_kubernetes_and_compose_alert_by_the_same_rules() -> None:
    (rules,) = of_kind("PrometheusRule")
    assert rules["spec"] == yaml.safe_load((ROOT / "deploy" / "observability" / "alerts.yml").read_text())
