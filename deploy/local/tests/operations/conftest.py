"""The whole suite running, watched as an operator watches it: a real Prometheus, and somebody who takes the spans."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from chassis.testing.postgres import destroy_postgres
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from zc.deployables import ROOT
from zc.home import HOST, is_free
from zc.observability import scraping
from zc.stack import Stack

WATCHING = ROOT / "deploy" / "observability"
PATIENCE = 90.0


@dataclass(frozen=True, slots=True)
class Seen:
    """A span as it arrived."""

    service: str
    name: str
    trace: str
    id: str
    parent: str
    attributes: dict[str, str]


class Collector:
    """Takes spans by OTLP over HTTP, as the collector of a deployment does."""

    def __init__(self) -> None:
        self.spans: list[Seen] = []
        taken = self.spans

        class Door(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = _body(self)
                body = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
                taken.extend(_read(ExportTraceServiceRequest.FromString(body)))
                answer = ExportTraceServiceResponse().SerializeToString()
                self.send_response(200)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer((HOST, 0), Door)
        self.url = f"http://{HOST}:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Takes no more."""
        self._server.shutdown()
        self._server.server_close()


def _body(asked: BaseHTTPRequestHandler) -> bytes:
    if "Content-Length" in asked.headers:
        return asked.rfile.read(int(asked.headers["Content-Length"]))
    body = b""  # the gateway sends chunks
    while size := int(asked.rfile.readline(), 16):
        body += asked.rfile.read(size)
        asked.rfile.readline()
    asked.rfile.readline()
    return body


def _read(request: ExportTraceServiceRequest) -> Iterator[Seen]:
    for resource in request.resource_spans:
        said = {pair.key: pair.value.string_value for pair in resource.resource.attributes}
        for scope in resource.scope_spans:
            for span in scope.spans:
                attributes = {pair.key: pair.value.string_value for pair in span.attributes}
                yield Seen(
                    said["service.name"], span.name, span.trace_id.hex(), span.span_id.hex(),
                    span.parent_span_id.hex(), attributes,
                )  # fmt: skip


@pytest.fixture(scope="session")
def collector() -> Iterator[Collector]:
    running = Collector()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def suite(tmp_path_factory: pytest.TempPathFactory, collector: Collector) -> Iterator[Stack]:
    """All seven services behind the gateway; everybody's spans go to the collector."""
    told = {"OTLP_ENDPOINT": collector.url}
    running = Stack(tmp_path_factory.mktemp("suite") / "zc", free_ports=True, settings=told)
    with running:
        yield running
    destroy_postgres(running.home.postgres)


@pytest.fixture
def docker(
    suite: Stack, tool: Callable[..., str], tmp_path: Path
) -> Callable[[dict[str, dict[str, str]]], dict[str, str]]:
    """Puts a `docker` first into the path, as far as this machine has one; what was asked of it lies in `asked`."""

    def put(others: dict[str, dict[str, str]]) -> dict[str, str]:
        path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
        containers = {
            f"{row.name}-worker": suite.environment_of(row.name) | {"PATH": path} for row in suite.services
        }
        processes = {
            f"{row.name}-{part}": suite.children[row.name].pid
            for row in suite.services
            for part in ("api", "worker")
        }
        told = {"loader": tool("compose-load"), "containers": containers | others, "processes": processes}
        programs = tmp_path / "programs"
        programs.mkdir()
        (tmp_path / "told").write_text(json.dumps(told))
        script = (Path(__file__).parent / "stand_in.py").read_text()
        script = script.replace("PYTHON", sys.executable, 1).replace('"TOLD', f'"{tmp_path / "told"}')
        (programs / "docker").write_text(script)
        (programs / "docker").chmod(0o755)
        return {"PATH": f"{programs}:{path}"}

    return put


@pytest.fixture(scope="session")
def until() -> Callable[[Callable[[], Any]], Any]:
    """Asks again and again until the answer is true, and returns it."""
    return wait_until


def wait_until(condition: Callable[[], Any], patience: float = PATIENCE) -> Any:
    deadline = time.monotonic() + patience
    while not (answer := condition()):
        assert time.monotonic() < deadline, condition
        time.sleep(0.3)
    return answer


class Watch:
    """A real Prometheus that asks the suite every second, by the deployment's own settings and rules.

    Addresses are local ones, and an alert waits two seconds instead of minutes; expressions stay as they are.
    """

    def __init__(self, suite: Stack, folder: Path, disks: str) -> None:
        rules = yaml.safe_load((WATCHING / "alerts.yml").read_text())
        for group in rules["groups"]:
            for rule in group["rules"]:
                rule["for"] = "2s"
        (folder / "alerts.yml").write_text(yaml.safe_dump(rules))
        settings = scraping() | {"rule_files": ["alerts.yml"]}
        settings["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
        addresses = {row.name: f"{HOST}:{suite.ports[row.name]}" for row in suite.services}
        addresses |= {"gateway": f"{HOST}:{suite.ports['gateway-ping']}", "machine": disks}
        jobs = {}
        for job in settings["scrape_configs"]:
            (group,) = job["static_configs"]
            service = group["labels"]["service"]
            group["targets"] = [addresses[service]]
            jobs[service] = job  # API and worker are one process here
        settings["scrape_configs"] = list(jobs.values())
        file = folder / "prometheus.yml"
        file.write_text(yaml.safe_dump(settings))
        self.url = f"http://{HOST}:{free_port()}"
        self._log = (folder / "prometheus.log").open("wb")
        self._process = subprocess.Popen(
            ["prometheus", f"--config.file={file}", f"--storage.tsdb.path={folder / 'data'}",
             f"--web.listen-address={self.url.removeprefix('http://')}", "--log.level=warn"],
            stdout=self._log, stderr=self._log,
        )  # fmt: skip
        wait_until(lambda: _answers(f"{self.url}/-/ready"))
        wait_until(lambda: len(self.ask("up == 1")) == len(jobs))

    def ask(self, expression: str) -> list[dict[str, Any]]:
        """The series that an expression gives now."""
        answer = httpx.get(f"{self.url}/api/v1/query", params={"query": expression}, timeout=30).json()
        assert answer["status"] == "success", answer
        return list(answer["data"]["result"])

    def value(self, expression: str) -> float:
        """The one number of an expression, or its greatest."""
        return max((float(row["value"][1]) for row in self.ask(expression)), default=float("nan"))

    def firing(self, alert: str, **labels: str) -> bool:
        """Whether the alert fires with these labels."""
        rows = httpx.get(f"{self.url}/api/v1/alerts", timeout=30).json()["data"]["alerts"]
        wanted = {"alertname": alert, **labels}.items()
        return any(row["state"] == "firing" and wanted <= row["labels"].items() for row in rows)

    def metrics(self) -> set[str]:
        """Every metric that some process has told the type of, with what a histogram is made of."""
        known = set(httpx.get(f"{self.url}/api/v1/metadata", timeout=30).json()["data"])
        return known | {f"{name}_{part}" for name in known for part in ("bucket", "count", "sum")}

    def stop(self) -> None:
        """Ends the server."""
        self._process.terminate()
        self._process.wait(20)
        self._log.close()


@pytest.fixture(scope="session")
def at_length() -> None:
    """Lets a test that takes a minute or more run only where somebody asked for it."""
    if "base" not in os.environ.get("DEPLOY_TOOLS", ""):
        pytest.skip("a minute or more: `make test-deploy`")


@pytest.fixture(scope="session")
def watch(
    at_length: None, suite: Stack, small_disk: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Watch]:
    """Prometheus beside the suite, and a node exporter as compose runs it."""
    for program in ("prometheus", "prometheus-node-exporter"):
        assert shutil.which(program), f"{program} is missing"
    address = f"{HOST}:{free_port()}"
    exporter = subprocess.Popen(
        ["prometheus-node-exporter", f"--web.listen-address={address}",
         "--collector.disable-defaults", "--collector.filesystem"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        running = Watch(suite, tmp_path_factory.mktemp("watch"), address)
        try:
            yield running
        finally:
            running.stop()
    finally:
        exporter.terminate()
        exporter.wait(10)


@pytest.fixture(scope="session")
def small_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A disk of 32 MB of its own, as far as the machine lets us have one."""
    folder = tmp_path_factory.mktemp("disk")
    mounted, image = folder / "mounted", folder / "image"
    mounted.mkdir()
    image.write_bytes(b"")
    os.truncate(image, 32 * 1024 * 1024)
    commands = (["mkfs.ext4", "-q", "-m", "0", str(image)], ["mount", "-o", "loop", str(image), str(mounted)])
    path = os.environ["PATH"] + ":/usr/sbin:/sbin"
    try:
        for command in commands:
            subprocess.run(command, check=True, capture_output=True, env={"PATH": path})
    except (OSError, subprocess.CalledProcessError):
        yield mounted  # `os.path.ismount` says that it is none
        return
    try:
        yield mounted
    finally:
        subprocess.run(["umount", "-l", str(mounted)], check=False)


def free_port() -> int:
    """A port where nobody listens."""
    import socket

    while True:
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            port = int(probe.getsockname()[1])
        if is_free(port):
            return port


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).is_success
    except (httpx.HTTPError, json.JSONDecodeError):
        return False
