"""The compose file gives nobody more than it needs, and every choice and secret has its place."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import psycopg
import pytest
from chassis.settings import Settings, settings_for
from chassis.testing.postgres import HOST, start_postgres
from chassis.testing.postgres_files import binaries_for
from zc.compose import SECRETS_FOLDER, compose
from zc.compose_profiles import WITHOUT_SHELL
from zc.deployables import ROOT
from zc.table import SERVICES

DESCRIBED: dict[str, dict[str, Any]] = compose()["services"]
COMPOSE = ROOT / "deploy" / "compose"
ONCE = {name for name in DESCRIBED if name.endswith("-migrate")} | {"topics", "store-keys", "minio-folder"}
"""Containers that end by themselves."""


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("deploy") / "secrets"
    subprocess.run([COMPOSE / "secrets.sh", folder], check=True, stdout=subprocess.DEVNULL)
    return folder


def choices() -> dict[str, str]:
    """What `.env.example` says."""
    lines = (ROOT / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_compose_depends_on_what_it_describes_and_mounts_what_exists() -> None:
    volumes = compose()["volumes"]
    for name, service in DESCRIBED.items():
        assert set(service.get("depends_on", {})) <= set(DESCRIBED), name
        for volume in service.get("volumes", []):
            source = re.sub(r"\$\{\w+:-(.*?)\}", r"\1", volume).split(":")[0]
            if source.startswith("./"):
                assert (ROOT / source).exists(), source
            else:
                assert source in volumes or source == "/", source


def test_whom_a_container_waits_for_runs_in_the_same_profile() -> None:
    for name, service in DESCRIBED.items():
        for other in service.get("depends_on", {}):
            assert set(DESCRIBED[other].get("profiles", [])) <= set(service.get("profiles", [])), name


@pytest.mark.parametrize("name", DESCRIBED)
def test_a_container_has_no_power_that_it_does_not_need(name: str) -> None:
    service = DESCRIBED[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    if name == "minio-folder":  # hands a new volume over, without a network
        assert (service["user"], service["cap_add"], service["network_mode"]) == ("0:0", ["CHOWN"], "none")
    else:
        assert re.fullmatch(r"[1-9]\d*:\d+", service["user"])
        assert "cap_add" not in service


@pytest.mark.parametrize("name", DESCRIBED)
def test_a_container_runs_a_named_release_and_is_asked_after_its_health(name: str) -> None:
    service = DESCRIBED[name]
    image, _, tag = service["image"].rpartition(":")
    assert image
    assert re.search(r"\d+\.\d+|\d{4}-\d\d-\d\d", tag) or (
        image.startswith("title-review/") and tag.endswith("latest}")
    )
    if name in ONCE:
        assert "restart" not in service
    else:
        assert service["restart"] == "unless-stopped"
        assert ("healthcheck" in service) is (name not in WITHOUT_SHELL)


def test_the_example_holds_every_choice_and_no_other() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    asked = set(re.findall(r"(?<!\$)\$\{(\w+)(?::[?-][^}]*)?\}", text))
    assert set(choices()) == asked | {"COMPOSE_PROFILES"}


def test_a_default_is_the_same_in_the_file_and_in_the_example() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    for name, default in set(re.findall(r"(?<!\$)\$\{(\w+):-([^}]*)\}", text)):
        assert choices()[name] == default


def test_only_what_nothing_inside_knows_must_be_filled_in() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    given = {s.name for row in SERVICES for s in row.extra if s.given and not s.secret}
    assert set(re.findall(r"\$\{(\w+):\?\}", text)) == given
    assert {name for name in given if choices()[name]} == set()


def test_every_secret_is_drawn_and_every_drawn_secret_is_used(drawn: Path) -> None:
    secrets = compose()["secrets"]
    assert {path.name for path in drawn.iterdir()} == set(secrets)
    assert {row["file"] for row in secrets.values()} == {f"{SECRETS_FOLDER}/{name}" for name in secrets}
    assert drawn.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in drawn.iterdir()} == {0o444}
    contents = [path.read_text() for path in drawn.iterdir()]
    assert len(set(contents)) == len(contents)


def test_secrets_are_drawn_once(drawn: Path) -> None:
    before = {path.name: path.read_text() for path in drawn.iterdir()}
    (drawn / "GRAFANA_ADMIN_PASSWORD").unlink()
    again = subprocess.run([COMPOSE / "secrets.sh", drawn], check=True, capture_output=True, text=True)
    assert again.stdout == "drew GRAFANA_ADMIN_PASSWORD\n"
    after = {path.name: path.read_text() for path in drawn.iterdir()}
    assert {name for name in after if after[name] != before[name]} == {"GRAFANA_ADMIN_PASSWORD"}


def test_a_service_reads_its_secrets_from_the_files(drawn: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRETS_DIR", str(drawn))

    class ByFile(Settings):
        model_config = settings_for("UNITS_")

    told = ByFile()  # type: ignore[call-arg]
    assert told.database_url == (drawn / "UNITS_DATABASE_URL").read_text()
    assert told.seal_key == (drawn / "SEAL_KEY").read_text()
    assert told.s3_secret_key == (drawn / "UNITS_S3_SECRET_KEY").read_text()


def test_the_databases_are_made_with_the_passwords_of_the_secrets(drawn: Path, tmp_path: Path) -> None:
    with start_postgres(tmp_path / "postgres", durable=False) as server:
        told = {
            "PATH": f"{binaries_for(None)}:/usr/bin:/bin", "SECRETS": str(drawn),
            "SERVICES": DESCRIBED["postgres"]["environment"]["SERVICES"],
            "PGHOST": HOST, "PGPORT": str(server.port), "PGPASSWORD": server.password,
        }  # fmt: skip
        subprocess.run([COMPOSE / "databases.sh"], env=told, check=True, stdout=subprocess.DEVNULL)

        def address(name: str) -> str:
            return (drawn / name).read_text().replace("postgres:5432", f"{HOST}:{server.port}")

        for row in SERVICES:
            with psycopg.connect(address(f"{row.prefix}OWNER_DATABASE_URL"), autocommit=True) as owner:
                owner.execute("CREATE TABLE thing (id int)")
            with psycopg.connect(address(f"{row.prefix}DATABASE_URL"), autocommit=True) as app:
                app.execute("INSERT INTO thing VALUES (1)")
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    app.execute("CREATE TABLE other (id int)")
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            psycopg.connect(address("UNITS_DATABASE_URL").removesuffix("units") + "meetings")
        keycloak = (drawn / "KEYCLOAK_DB_PASSWORD").read_text()
        psycopg.connect(f"postgresql://keycloak:{keycloak}@{HOST}:{server.port}/keycloak").close()


# -- the identity platform of profile `sso` -----------------------------------------


def realm() -> dict[str, Any]:
    """The realm that Keycloak imports."""
    return dict(json.loads((COMPOSE / "keycloak" / "realm.json").read_text()))


def attributes() -> dict[str, Any]:
    """What the realm keeps about a person."""
    (provider,) = realm()["components"]["org.keycloak.userprofile.UserProfileProvider"]
    profile = json.loads(provider["config"]["kc.user.profile.config"][0])
    return {row["name"]: row for row in profile["attributes"]}


def test_the_realm_says_the_claims_that_identity_reads() -> None:
    from identity.api.platform import PlatformClaims

    scopes = {scope["name"]: scope["protocolMappers"] for scope in realm()["clientScopes"]}
    said = {mapper["config"]["claim.name"]: mapper["config"] for mapper in scopes["profile"]}
    assert {"sub", *said} == set(PlatformClaims.model_fields) | {"sub"}
    assert {config["id.token.claim"] for config in said.values()} == {"true"}
    for config in said.values():
        # What the platform has verified is not for its owner to change.
        assert attributes()[config["user.attribute"]]["permissions"]["edit"] == ["admin"]


def test_the_realm_knows_us_and_sends_people_back_to_identity() -> None:
    from identity.domain.entering import ACCOUNT_TYPES

    (client,) = realm()["clients"]
    assert client["redirectUris"] == ["${PUBLIC_BASE_URL}/api/v1/identity/callback"]
    assert client["secret"] == "${PLATFORM_CLIENT_SECRET}"
    assert client["attributes"]["pkce.code.challenge.method"] == "S256"
    assert not client["publicClient"]
    assert not client["directAccessGrantsEnabled"]
    assert attributes()["account_type"]["validations"]["options"]["options"] == list(ACCOUNT_TYPES.values())
    assert "users" not in realm()


def test_the_example_of_the_issuer_is_the_realm_under_keycloaks_address() -> None:
    issuer = next(s.example for row in SERVICES for s in row.extra if s.name == "IDENTITY_PLATFORM_ISSUER")
    assert issuer == f"{choices()['SSO_URL']}/realms/{realm()['realm']}"
    keycloak = DESCRIBED["keycloak"]
    assert (
        issuer.split("/")[2]
        == f"{keycloak['networks']['default']['aliases'][0]}:{keycloak['environment']['KC_HTTP_PORT']}"
    )
