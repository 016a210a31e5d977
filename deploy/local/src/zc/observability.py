"""What is generated for those who watch: whom Prometheus asks, and a gateway that counts and traces."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from zc.compose import INSIDE_PORT
from zc.table import SERVICES

GATEWAY = Path(__file__).parents[3] / "gateway" / "traefik.yml"


def gateway_settings() -> dict[str, Any]:
    """The gateway's own settings with metrics and traces added."""
    settings: dict[str, Any] = yaml.safe_load(GATEWAY.read_text())
    return settings | {
        "metrics": {"prometheus": {"entryPoint": "ping", "addServicesLabels": True}},
        "tracing": {
            "serviceName": "gateway",
            "otlp": {"http": {"endpoint": "http://collector:4318/v1/traces"}},
        },
    }


def scraping() -> dict[str, Any]:
    """Prometheus' own settings in compose; in Kubernetes ServiceMonitors take their place."""
    asked = [_job(row.name, part, f"{row.name}-{part}:{INSIDE_PORT}") for row in SERVICES for part in PARTS]
    asked += [_job("gateway", "gateway", "gateway:8099"), _job("machine", "disk", "node-exporter:9100")]
    return {
        "global": {"scrape_interval": "15s", "evaluation_interval": "15s"},
        "rule_files": ["/etc/prometheus/alerts.yml"],
        "scrape_configs": asked,
    }


PARTS = ("api", "worker")
"""The two kinds of process of a service; a metric's labels `service` and `part` say whose it is."""


def _job(service: str, part: str, target: str) -> dict[str, Any]:
    labels = {"service": service, "part": part}
    return {
        "job_name": service if part == service else f"{service}-{part}",
        "static_configs": [{"targets": [target], "labels": labels}],
    }
