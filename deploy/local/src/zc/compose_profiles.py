"""What an operator adds by choice: `sso`, an identity platform, and `observability`."""

from __future__ import annotations

from typing import Any

from zc.compose_servers import confined, observed

PROFILE_VOLUMES = ("prometheus", "grafana", "tempo")
WITHOUT_SHELL = ("collector", "tempo")
"""Containers whose images hold nothing that could ask after their health."""
_KEYCLOAK_PORT = 8180
_START = (
    "export KC_DB_PASSWORD=$$(cat /run/secrets/KEYCLOAK_DB_PASSWORD)"
    " KC_BOOTSTRAP_ADMIN_PASSWORD=$$(cat /run/secrets/KEYCLOAK_ADMIN_PASSWORD)"
    " PLATFORM_CLIENT_SECRET=$$(cat /run/secrets/IDENTITY_PLATFORM_CLIENT_SECRET);"
    " exec /opt/keycloak/bin/kc.sh start --optimized --import-realm"
)
_KEYCLOAK_READY = (
    "exec 3<>/dev/tcp/127.0.0.1/9000 && printf 'GET /health/ready HTTP/1.0\\r\\n\\r\\n' >&3"
    " && read -r line <&3 && [[ $$line == *' 200 '* ]]"
)


def profiles() -> dict[str, Any]:
    """Name → container, each in its profile."""
    return {
        "keycloak": _keycloak(), "collector": _collector(), "tempo": _tempo(),
        "node-exporter": _node_exporter(), "prometheus": _prometheus(), "grafana": _grafana(),
    }  # fmt: skip


def _keycloak() -> dict[str, Any]:
    """Browsers and identity must reach it under one name, for the issuer is compared."""
    return {
        "profiles": ["sso"],
        "image": "title-review/keycloak:26.4.0",
        "build": {"context": "deploy/compose/keycloak"},
        "restart": "unless-stopped",
        "entrypoint": ["/bin/bash", "-c", _START],
        "environment": {
            "KC_DB_URL": "jdbc:postgresql://postgres:5432/keycloak",
            "KC_DB_USERNAME": "keycloak",
            "KC_BOOTSTRAP_ADMIN_USERNAME": "admin",
            "KC_HOSTNAME": "${SSO_URL:-http://sso.localhost:8180}",
            "KC_HTTP_ENABLED": "true",
            "KC_HTTP_PORT": str(_KEYCLOAK_PORT),
            "PUBLIC_BASE_URL": "${PUBLIC_BASE_URL:-http://127.0.0.1:8080}",
        },
        "secrets": ["KEYCLOAK_DB_PASSWORD", "KEYCLOAK_ADMIN_PASSWORD", "IDENTITY_PLATFORM_CLIENT_SECRET"],
        "ports": [f"${{SSO_PORT:-127.0.0.1:8180}}:{_KEYCLOAK_PORT}"],
        "networks": {"default": {"aliases": ["sso.localhost"]}},
        "volumes": ["./deploy/compose/keycloak/realm.json:/opt/keycloak/data/import/realm.json:ro"],
        "healthcheck": observed("CMD", "/bin/bash", "-c", _KEYCLOAK_READY),
        "depends_on": {"postgres": {"condition": "service_healthy"}},
    } | confined("1000:0", "/opt/keycloak/data:uid=1000,mode=0770")


def _collector() -> dict[str, Any]:
    return {
        "profiles": ["observability"],
        "image": "otel/opentelemetry-collector-contrib:0.138.0",
        "restart": "unless-stopped",
        "command": ["--config=/etc/otelcol/config.yml"],
        "volumes": ["./deploy/observability/collector.yml:/etc/otelcol/config.yml:ro"],
        "depends_on": {"tempo": {"condition": "service_started"}},
    } | confined("10001:10001")


def _tempo() -> dict[str, Any]:
    return {
        "profiles": ["observability"],
        "image": "grafana/tempo:2.8.2",
        "restart": "unless-stopped",
        "command": ["-config.file=/etc/tempo.yml"],
        "volumes": ["./deploy/observability/tempo.yml:/etc/tempo.yml:ro", "tempo:/var/tempo"],
    } | confined("10001:10001")


def _node_exporter() -> dict[str, Any]:
    """Sees the disks of the machine, which hold every volume."""
    return {
        "profiles": ["observability"],
        "image": "prom/node-exporter:v1.9.1",
        "restart": "unless-stopped",
        "command": ["--path.rootfs=/host", "--collector.disable-defaults", "--collector.filesystem"],
        "volumes": ["/:/host:ro,rslave"],
        "healthcheck": observed("CMD", "wget", "-q", "--spider", "http://127.0.0.1:9100/metrics"),
    } | confined("65534:65534")


def _prometheus() -> dict[str, Any]:
    return {
        "profiles": ["observability"],
        "image": "prom/prometheus:v3.5.0",
        "restart": "unless-stopped",
        "command": [
            "--config.file=/etc/prometheus/prometheus.yml",
            "--storage.tsdb.path=/prometheus",
            "--storage.tsdb.retention.time=30d",
        ],
        "volumes": [
            "./deploy/observability/prometheus.yml:/etc/prometheus/prometheus.yml:ro",
            "./deploy/observability/alerts.yml:/etc/prometheus/alerts.yml:ro",
            "prometheus:/prometheus",
        ],
        "healthcheck": observed("CMD", "wget", "-q", "--spider", "http://127.0.0.1:9090/-/ready"),
    } | confined("65534:65534")


def _grafana() -> dict[str, Any]:
    return {
        "profiles": ["observability"],
        "image": "grafana/grafana:12.2.0",
        "restart": "unless-stopped",
        "environment": {
            "GF_SECURITY_ADMIN_PASSWORD__FILE": "/run/secrets/GRAFANA_ADMIN_PASSWORD",
            "GF_SERVER_ROOT_URL": "${GRAFANA_URL:-http://127.0.0.1:3000}",
            "GF_ANALYTICS_REPORTING_ENABLED": "false",
            "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
            "GF_USERS_DEFAULT_LANGUAGE": "zh-Hans",
            "GF_LOG_MODE": "console",
        },
        "secrets": ["GRAFANA_ADMIN_PASSWORD"],
        "ports": ["${GRAFANA_PORT:-127.0.0.1:3000}:3000"],
        "volumes": [
            "./deploy/observability/grafana:/etc/grafana/provisioning:ro",
            "./deploy/observability/dashboards:/var/lib/dashboards:ro",
            "grafana:/var/lib/grafana",
        ],
        "healthcheck": observed("CMD", "wget", "-q", "--spider", "http://127.0.0.1:3000/api/health"),
        "depends_on": {"prometheus": {"condition": "service_healthy"}},
    } | confined("472:0")
