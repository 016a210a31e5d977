"""The compose file: the suite on one machine with docker, from the same table as the launcher."""

from __future__ import annotations

from typing import Any

from zc.compose_profiles import PROFILE_VOLUMES, profiles
from zc.compose_servers import AUTHORITIES, BOOTSTRAP, confined, observed, servers
from zc.table import SERVICES, TUNING, Service, Setting

INSIDE_PORT = 8000
"""Where every service listens inside its own container or pod."""
READY = f"from urllib.request import urlopen; urlopen('http://127.0.0.1:{INSIDE_PORT}/readyz', timeout=4)"
"""Ends with an error unless the service inside the container can work."""
SECRETS_FOLDER = "./deploy/compose/secrets"
"""Where `secrets.sh` draws one file for each secret."""


def compose() -> dict[str, Any]:
    """The whole file as data."""
    services = servers()
    for row in SERVICES:
        services |= _processes(row)
    services |= {"gateway": _gateway()} | profiles()
    used = sorted({name for service in services.values() for name in service.get("secrets", [])})
    return {
        "name": "title-review",
        "services": services,
        "volumes": {name: {} for name in ("postgres", "kafka", "minio", *PROFILE_VOLUMES)},
        "secrets": {name: {"file": f"{SECRETS_FOLDER}/{name}"} for name in used},
    }


def is_by_file(row: Service, setting: Setting) -> bool:
    """Whether a container reads the setting from a file; the name of a store's key is no secret here."""
    return setting.secret and setting.name != f"{row.prefix}S3_ACCESS_KEY"


def value_of(row: Service, setting: Setting) -> str:
    """What a container is told by its environment: addresses inside the network, and choices from `.env`."""
    inside = {
        "PUBLIC_BASE_URL": "${PUBLIC_BASE_URL:-http://127.0.0.1:8080}",
        "PROVINCE": "${PROVINCE:-sichuan}",
        "KAFKA_BOOTSTRAP_SERVERS": BOOTSTRAP,
        "S3_ENDPOINT": "http://minio:9000",
        "S3_PUBLIC_ENDPOINT": "${PUBLIC_BASE_URL:-http://127.0.0.1:8080}",
        "S3_REGION": "us-east-1",
        f"{row.prefix}HOST": "0.0.0.0",
        f"{row.prefix}PORT": str(INSIDE_PORT),
        f"{row.prefix}S3_ACCESS_KEY": f"zc{row.name}",
        f"{row.prefix}KAFKA_USERNAME": row.name,
    }
    inside |= {f"NOTICES_{other.name.upper()}_ADDRESS": address(other) for other in SERVICES}
    return inside.get(setting.name, f"${{{setting.name}:?}}")


def address(row: Service) -> str:
    """Where a service's API answers inside the network."""
    return f"http://{row.name}-api:{INSIDE_PORT}"


def _told(row: Service, *, migration: bool) -> dict[str, Any]:
    settings = row.settings(migration=migration)
    environment = {
        setting.name: value_of(row, setting) for setting in settings if not is_by_file(row, setting)
    }
    environment |= {setting.name: f"${{{setting.name}:-{setting.usually}}}" for setting in TUNING}
    return {
        "environment": environment | {"SECRETS_DIR": "/run/secrets"},
        "volumes": [AUTHORITIES],
        "secrets": [setting.name for setting in settings if is_by_file(row, setting)],
    }


def _processes(row: Service) -> dict[str, Any]:
    image = {
        "image": f"title-review/{row.name}:${{RELEASE:-latest}}",
        "build": {"context": ".", "dockerfile": "deploy/Dockerfile", "args": {"SERVICE": row.name}},
    } | confined("10001:10001")
    done = {"condition": "service_completed_successfully"}
    running = image | _told(row, migration=False) | {
        "restart": "unless-stopped",
        "stop_grace_period": "30s",
        "healthcheck": observed("CMD", "python", "-c", READY),
        "depends_on": dict.fromkeys((f"{row.name}-migrate", "topics", "store-keys"), done),
    }  # fmt: skip
    migrate = image | _told(row, migration=True) | {
        "command": ["migrate"],
        "depends_on": {"postgres": {"condition": "service_healthy"}},
    }  # fmt: skip
    return {
        f"{row.name}-migrate": migrate,
        f"{row.name}-api": running | {"command": ["api"]},
        f"{row.name}-worker": running | {"command": ["worker"]},
    }


def _gateway() -> dict[str, Any]:
    told = {row.address_variable: address(row) for row in SERVICES} | {"S3_ADDRESS": "http://minio:9000"}
    limits = {"GATEWAY_RATE": "${GATEWAY_RATE:-50}", "GATEWAY_BURST": "${GATEWAY_BURST:-100}"}
    return {
        "image": "traefik:v3.7.15",
        "restart": "unless-stopped",
        "entrypoint": ["/bin/sh", "/etc/traefik/start.sh"],
        "ports": ["${GATEWAY_PORT:-8080}:8080"],
        "environment": told | limits | {"OTLP_ENDPOINT": "${OTLP_ENDPOINT:-}"},
        "volumes": [
            f"./deploy/gateway/{name}:/etc/traefik/{name}:ro"
            for name in ("start.sh", "traefik.yml", "routes.yml")
        ],
        "healthcheck": observed("CMD", "wget", "-q", "--spider", "http://127.0.0.1:8099/ping"),
        "depends_on": {f"{row.name}-api": {"condition": "service_healthy"} for row in SERVICES},
    } | confined("65532:65532")
