"""The gateway: Traefik with the routes that compose uses too, its addresses changed to local ones."""

from __future__ import annotations

import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from zc.home import HOST
from zc.table import SERVICES
from zc.trouble import Trouble, said_plainly

FOLDER = Path(__file__).parents[3] / "gateway"


def program(name: str) -> str:
    """The path of a program that a wheel installed beside Python."""
    path = Path(sysconfig.get_path("scripts")) / name
    if not path.exists():
        raise Trouble(f"The program {name} is missing: run deploy/local/bootstrap.sh.")
    return str(path)


def tracing(collector: str) -> dict[str, Any]:
    """What `start.sh` adds to the settings when the gateway's spans go to a collector."""
    endpoint = f"{collector.rstrip('/')}/v1/traces"
    return {"tracing": {"serviceName": "gateway", "otlp": {"http": {"endpoint": endpoint}}}}


def prepare_gateway(folder: Path, port: int, ping: int, collector: str = "") -> list[str]:
    """Writes the gateway's own settings with local addresses and returns the command that runs it."""
    settings: dict[str, Any] = yaml.safe_load((FOLDER / "traefik.yml").read_text())
    settings["entryPoints"]["web"]["address"] = f"{HOST}:{port}"
    settings["entryPoints"]["ping"]["address"] = f"{HOST}:{ping}"
    settings["providers"]["file"]["filename"] = str(FOLDER / "routes.yml")
    settings |= tracing(collector) if collector else {}
    with said_plainly():
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "traefik.yml"
        file.write_text(yaml.safe_dump(settings, sort_keys=False))
    return [program("traefik"), f"--configFile={file}"]


def gateway_environment(ports: Mapping[str, int], rate: int = 2000) -> dict[str, str]:
    """The addresses and limits that the routes read; here one caller plays everybody, so the rate is high."""
    addresses = {row.address_variable: f"http://{HOST}:{ports[row.name]}" for row in SERVICES}
    limits = {"GATEWAY_RATE": str(rate), "GATEWAY_BURST": str(2 * rate)}
    return addresses | {"S3_ADDRESS": f"http://{HOST}:{ports['s3']}"} | limits
