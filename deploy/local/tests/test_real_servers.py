"""What the real set of servers is told, as far as that can be seen without them."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from zc import keycloak, minio
from zc.deployables import ROOT
from zc.home import Home
from zc.keycloak_desk import CLIENT, REALM
from zc.table import SERVICES, buckets
from zc.trouble import Trouble

INSTALLER = ROOT / "deploy" / "local" / "real-servers.sh"
SCRIPT = ROOT / "deploy" / "compose" / "store-keys.sh"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A state directory, and a cache with folders where the servers would be."""
    monkeypatch.setenv("ZC_CACHE", str(tmp_path / "cache"))
    home = Home(tmp_path / "zc")
    home.prepare()
    home.write_state(ports={"gateway": 18080, "platform": 18090})
    for name in ("minio", "keycloak"):
        version = re.search(rf"^{name}=(.*)$", INSTALLER.read_text(), re.M)
        assert version is not None
        (tmp_path / "cache" / f"{name}-{version[1]}").mkdir(parents=True)
    return home


def test_minio_listens_to_this_machine_alone(home: Home) -> None:
    command = minio.prepare_minio(home, 19000, 19001)
    assert command[command.index("--address") + 1] == "127.0.0.1:19000"
    assert command[command.index("--console-address") + 1] == "127.0.0.1:19001"
    assert command[-1] == str(home.s3)


def test_the_process_list_shows_no_password(home: Home) -> None:
    commands = [*minio.prepare_minio(home, 19000, 19001), *keycloak.prepare_keycloak(home, 18090)]
    assert [word for word in commands for secret in home.secrets.values() if secret in word] == []


def test_keycloak_imports_the_one_realm_and_only_hashes_faster(home: Home) -> None:
    keycloak.prepare_keycloak(home, 18090)
    used = json.loads((home.root / "platform/keycloak/data/import/realm.json").read_text())
    kept = json.loads(keycloak.REALM_FILE.read_text())
    assert used.pop("passwordPolicy").removeprefix(kept.pop("passwordPolicy")).startswith(" and hash")
    assert used == kept
    assert (used["realm"], [client["clientId"] for client in used["clients"]]) == (REALM, [CLIENT])


def test_keycloak_writes_beside_its_data_and_not_where_it_is_installed(home: Home) -> None:
    command = " ".join(keycloak.prepare_keycloak(home, 18090))
    assert f"-Dkc.home.dir={home.root}/platform/keycloak " in command
    keycloak.prepare_keycloak(home, 18090)  # another start finds the folder laid out


def test_a_missing_server_is_named_with_what_installs_it(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZC_CACHE", str(tmp_path / "nothing"))
    with pytest.raises(Trouble, match=r"minio-.* is not installed.*real-servers.sh"):
        minio.prepare_minio(home, 19000, 19001)
    with pytest.raises(Trouble, match=r"keycloak-.* is not installed"):
        keycloak.prepare_keycloak(home, 18090)


def test_the_image_and_the_local_server_are_one_version() -> None:
    image = (ROOT / "deploy" / "compose" / "keycloak" / "Dockerfile").read_text()
    assert f":{re.search(r'^keycloak=(.*)$', INSTALLER.read_text(), re.M)[1]}\n" in image  # type: ignore[index]


def test_compose_grants_what_the_local_store_grants(tmp_path: Path) -> None:
    """The script runs with an mc that does nothing; the policies that it would send are ours."""
    (tmp_path / "mc").write_text("#!/bin/sh\n")
    (tmp_path / "mc").chmod(0o755)
    for row in SERVICES:
        (tmp_path / f"key-{row.name}").write_text("secret")
    (tmp_path / "MINIO_ROOT_PASSWORD").write_text("secret")
    from zc.compose_servers import servers

    told = servers()["store-keys"]["environment"]
    told |= {f"key_{row.name}": f"key-{row.name}" for row in SERVICES}
    told |= {"PATH": f"{tmp_path}:{os.environ['PATH']}", "SECRETS": str(tmp_path), "TMPDIR": str(tmp_path)}
    subprocess.run(["sh", str(SCRIPT)], env=told, check=True)
    sent = {row.name: json.loads((tmp_path / f"{row.name}.json").read_text()) for row in SERVICES}
    assert sent == {row.name: minio.policy_of(row) for row in SERVICES}


def test_a_policy_names_nobody_elses_bucket_but_what_the_table_lets_read() -> None:
    for row in SERVICES:
        names = {
            place.removeprefix("arn:aws:s3:::").partition("/")[0]
            for statement in minio.policy_of(row)["Statement"]
            for place in statement["Resource"]
        }
        assert names == {row.bucket, "quarantine", *row.reads}
        assert names <= set(buckets())


@pytest.mark.parametrize("name", ["nonsense", "minio nonsense"])
def test_the_installer_names_what_it_does_not_know(tmp_path: Path, name: str) -> None:
    (tmp_path / "cache").mkdir()
    version = re.search(r"^minio=(.*)$", INSTALLER.read_text(), re.M)[1]  # type: ignore[index]
    there = tmp_path / "cache" / f"minio-{version}"
    there.touch()
    there.chmod(0o755)
    told = os.environ | {"ZC_CACHE": str(tmp_path / "cache")}
    done = subprocess.run(
        ["bash", str(INSTALLER), *name.split()], env=told, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (1, "There is no server nonsense: keycloak, minio.\n")
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [there.name]
