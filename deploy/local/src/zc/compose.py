"""The compose file: the suite on one machine with docker, from the same table as the launcher."""

from __future__ import annotations

from typing import Any

from zc.table import SERVICES, Service, Setting, buckets

INSIDE_PORT = 8000
"""Where every service listens inside its own container or pod."""
READY = f"from urllib.request import urlopen; urlopen('http://127.0.0.1:{INSIDE_PORT}/readyz', timeout=4)"
"""Ends with an error unless the service inside the container can work."""
_OBSERVED = {"interval": "5s", "timeout": "5s", "retries": 24}


def compose() -> dict[str, Any]:
    """The whole file as data."""
    services: dict[str, Any] = {
        "postgres": _postgres(), "kafka": _kafka(), "topics": _topics(), "minio": _minio(), "store-keys": _store_keys(),
    }  # fmt: skip
    for row in SERVICES:
        services |= _processes(row)
    services["gateway"] = _gateway()
    return {
        "name": "title-review",
        "services": services,
        "volumes": {"postgres": {}, "kafka": {}, "minio": {}},
    }


def value_of(row: Service, setting: Setting) -> str:
    """What a container is told: addresses inside the network, and secrets from `.env`."""
    inside = {
        "PUBLIC_BASE_URL": "${PUBLIC_BASE_URL:-http://127.0.0.1:8080}",
        "PROVINCE": "${PROVINCE:-sichuan}",
        "KAFKA_BOOTSTRAP_SERVERS": "kafka:9092",
        "S3_ENDPOINT": "http://minio:9000",
        "S3_PUBLIC_ENDPOINT": "${PUBLIC_BASE_URL:-http://127.0.0.1:8080}",
        "S3_REGION": "us-east-1",
        f"{row.prefix}HOST": "0.0.0.0",
        f"{row.prefix}PORT": str(INSIDE_PORT),
        f"{row.prefix}DATABASE_URL": _database(row, row.app, "DB_PASSWORD"),
        f"{row.prefix}OWNER_DATABASE_URL": _database(row, row.owner, "DB_OWNER_PASSWORD"),
        f"{row.prefix}S3_ACCESS_KEY": f"zc{row.name}",
    }
    inside |= {f"NOTICES_{other.name.upper()}_ADDRESS": address(other) for other in SERVICES}
    return inside.get(setting.name, f"${{{setting.name}:?}}")


def _database(row: Service, role: str, password: str) -> str:
    return f"postgresql://{role}:${{{row.prefix}{password}:?}}@postgres:5432/{row.database}"


def address(row: Service) -> str:
    """Where a service's API answers inside the network."""
    return f"http://{row.name}-api:{INSIDE_PORT}"


def _processes(row: Service) -> dict[str, Any]:
    image = {
        "image": f"title-review/{row.name}",
        "build": {"context": ".", "dockerfile": "deploy/Dockerfile", "args": {"SERVICE": row.name}},
    }
    told = {setting.name: value_of(row, setting) for setting in row.settings()}
    running = image | {
        "restart": "unless-stopped",
        "read_only": True,
        "tmpfs": ["/tmp"],
        "environment": told,
        "healthcheck": _OBSERVED | {"test": ["CMD", "python", "-c", READY]},
        "depends_on": {
            f"{row.name}-migrate": {"condition": "service_completed_successfully"},
            "topics": {"condition": "service_completed_successfully"},
            "store-keys": {"condition": "service_completed_successfully"},
        },
    }
    migrate = image | {
        "command": ["migrate"],
        "environment": {setting.name: value_of(row, setting) for setting in row.settings(migration=True)},
        "depends_on": {"postgres": {"condition": "service_healthy"}},
    }
    return {
        f"{row.name}-migrate": migrate,
        f"{row.name}-api": running | {"command": ["api"]},
        f"{row.name}-worker": running | {"command": ["worker"]},
    }


def _postgres() -> dict[str, Any]:
    passwords = {
        f"{row.prefix}{name}": f"${{{row.prefix}{name}:?}}"
        for row in SERVICES
        for name in ("DB_PASSWORD", "DB_OWNER_PASSWORD")
    }
    names = " ".join(row.name for row in SERVICES)
    return {
        "image": "postgres:18",
        "restart": "unless-stopped",
        "command": ["postgres", "-c", "max_connections=300"],
        "environment": {"POSTGRES_PASSWORD": "${POSTGRES_PASSWORD:?}", "SERVICES": names} | passwords,
        "volumes": [
            "postgres:/var/lib/postgresql",
            "./deploy/compose/databases.sh:/docker-entrypoint-initdb.d/databases.sh:ro",
        ],
        "healthcheck": _OBSERVED | {"test": ["CMD", "pg_isready", "-U", "postgres", "-h", "127.0.0.1"]},
    }


def _kafka() -> dict[str, Any]:
    script = "/opt/kafka/bin/kafka-broker-api-versions.sh"
    return {
        "image": "apache/kafka:4.3.0",
        "restart": "unless-stopped",
        "environment": {
            "KAFKA_NODE_ID": "1",
            "KAFKA_PROCESS_ROLES": "broker,controller",
            "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@kafka:9093",
            "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
            "KAFKA_LISTENERS": "PLAINTEXT://:9092,CONTROLLER://:9093",
            "KAFKA_ADVERTISED_LISTENERS": "PLAINTEXT://kafka:9092",
            "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
            "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
            "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
            "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
            "KAFKA_LOG_RETENTION_MS": "-1",
            "KAFKA_LOG_DIRS": "/var/lib/kafka/data",
        },
        "volumes": ["kafka:/var/lib/kafka/data"],
        "healthcheck": _OBSERVED | {"test": ["CMD", script, "--bootstrap-server", "127.0.0.1:9092"]},
    }


def _topics() -> dict[str, Any]:
    return {
        "image": f"title-review/{SERVICES[-1].name}",
        "entrypoint": ["python", "-m", "chassis.topics"],
        "environment": {"KAFKA_BOOTSTRAP_SERVERS": "kafka:9092"},
        "depends_on": {"kafka": {"condition": "service_healthy"}},
    }


def _minio() -> dict[str, Any]:
    return {
        "image": "quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z",
        "restart": "unless-stopped",
        "command": ["server", "/data"],
        "environment": {"MINIO_ROOT_USER": "admin", "MINIO_ROOT_PASSWORD": "${MINIO_ROOT_PASSWORD:?}"},
        "volumes": ["minio:/data"],
        "healthcheck": _OBSERVED | {"test": ["CMD", "mc", "ready", "local"]},
    }


def _store_keys() -> dict[str, Any]:
    keys = {f"key_{row.name}": f"${{{row.prefix}S3_SECRET_KEY:?}}" for row in SERVICES}
    told = {"SERVICES": " ".join(row.name for row in SERVICES), "BUCKETS": " ".join(buckets())}
    return {
        "image": "quay.io/minio/mc:RELEASE.2025-08-13T08-35-41Z",
        "entrypoint": ["/bin/sh", "/store-keys.sh"],
        "environment": {"MINIO_ROOT_PASSWORD": "${MINIO_ROOT_PASSWORD:?}"} | told | keys,
        "volumes": ["./deploy/compose/store-keys.sh:/store-keys.sh:ro"],
        "depends_on": {"minio": {"condition": "service_healthy"}},
    }


def _gateway() -> dict[str, Any]:
    told = {row.address_variable: address(row) for row in SERVICES} | {"S3_ADDRESS": "http://minio:9000"}
    limits = {"GATEWAY_RATE": "${GATEWAY_RATE:-50}", "GATEWAY_BURST": "${GATEWAY_BURST:-100}"}
    return {
        "image": "traefik:v3.7",
        "restart": "unless-stopped",
        "ports": ["${GATEWAY_PORT:-8080}:8080"],
        "environment": told | limits,
        "volumes": [
            "./deploy/gateway/traefik.yml:/etc/traefik/traefik.yml:ro",
            "./deploy/gateway/routes.yml:/etc/traefik/routes.yml:ro",
        ],
        "healthcheck": _OBSERVED | {"test": ["CMD", "wget", "-q", "--spider", "http://127.0.0.1:8099/ping"]},
        "depends_on": {f"{row.name}-api": {"condition": "service_healthy"} for row in SERVICES},
    }
