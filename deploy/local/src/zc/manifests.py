"""The Kubernetes base: per service an API and a worker, a migration, and who may talk to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from zc.compose import INSIDE_PORT
from zc.manifests_network import gateway_policy, service_policy, shared_policies
from zc.manifests_parts import AUTHORITIES, TRUSTING, Manifest, job, labels_of, meta, pod, projection
from zc.observability import PARTS
from zc.table import SERVICES, SHARED, TUNING, Service

GATEWAY = Path(__file__).parents[3] / "gateway"
PUBLIC = "https://titles.example.org"
SECRETS = "/run/secrets"


def manifests() -> dict[str, list[Manifest]]:
    """File name → its documents."""
    files = {
        "settings.yaml": [_settings()],
        "network.yaml": shared_policies(),
        "gateway.yaml": _gateway(),
        "topics.yaml": [_topics()],
    }
    files |= {f"{row.name}.yaml": service_manifests(row) for row in SERVICES}
    return {"kustomization.yaml": [kustomization(resources=sorted(files))]} | files


def service_manifests(row: Service) -> list[Manifest]:
    """Everything of one service."""
    return [
        _migrate(row), *(_deployment(row, part) for part in PARTS), *(_service(row, part) for part in PARTS),
        service_policy(row),
    ]  # fmt: skip


def kustomization(**fields: Any) -> Manifest:
    """What kustomize reads."""
    return {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", **fields}


def _settings() -> Manifest:
    told = {
        "PROVINCE": "sichuan",
        "PUBLIC_BASE_URL": PUBLIC,
        "KAFKA_BOOTSTRAP_SERVERS": "kafka:9092",
        "S3_ENDPOINT": "http://minio:9000",
        "S3_PUBLIC_ENDPOINT": PUBLIC,
        "S3_REGION": "us-east-1",
    }
    assert set(told) == {setting.name for setting in SHARED if not setting.secret}
    tuned = {setting.name: setting.usually for setting in TUNING}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": meta("suite", name="suite"),
        "data": told | tuned,
    }


def _pod(row: Service, command: str, **more: Any) -> dict[str, Any]:
    """A pod of the service, with its secrets as files and the rest from the ConfigMap and by value."""
    migration = command == "migrate"
    container = {
        "name": command,
        "image": f"title-review/{row.name}",
        "args": [command],
        "envFrom": [{"configMapRef": {"name": "suite"}}],
        "env": [{"name": name, "value": value} for name, value in _values(row).items()],
        "volumeMounts": [{"name": "secrets", "mountPath": SECRETS, "readOnly": True}, TRUSTING],
        "resources": {
            "requests": {"cpu": "100m", "memory": "256Mi", "ephemeral-storage": "64Mi"},
            "limits": {"memory": "1Gi" if row.prints else "512Mi"},
        },
    }
    volumes = (_secrets(row, migration=migration), AUTHORITIES)
    return pod(container | more.pop("container", {}), *volumes, **more)


def _values(row: Service) -> dict[str, str]:
    shared = {setting.name for setting in SHARED}
    known = {"SECRETS_DIR": SECRETS, f"{row.prefix}HOST": "0.0.0.0", f"{row.prefix}PORT": str(INSIDE_PORT)}
    known[f"{row.prefix}KAFKA_USERNAME"] = row.name
    known |= {f"NOTICES_{other.name.upper()}_ADDRESS": f"http://{other.name}" for other in SERVICES}
    wanted = {s.name for s in row.settings() if not s.secret and s.name not in shared and s.name in known}
    return {name: value for name, value in known.items() if name in wanted | {"SECRETS_DIR"}}


def _secrets(row: Service, *, migration: bool) -> dict[str, Any]:
    """One file for each setting that only the operator knows; the owner's address goes to the migration alone."""
    shared = {setting.name for setting in SHARED if not setting.secret}
    said = shared | set(_values(row))
    settings = [setting for setting in row.settings(migration=migration) if setting.name not in said]
    common = {setting.name for setting in SHARED}
    projected = [
        projection(secret, [s.name for s in chosen if s.optional is optional], optional=optional)
        for optional in (False, True)
        for secret, chosen in (
            ("suite", [s for s in settings if s.name in common]),
            (row.name, [s for s in settings if s.name not in common]),
        )
    ]
    return {"name": "secrets", "projected": {"defaultMode": 0o440, "sources": projected}}


def _deployment(row: Service, part: str) -> Manifest:
    labels = {"name": row.name, "component": part}
    http = {"port": INSIDE_PORT}
    probes = {
        "ports": [{"name": "http", "containerPort": INSIDE_PORT}],
        "startupProbe": {"httpGet": {"path": "/livez"} | http, "periodSeconds": 2, "failureThreshold": 60},
        "livenessProbe": {"httpGet": {"path": "/livez"} | http, "periodSeconds": 10},
        "readinessProbe": {"httpGet": {"path": "/readyz"} | http, "periodSeconds": 5, "timeoutSeconds": 5},
    }
    spread = {
        "maxSkew": 1,
        "topologyKey": "kubernetes.io/hostname",
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": labels_of(**labels)},
    }
    template = {
        "metadata": {"labels": labels_of(**labels)},
        "spec": _pod(
            row, part, container=probes, terminationGracePeriodSeconds=30, topologySpreadConstraints=[spread]
        ),
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": meta(f"{row.name}-{part}", **labels),
        "spec": {
            "selector": {"matchLabels": labels_of(**labels)},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
            "template": template,
        },
    }


def _migrate(row: Service) -> Manifest:
    return job(f"{row.name}-migrate", _pod(row, "migrate"), name=row.name, component="migrate")


def _service(row: Service, part: str) -> Manifest:
    """The API under the service's name; the worker without an address of its own, to be measured."""
    api = part == "api"
    spec: dict[str, Any] = {"selector": labels_of(name=row.name, component=part)}
    spec |= {} if api else {"clusterIP": "None"}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": meta(row.name if api else f"{row.name}-{part}", name=row.name, component=part),
        "spec": spec
        | {"ports": [{"name": "http", "port": 80 if api else INSIDE_PORT, "targetPort": "http"}]},
    }


def _topics() -> Manifest:
    told = {"KAFKA_REPLICATION": "3", "TOPICS_KAFKA_USERNAME": "topics", "SECRETS_DIR": SECRETS}
    container = {
        "name": "topics",
        "image": f"title-review/{SERVICES[-1].name}",
        "command": ["python", "-m", "chassis.topics"],
        "envFrom": [{"configMapRef": {"name": "suite"}}],
        "env": [{"name": name, "value": value} for name, value in told.items()],
        "volumeMounts": [{"name": "secrets", "mountPath": SECRETS, "readOnly": True}, TRUSTING],
        "resources": {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
    }
    password = projection("topics", ["TOPICS_KAFKA_PASSWORD"], optional=True)
    secrets = {"name": "secrets", "projected": {"defaultMode": 0o440, "sources": [password]}}
    return job("topics", pod(container, secrets, AUTHORITIES), name="topics")


def _gateway() -> list[Manifest]:
    labels = {"name": "gateway"}
    told = {row.address_variable: f"http://{row.name}" for row in SERVICES}
    told |= {"S3_ADDRESS": "http://minio:9000", "GATEWAY_RATE": "50", "GATEWAY_BURST": "100"}
    files = {name: (GATEWAY / name).read_text() for name in ("start.sh", "traefik.yml", "routes.yml")}
    collector = {"configMapKeyRef": {"name": "suite", "key": "OTLP_ENDPOINT"}}
    container = {
        "name": "gateway",
        "image": "traefik:v3.7.15",
        "command": ["/bin/sh", "/etc/traefik/start.sh"],
        "env": [
            *({"name": name, "value": value} for name, value in told.items()),
            {"name": "OTLP_ENDPOINT", "valueFrom": collector},
        ],
        "ports": [{"name": "web", "containerPort": 8080}, {"name": "ping", "containerPort": 8099}],
        "readinessProbe": {"httpGet": {"path": "/ping", "port": 8099}},
        "livenessProbe": {"httpGet": {"path": "/ping", "port": 8099}},
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}},
        "volumeMounts": [{"name": "files", "mountPath": "/etc/traefik", "readOnly": True}],
    }
    template = {
        "metadata": {"labels": labels_of(**labels)},
        "spec": pod(container, {"name": "files", "configMap": {"name": "gateway"}}),
    }
    spec = {"selector": {"matchLabels": labels_of(**labels)}, "template": template}
    ports = [{"name": name, "port": port, "targetPort": name} for name, port in (("web", 80), ("ping", 8099))]
    return [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta("gateway", **labels), "data": files},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta("gateway", **labels), "spec": spec},
        {
            "apiVersion": "v1", "kind": "Service", "metadata": meta("gateway", **labels),
            "spec": {"selector": labels_of(**labels), "ports": ports},
        },
        gateway_policy(),
    ]  # fmt: skip
