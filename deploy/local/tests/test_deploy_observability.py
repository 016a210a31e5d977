"""Dashboards and alerts are well-formed, complete, and each alert says what to do."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from zc.compose import compose
from zc.dashboards import DASHBOARDS, metrics_in
from zc.deployables import ROOT
from zc.gateway import tracing
from zc.observability import scraping
from zc.table import SERVICES

WATCHING = ROOT / "deploy" / "observability"
BOARDS: list[dict[str, Any]] = [
    json.loads(path.read_text()) for path in sorted(WATCHING.glob("dashboards/*.json"))
]
RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((WATCHING / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]
]
OF_OTHERS = {"up", "node_filesystem_avail_bytes", "node_filesystem_size_bytes"}
"""What Prometheus itself and the node exporter say."""
needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="Debian's package prometheus is missing"
)


def expressions() -> list[str]:
    """Every expression of dashboards and alerts."""
    shown = [target["expr"] for board in BOARDS for panel in board["panels"] for target in panel["targets"]]
    return [*shown, *(rule["expr"] for rule in RULES)]


def named() -> set[str]:
    """The metrics that they name."""
    return {name for expression in expressions() for name in metrics_in(expression)}


def test_there_is_a_dashboard_for_each_question() -> None:
    assert [board["title"] for board in BOARDS] == [DASHBOARDS[name][0] for name in sorted(DASHBOARDS)]
    assert len({board["uid"] for board in BOARDS}) == len(BOARDS)


def test_names_are_found_in_expressions() -> None:
    assert {
        "consumer_lag",
        "outbox_oldest_seconds",
        "parked",
        "http_server_request_duration_seconds_bucket",
    } <= named()
    assert not {name for name in named() if name in ("service", "topic", "le", "code")}


def test_every_alert_has_a_runbook_that_names_it() -> None:
    for rule in RULES:
        runbook = ROOT / rule["annotations"]["runbook_url"]
        assert f"`{rule['alert']}`" in runbook.read_text(), rule["alert"]
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"]


def test_every_alert_is_seen_on_a_dashboard() -> None:
    shown = " ".join(
        target["expr"] for board in BOARDS for panel in board["panels"] for target in panel["targets"]
    )
    for rule in RULES:
        metric = next(name for name in sorted(named(), key=len, reverse=True) if name in rule["expr"])
        assert metric in shown, rule["alert"]


def test_every_alert_is_shown_firing_and_silent() -> None:
    tests = yaml.safe_load((WATCHING / "alerts_test.yml").read_text())["tests"]
    wanted = {f"{rule['alert']} {end}" for rule in RULES for end in ("fires", "stays silent")}
    assert {test["name"] for test in tests} == wanted


@needs_promtool
def test_promtool_takes_the_rules() -> None:
    subprocess.run(
        ["promtool", "check", "rules", WATCHING / "alerts.yml"], check=True, stdout=subprocess.DEVNULL
    )
    subprocess.run(
        ["promtool", "test", "rules", WATCHING / "alerts_test.yml"], check=True, stdout=subprocess.DEVNULL
    )


@needs_promtool
def test_promtool_takes_the_settings_of_prometheus(tmp_path: Any) -> None:
    settings = scraping() | {"rule_files": [str(WATCHING / "alerts.yml")]}
    file = tmp_path / "prometheus.yml"
    file.write_text(yaml.safe_dump(settings))
    subprocess.run(["promtool", "check", "config", file], check=True, stdout=subprocess.DEVNULL)


@needs_promtool
@pytest.mark.parametrize("expression", sorted(set(expressions())))
def test_promtool_takes_every_expression(expression: str, tmp_path: Any) -> None:
    rule = {"record": "x", "expr": expression.replace("$__rate_interval", "5m")}
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "x", "rules": [rule]}]}))
    subprocess.run(["promtool", "check", "rules", file], check=True, stdout=subprocess.DEVNULL)


@pytest.mark.skipif(shutil.which("prometheus-node-exporter") is None, reason="Debian's package is missing")
def test_the_disk_is_measured_by_a_real_exporter() -> None:
    import socket
    import time

    import httpx

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    flags = [
        word for word in compose()["services"]["node-exporter"]["command"] if word.startswith("--collector")
    ]
    process = subprocess.Popen(
        ["prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{port}", *flags],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(100):
            try:
                text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
                break
            except httpx.HTTPError:
                time.sleep(0.1)
        else:
            raise AssertionError("the exporter does not answer")
    finally:
        process.terminate()
        process.wait(10)
    for name in OF_OTHERS - {"up"}:
        assert f"# TYPE {name} gauge" in text


def test_compose_scrapes_every_process_and_nobody_else() -> None:
    targets = {
        target.split(":")[0]
        for job in scraping()["scrape_configs"]
        for group in job["static_configs"]
        for target in group["targets"]
    }
    serving = {f"{row.name}-{part}" for row in SERVICES for part in ("api", "worker")}
    assert targets == serving | {"gateway", "node-exporter"}
    assert targets <= set(compose()["services"])


@pytest.mark.parametrize("collector", ["", "http://collector:4318"])
def test_the_gateway_traces_where_the_services_do(tmp_path: Path, collector: str) -> None:
    gateway = ROOT / "deploy" / "gateway"
    plain = yaml.safe_load((gateway / "traefik.yml").read_text())
    script = (gateway / "start.sh").read_text().replace("/etc/traefik", str(gateway))
    program = tmp_path / "traefik"
    program.write_text('#!/bin/sh\necho "$1"\n')
    program.chmod(0o755)
    written = tmp_path / "traefik.yml"
    done = subprocess.run(
        ["/bin/sh", "-c", script], check=True, capture_output=True, text=True,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "SETTINGS": str(written), "OTLP_ENDPOINT": collector},
    )  # fmt: skip
    assert done.stdout == f"--configFile={written}\n"
    assert yaml.safe_load(written.read_text()) == plain | (tracing(collector) if collector else {})


def test_traces_are_scrubbed_once_more_and_kept_by_tempo() -> None:
    collector = yaml.safe_load((WATCHING / "collector.yml").read_text())
    (pipeline,) = collector["service"]["pipelines"].values()
    for kind, names in (
        ("receivers", pipeline["receivers"]),
        ("processors", pipeline["processors"]),
        ("exporters", pipeline["exporters"]),
    ):
        assert set(names) <= set(collector[kind])
    deleted = {row["key"] for row in collector["processors"]["attributes/unsaid"]["actions"]}
    assert "url.query" in deleted
    tempo = yaml.safe_load((WATCHING / "tempo.yml").read_text())
    listening = tempo["distributor"]["receivers"]["otlp"]["protocols"]["grpc"]["endpoint"].split(":")[1]
    assert collector["exporters"]["otlp"]["endpoint"] == f"tempo:{listening}"
