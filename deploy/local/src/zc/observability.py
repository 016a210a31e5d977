"""What is generated for those who watch: whom Prometheus asks."""

from __future__ import annotations

from typing import Any

from zc.compose import INSIDE_PORT
from zc.table import SERVICES


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
