"""The servers that the suite leans on, as containers."""

from __future__ import annotations

from typing import Any

from zc.table import SERVICES, TUNING, buckets

POSTGRES_IMAGE = "postgres:18.4"
BOOTSTRAP = "${KAFKA_BOOTSTRAP_SERVERS:-kafka:9092}"
AUTHORITIES = "./deploy/compose/authorities:/etc/title-review/authorities:ro"
"""Certificates of authorities that a deployment trusts, besides those that everybody does."""
TOPICS = "TOPICS_"
"""What the settings of the tool that creates topics begin with."""


def observed(*test: str) -> dict[str, Any]:
    """A health check that gives a start two minutes."""
    return {"test": list(test), "interval": "5s", "timeout": "5s", "retries": 24}


def confined(user: str, *scratch: str) -> dict[str, Any]:
    """What every container gives up: root, powers, and writing anywhere but to volumes and memory."""
    return {
        "user": user,
        "read_only": True,
        "tmpfs": ["/tmp", *scratch],
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
    }


def servers() -> dict[str, Any]:
    """Name → container, in the order of a start."""
    return {
        "postgres": _postgres(), "kafka": _kafka(), "topics": _topics(),
        "minio-folder": _minio_folder(), "minio": _minio(), "store-keys": _store_keys(),
    }  # fmt: skip


def _postgres() -> dict[str, Any]:
    addresses = [f"{row.prefix}{name}" for row in SERVICES for name in ("DATABASE_URL", "OWNER_DATABASE_URL")]
    told = {
        "POSTGRES_PASSWORD_FILE": "/run/secrets/POSTGRES_PASSWORD",
        "SERVICES": " ".join(row.name for row in SERVICES),
    }
    return {
        "image": POSTGRES_IMAGE,
        "restart": "unless-stopped",
        "command": ["postgres", "-c", "max_connections=300"],
        "stop_grace_period": "60s",
        "shm_size": "256m",
        "environment": told,
        "secrets": ["POSTGRES_PASSWORD", "KEYCLOAK_DB_PASSWORD", *addresses],
        "volumes": [
            "postgres:/var/lib/postgresql",
            "./deploy/compose/databases.sh:/docker-entrypoint-initdb.d/databases.sh:ro",
        ],
        "healthcheck": observed("CMD", "pg_isready", "-U", "postgres", "-h", "127.0.0.1"),
    } | confined("999:999", "/run/postgresql:uid=999,gid=999,mode=0775")


def _kafka() -> dict[str, Any]:
    script = "/opt/kafka/bin/kafka-broker-api-versions.sh"
    return {
        "image": "apache/kafka:4.3.0",
        "restart": "unless-stopped",
        "stop_grace_period": "60s",
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
        "healthcheck": observed("CMD", script, "--bootstrap-server", "127.0.0.1:9092"),
        # The image writes its configuration and logs below /opt/kafka when it starts.
    } | confined("1000:1000", "/opt/kafka/config:mode=1777", "/opt/kafka/logs:mode=1777")


def _topics() -> dict[str, Any]:
    told = {"KAFKA_BOOTSTRAP_SERVERS": BOOTSTRAP, "KAFKA_REPLICATION": "${KAFKA_REPLICATION:-1}"}
    told |= {row.name: f"${{{row.name}:-{row.usually}}}" for row in TUNING if row.name.startswith("KAFKA_")}
    return {
        "image": f"title-review/{SERVICES[-1].name}:${{RELEASE:-latest}}",
        "entrypoint": ["python", "-m", "chassis.topics"],
        "environment": told | {f"{TOPICS}KAFKA_USERNAME": "topics", "SECRETS_DIR": "/run/secrets"},
        "secrets": [f"{TOPICS}KAFKA_PASSWORD"],
        "volumes": [AUTHORITIES],
        "depends_on": {"kafka": {"condition": "service_healthy"}},
    } | confined("10001:10001")


def _minio_folder() -> dict[str, Any]:
    """A new volume belongs to root, and MinIO's image knows no other user: the one step that root takes."""
    return (
        {
            "image": POSTGRES_IMAGE,
            "entrypoint": ["chown", "10001:10001", "/data"],
            "network_mode": "none",
            "volumes": ["minio:/data"],
        }
        | confined("0:0")
        | {"cap_add": ["CHOWN"]}
    )


def _minio() -> dict[str, Any]:
    told = {
        "MINIO_ROOT_USER": "admin",
        "MINIO_ROOT_PASSWORD_FILE": "/run/secrets/MINIO_ROOT_PASSWORD",
        "MC_CONFIG_DIR": "/tmp/mc",
    }
    return {
        "image": "quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z",
        "restart": "unless-stopped",
        "command": ["server", "/data"],
        "environment": told,
        "secrets": ["MINIO_ROOT_PASSWORD"],
        "volumes": ["minio:/data"],
        "healthcheck": observed("CMD", "mc", "ready", "local"),
        "depends_on": {"minio-folder": {"condition": "service_completed_successfully"}},
    } | confined("10001:10001")


def _store_keys() -> dict[str, Any]:
    told = {
        "SERVICES": " ".join(row.name for row in SERVICES),
        "BUCKETS": " ".join(buckets()),
        "MC_CONFIG_DIR": "/tmp/mc",
    } | {f"key_{row.name}": f"{row.prefix}S3_SECRET_KEY" for row in SERVICES}
    told |= {f"reads_{row.name}": " ".join(row.reads) for row in SERVICES if row.reads}
    return {
        "image": "quay.io/minio/mc:RELEASE.2025-08-13T08-35-41Z",
        "entrypoint": ["/bin/sh", "/store-keys.sh"],
        "environment": told,
        "secrets": ["MINIO_ROOT_PASSWORD", *(f"{row.prefix}S3_SECRET_KEY" for row in SERVICES)],
        "volumes": ["./deploy/compose/store-keys.sh:/store-keys.sh:ro"],
        "depends_on": {"minio": {"condition": "service_healthy"}},
    } | confined("10001:10001")
