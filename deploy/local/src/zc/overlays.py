"""The Kubernetes overlays: one machine, a province's everyday, and the season in which everybody applies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from zc.manifests import PUBLIC, kustomization
from zc.manifests_parts import Manifest, labels_of, meta
from zc.observability import PARTS
from zc.table import SERVICES, TOPICS, Service

ALERTS = Path(__file__).parents[3] / "observability" / "alerts.yml"
NAMESPACE = "title-review"
RELEASE = "0.1.0"
IN_SEASON = ("applications", "meetings", "certificates")
"""The services whose APIs everybody calls when everybody applies and votes."""
HEARING = (*IN_SEASON, "notices")
"""The services whose workers then have the most to hear."""
LAG_OF_A_WORKER = 500
"""Events that one worker may leave waiting: one batch of its consumer."""


def overlays() -> dict[str, dict[str, list[Manifest]]]:
    """Overlay → file name → its documents."""
    return {"single-node": _single_node(), "production": _production(), "review-season": _review_season()}


def _single_node() -> dict[str, list[Manifest]]:
    port = {"spec": {"type": "NodePort"}}
    one = {"spec": {"template": {"spec": {"containers": [_replication("1")]}}}}
    return {
        "kustomization.yaml": [
            kustomization(
                namespace=NAMESPACE,
                resources=["namespace.yaml", "../../base"],
                images=_images(),
                patches=[_patch("Service", "gateway", port), _patch("Job", "topics", one)],
            )
        ],
        "namespace.yaml": [_namespace()],
    }


def _production() -> dict[str, list[Manifest]]:
    """Two of everything, so that a machine may fail; APIs scale by themselves."""
    files = {
        "namespace.yaml": [_namespace()],
        "autoscaling.yaml": [_autoscaler(row.name, 2, 6) for row in SERVICES],
        "disruption.yaml": [
            *(_disruption(row, part) for row in SERVICES for part in PARTS), _gateway_disruption(),
        ],
        "routes.yaml": [_secure_route(), _redirect_route()],
        "monitors.yaml": [*(_monitor(row.name, "http") for row in SERVICES), _monitor("gateway", "ping"), _rules()],
    }  # fmt: skip
    replicas = [{"name": "gateway", "count": 2}]
    replicas += [{"name": f"{row.name}-worker", "count": 2} for row in SERVICES]
    rule = kustomization(
        namespace=NAMESPACE,
        resources=[*sorted(files), "../../base"],
        images=_images(),
        replicas=replicas,
    )
    return {"kustomization.yaml": [rule]} | files


def _review_season() -> dict[str, list[Manifest]]:
    """Production with more room for those whom everybody calls, and workers that follow their lag."""
    unsaid = [{"op": "remove", "path": "/spec/replicas"}]  # KEDA's number would be overwritten
    patches = [_patch("HorizontalPodAutoscaler", f"{name}-api", _room(4, 24)) for name in IN_SEASON]
    patches += [_patch("Deployment", f"{name}-worker", unsaid) for name in HEARING]
    patches.append(_patch("Deployment", "gateway", {"spec": {"replicas": 4}}))
    return {
        "kustomization.yaml": [
            kustomization(
                namespace=NAMESPACE, resources=["../production", "workers.yaml"], patches=patches
            )
        ],
        "workers.yaml": [_scaled_by_lag(name) for name in HEARING],
    }  # fmt: skip


def _namespace() -> Manifest:
    standard = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": standard}}


def _images() -> list[dict[str, str]]:
    """An operator changes the tag here, and the name where images come from a registry of their own."""
    return [{"name": f"title-review/{row.name}", "newTag": RELEASE} for row in SERVICES]


def _patch(kind: str, name: str, change: dict[str, Any] | list[dict[str, str]]) -> dict[str, Any]:
    if isinstance(change, dict):
        change = {"apiVersion": _VERSIONS[kind], "kind": kind, "metadata": {"name": name}} | change
    text = yaml.safe_dump(change, sort_keys=False)
    return {"target": {"kind": kind, "name": name}, "patch": text}


_VERSIONS = {
    "Service": "v1",
    "Job": "batch/v1",
    "Deployment": "apps/v1",
    "HorizontalPodAutoscaler": "autoscaling/v2",
}


def _replication(count: str) -> dict[str, Any]:
    return {"name": "topics", "env": [{"name": "KAFKA_REPLICATION", "value": count}]}


def _room(least: int, most: int) -> dict[str, Any]:
    return {"spec": {"minReplicas": least, "maxReplicas": most}}


def _autoscaler(name: str, least: int, most: int) -> Manifest:
    target = {"type": "Utilization", "averageUtilization": 70}
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": f"{name}-api"},
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
        # Voting comes in waves of an hour: what was added for one wave waits for the next.
        "behavior": {"scaleDown": {"stabilizationWindowSeconds": 900}},
    }
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": meta(f"{name}-api", name=name, component="api"),
        "spec": spec | _room(least, most)["spec"],
    }


def _scaled_by_lag(name: str) -> Manifest:
    trigger = {
        "type": "kafka",
        "metadata": {
            "bootstrapServersFromEnv": "KAFKA_BOOTSTRAP_SERVERS",
            "consumerGroup": name,
            "lagThreshold": str(LAG_OF_A_WORKER),
            "offsetResetPolicy": "earliest",
        },
    }
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": meta(f"{name}-worker", name=name, component="worker"),
        "spec": {
            "scaleTargetRef": {"name": f"{name}-worker"},
            "pollingInterval": 15,
            "cooldownPeriod": 900,
            "minReplicaCount": 2,
            # A partition is read by one worker: more than these would have nothing to do.
            "maxReplicaCount": max(topic.partitions for topic in TOPICS.values()),
            "fallback": {"failureThreshold": 4, "replicas": 4},
            "triggers": [trigger],
        },
    }


def _disruption(row: Service, part: str) -> Manifest:
    return _budget(f"{row.name}-{part}", name=row.name, component=part)


def _gateway_disruption() -> Manifest:
    return _budget("gateway", name="gateway")


def _budget(called: str, **labels: str) -> Manifest:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": meta(called, **labels),
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": labels_of(**labels)}},
    }


_HOST = PUBLIC.removeprefix("https://")


def _secure_route() -> Manifest:
    """Everything goes to the suite's own gateway, which limits and words errors as it does everywhere else."""
    rule = {
        "matches": [{"path": {"type": "PathPrefix", "value": "/"}}],
        "backendRefs": [{"name": "gateway", "port": 80}],
        "timeouts": {"request": "0s"},  # event streams stay open; the suite's gateway has limits of its own
    }
    return _route("gateway", "https", rule)


def _redirect_route() -> Manifest:
    redirect = {"scheme": "https", "statusCode": 301}
    return _route(
        "gateway-plain", "http", {"filters": [{"type": "RequestRedirect", "requestRedirect": redirect}]}
    )


def _route(called: str, section: str, rule: dict[str, Any]) -> Manifest:
    parent = {"name": "public", "namespace": "gateway", "sectionName": section}
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": meta(called, name="gateway"),
        "spec": {"parentRefs": [parent], "hostnames": [_HOST], "rules": [rule]},
    }


def _monitor(name: str, port: str) -> Manifest:
    """The labels `service` and `part` say whose a number is, as in compose."""
    relabelings = [
        {"sourceLabels": ["__meta_kubernetes_pod_label_app_kubernetes_io_name"], "targetLabel": "service"},
        {"sourceLabels": ["__meta_kubernetes_pod_label_app_kubernetes_io_component"], "targetLabel": "part"},
    ]
    endpoint = {"port": port, "path": "/metrics", "interval": "15s", "relabelings": relabelings}
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "ServiceMonitor",
        "metadata": meta(name, name=name),
        "spec": {"selector": {"matchLabels": labels_of(name=name)}, "endpoints": [endpoint]},
    }


def _rules() -> Manifest:
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": meta("title-review", name="suite"),
        "spec": yaml.safe_load(ALERTS.read_text()),
    }
