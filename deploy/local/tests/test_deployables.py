"""What is committed equals what the table says, and is valid where it will be read."""

from __future__ import annotations

import re
import subprocess
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
from chassis.settings import Settings
from chassis.testing.postgres_files import password_in
from zc.compose import compose
from zc.deployables import ROOT, files
from zc.gateway import gateway_environment
from zc.home import Home
from zc.manifests import manifests, service_manifests
from zc.suite import Suite
from zc.table import LOCAL_ONLY, SERVICES, TUNING, Service, buckets


@pytest.mark.parametrize("path", sorted(files()), ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_committed_is_what_the_table_says(path: Path) -> None:
    assert path.read_text() == files()[path], "run `make schemas`"


def test_nothing_lies_beside_the_generated_manifests() -> None:
    lying = {path for path in (ROOT / "deploy" / "k8s").rglob("*") if path.is_file()}
    assert lying == {path for path in files() if path.is_relative_to(ROOT / "deploy" / "k8s")}


def test_the_table_names_every_service_of_the_house() -> None:
    assert {row.name for row in SERVICES} == {
        path.parent.name for path in ROOT.glob("services/*/pyproject.toml")
    }


def test_the_gateway_names_every_service_and_bucket() -> None:
    routes = (ROOT / "deploy" / "gateway" / "routes.yml").read_text()
    named = re.search(r"\$services := list (.*?) \}\}", routes)
    assert named is not None
    assert named[1].replace('"', "").split() == [row.name for row in SERVICES]
    assert set(buckets()) == {"quarantine", *(row.name for row in SERVICES)}


def test_every_deployment_gives_the_gateway_the_same_addresses() -> None:
    ports = dict.fromkeys([*(row.name for row in SERVICES), "s3"], 1)
    wanted = set(gateway_environment(ports)) | {"OTLP_ENDPOINT"}
    assert set(compose()["services"]["gateway"]["environment"]) == wanted
    pod = manifests()["gateway.yaml"][1]["spec"]["template"]["spec"]
    assert {row["name"] for row in pod["containers"][0]["env"]} == wanted


def launcher_tells(row: Service, folder: Path) -> set[str]:
    """The names of the settings that the launcher gives a service."""
    home = Home(folder)
    home.prepare()
    home.take_ports(any_free=True)
    home.postgres.mkdir(exist_ok=True)
    password_in(home.postgres)
    from zc.environment import plain

    return set(Suite(home).environment_of(row.name)) - set(plain())


def kubernetes_tells(row: Service, kind: str) -> set[str]:
    """The names of the settings that a pod of the service is given."""
    manifest = next(document for document in service_manifests(row) if document["kind"] == kind)
    pod = manifest["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    (secrets,) = (volume for volume in pod["volumes"] if volume["name"] == "secrets")
    files = {item["path"] for row in secrets["projected"]["sources"] for item in row["secret"]["items"]}
    told = {variable["name"] for variable in container["env"]}
    assert not files & told
    return {*manifests()["settings.yaml"][0]["data"], *told, *files} - {"SECRETS_DIR"}


def compose_tells(container: str) -> set[str]:
    """The names of the settings that a container is given, by its environment or by files."""
    described = compose()["services"][container]
    assert not set(described["environment"]) & set(described["secrets"])
    return {*described["environment"], *described["secrets"]} - {"SECRETS_DIR"}


@pytest.mark.parametrize("row", SERVICES, ids=lambda row: row.name)
def test_launcher_compose_and_kubernetes_tell_the_same(row: Service, tmp_path: Path) -> None:
    every = {setting.name for setting in row.settings(migration=True)}
    serving = {setting.name for setting in row.settings()}
    tuning = {setting.name for setting in TUNING}
    assert launcher_tells(row, tmp_path) == every | set(LOCAL_ONLY)
    assert compose_tells(f"{row.name}-migrate") == every | tuning
    assert kubernetes_tells(row, "Job") == every | tuning
    for part in ("api", "worker"):
        assert compose_tells(f"{row.name}-{part}") == serving | tuning
    assert kubernetes_tells(row, "Deployment") == serving | tuning


@pytest.mark.parametrize("row", SERVICES, ids=lambda row: row.name)
def test_what_is_told_is_what_the_settings_class_reads(row: Service) -> None:
    if find_spec(f"{row.name}.settings") is None:
        pytest.skip("not written yet")
    settings: type[Settings] = import_module(f"{row.name}.settings").Settings
    prefix = settings.model_config["env_prefix"]
    read = {
        str(field.validation_alias or prefix + name.upper()): field
        for name, field in settings.model_fields.items()
    }
    told = {setting.name for setting in (*row.settings(migration=True), *TUNING)}
    assert told <= set(read)
    assert {name for name, field in read.items() if field.is_required()} <= told


@pytest.mark.parametrize("script", sorted((ROOT / "deploy").rglob("*.sh")), ids=lambda path: path.name)
def test_the_scripts_are_well_formed(script: Path) -> None:
    shell = script.read_text().splitlines()[0].removeprefix("#!")
    assert subprocess.run([shell, "-n", str(script)], check=False).returncode == 0
