"""The Kubernetes base: per service an API and a worker, a migration, what finds and what protects them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from zc.compose import INSIDE_PORT
from zc.table import SERVICES, SHARED, TUNING, Service

Manifest = dict[str, Any]
GATEWAY = Path(__file__).parents[3] / "gateway"
IN_SEASON = ("applications", "meetings", "certificates")
"""The services that are scaled when everybody applies and votes."""

_NO_POWERS = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
_UNPRIVILEGED = {"runAsNonRoot": True, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}}


def manifests() -> dict[str, list[Manifest]]:
    """File name → its documents."""
    files = {"settings.yaml": [_settings()], "gateway.yaml": _gateway(), "topics.yaml": [_topics()]}
    files |= {f"{row.name}.yaml": service_manifests(row) for row in SERVICES}
    return {"kustomization.yaml": [_kustomization(list(files))]} | files


def service_manifests(row: Service) -> list[Manifest]:
    """Everything of one service."""
    return [
        _migrate(row), _deployment(row, "api"), _deployment(row, "worker"), _service(row),
        *(_disruption(row, part) for part in ("api", "worker")),
        *([_autoscaler(row)] if row.name in IN_SEASON else []),
        _network(row),
    ]  # fmt: skip


def _meta(called: str, **labels: str) -> dict[str, Any]:
    return {"name": called, "labels": {"app.kubernetes.io/part-of": "title-review"} | _labels(**labels)}


def _labels(**labels: str) -> dict[str, str]:
    return {f"app.kubernetes.io/{key}": value for key, value in labels.items()}


def _kustomization(files: list[str]) -> Manifest:
    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": sorted(files),
    }


def _settings() -> Manifest:
    told = {
        "PROVINCE": "sichuan",
        "PUBLIC_BASE_URL": "https://titles.example.org",
        "KAFKA_BOOTSTRAP_SERVERS": "kafka:9092",
        "S3_ENDPOINT": "http://minio:9000",
        "S3_PUBLIC_ENDPOINT": "https://titles.example.org",
        "S3_REGION": "us-east-1",
    }
    tuned = {setting.name: setting.usually for setting in TUNING}
    assert set(told) == {setting.name for setting in SHARED if not setting.secret}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": _meta("suite", name="suite"),
        "data": told | tuned,
    }


def _container(row: Service, command: str, *, migration: bool = False) -> dict[str, Any]:
    return {
        "name": command,
        "image": f"title-review/{row.name}",
        "args": [command],
        "envFrom": [{"configMapRef": {"name": "suite"}}],
        "env": _environment(row, migration=migration),
        "securityContext": _NO_POWERS,
        "volumeMounts": [{"name": "scratch", "mountPath": "/tmp"}],
        "resources": {
            "requests": {"cpu": "100m", "memory": "256Mi"},
            "limits": {"memory": "1Gi" if row.prints else "512Mi"},
        },
    }


def _environment(row: Service, *, migration: bool) -> list[dict[str, Any]]:
    """What the ConfigMap does not say: secrets by reference, the rest by value."""
    shared = {setting.name for setting in SHARED if not setting.secret}
    plain = {f"{row.prefix}HOST": "0.0.0.0", f"{row.prefix}PORT": str(INSIDE_PORT)}
    plain |= {f"NOTICES_{other.name.upper()}_ADDRESS": f"http://{other.name}" for other in SERVICES}
    told: list[dict[str, Any]] = []
    for setting in row.settings(migration=migration):
        if setting.name in plain:
            told.append({"name": setting.name, "value": plain[setting.name]})
        elif setting.name not in shared:
            secret = "suite" if setting in SHARED else row.name
            reference = {"name": secret, "key": setting.name}
            told.append({"name": setting.name, "valueFrom": {"secretKeyRef": reference}})
    return told


def _pod(container: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "automountServiceAccountToken": False,
        "securityContext": _UNPRIVILEGED,
        "containers": [container],
        "volumes": [{"name": "scratch", "emptyDir": {}}],
    } | more


def _deployment(row: Service, part: str) -> Manifest:
    labels = {"name": row.name, "component": part}
    http = {"port": INSIDE_PORT}
    container = _container(row, part) | {
        "ports": [{"name": "http", "containerPort": INSIDE_PORT}],
        "startupProbe": {"httpGet": {"path": "/livez"} | http, "periodSeconds": 2, "failureThreshold": 60},
        "livenessProbe": {"httpGet": {"path": "/livez"} | http, "periodSeconds": 10},
        "readinessProbe": {"httpGet": {"path": "/readyz"} | http, "periodSeconds": 5, "timeoutSeconds": 5},
    }
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
    spec: dict[str, Any] = {
        "selector": {"matchLabels": _labels(**labels)},
        "strategy": rolling,
        "template": {
            "metadata": {"labels": _labels(**labels)},
            "spec": _pod(container, terminationGracePeriodSeconds=30),
        },
    }
    if not (part == "api" and row.name in IN_SEASON):  # the autoscaler's number would be overwritten
        spec["replicas"] = 2
    return {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": _meta(f"{row.name}-{part}", **labels), "spec": spec,
    }  # fmt: skip


def _migrate(row: Service) -> Manifest:
    labels = {"name": row.name, "component": "migrate"}
    pod = _pod(_container(row, "migrate", migration=True), restartPolicy="OnFailure")
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": _meta(f"{row.name}-migrate", **labels),
        "spec": {
            "backoffLimit": 6,
            "ttlSecondsAfterFinished": 600,  # so that the next release can apply it anew
            "template": {"metadata": {"labels": _labels(**labels)}, "spec": pod},
        },
    }


def _service(row: Service) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _meta(row.name, name=row.name),
        "spec": {
            "selector": _labels(name=row.name, component="api"),
            "ports": [{"name": "http", "port": 80, "targetPort": "http"}],
        },
    }


def _disruption(row: Service, part: str) -> Manifest:
    labels = {"name": row.name, "component": part}
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": _meta(f"{row.name}-{part}", **labels),
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": _labels(**labels)}},
    }


def _autoscaler(row: Service) -> Manifest:
    target = {"type": "Utilization", "averageUtilization": 70}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": _meta(f"{row.name}-api", name=row.name, component="api"),
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": f"{row.name}-api"},
            "minReplicas": 2,
            "maxReplicas": 12,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
        },
    }


def _network(row: Service) -> Manifest:
    """Only the gateway calls a service; notices also reads everybody's API document."""
    callers = [{"podSelector": {"matchLabels": _labels(name=name)}} for name in ("gateway", "notices")]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": _meta(row.name, name=row.name),
        "spec": {
            "podSelector": {"matchLabels": _labels(name=row.name)},
            "policyTypes": ["Ingress"],
            "ingress": [{"from": callers, "ports": [{"port": INSIDE_PORT}]}],
        },
    }


def _topics() -> Manifest:
    row = SERVICES[-1]
    container = _container(row, "topics") | {
        "command": ["python", "-m", "chassis.topics"],
        "args": [],
        "env": [],
    }
    container["env"] = [{"name": "KAFKA_REPLICATION", "value": "3"}]
    labels = {"name": "topics"}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": _meta("topics", **labels),
        "spec": {
            "backoffLimit": 6,
            "ttlSecondsAfterFinished": 600,
            "template": {
                "metadata": {"labels": _labels(**labels)},
                "spec": _pod(container, restartPolicy="OnFailure"),
            },
        },
    }


def _gateway() -> list[Manifest]:
    labels = {"name": "gateway"}
    told = {row.address_variable: f"http://{row.name}" for row in SERVICES}
    told |= {"S3_ADDRESS": "http://minio:9000", "GATEWAY_RATE": "50", "GATEWAY_BURST": "100"}
    files = {name: (GATEWAY / name).read_text() for name in ("traefik.yml", "routes.yml")}
    container = {
        "name": "gateway",
        "image": "traefik:v3.7",
        "env": [{"name": name, "value": value} for name, value in told.items()],
        "ports": [{"name": "web", "containerPort": 8080}],
        "readinessProbe": {"httpGet": {"path": "/ping", "port": 8099}},
        "livenessProbe": {"httpGet": {"path": "/ping", "port": 8099}},
        "securityContext": _NO_POWERS,
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}},
        "volumeMounts": [
            {"name": "files", "mountPath": "/etc/traefik", "readOnly": True},
            {"name": "scratch", "mountPath": "/tmp"},
        ],
    }
    pod = _pod(container)
    pod["volumes"].append({"name": "files", "configMap": {"name": "gateway"}})
    template = {"metadata": {"labels": _labels(**labels)}, "spec": pod}
    spec = {"replicas": 2, "selector": {"matchLabels": _labels(**labels)}, "template": template}
    ports = [{"name": "web", "port": 80, "targetPort": "web"}]
    return [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": _meta("gateway", **labels), "data": files},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": _meta("gateway", **labels), "spec": spec},
        {
            "apiVersion": "v1", "kind": "Service", "metadata": _meta("gateway", **labels),
            "spec": {"selector": _labels(**labels), "ports": ports},
        },
    ]  # fmt: skip
