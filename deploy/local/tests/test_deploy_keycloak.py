"""A real Keycloak with the realm of profile `sso` tells identity who somebody is."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import secrets
import shutil
import socket
import subprocess
import time
import zipfile
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from identity.api.platform import Platform, PlatformDistrusted
from zc.deployables import ROOT

VERSION = "26.4.0"
ARCHIVE = (
    Path.home()
    / f".m2/repository/org/keycloak/keycloak-quarkus-dist/{VERSION}/keycloak-quarkus-dist-{VERSION}.zip"
)
PUBLIC = "http://127.0.0.1:8080"
PASSWORD = secrets.token_hex(12)
PERSON = {
    "real_name": "王小明", "id_type": "RESIDENT_ID", "id_number": "510101199001011237", "account_type": "legal_person",
    "uscc": "91510100MA00000000", "unit_name": "某某单位",
}  # fmt: skip


@pytest.fixture(scope="module")
def keycloak(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that has imported the realm and knows one person."""
    if "keycloak" not in os.environ.get("DEPLOY_TOOLS", "").split():
        pytest.skip("half a minute of a core and 500 MB: `make test-deploy` brings it")
    folder = tmp_path_factory.mktemp("keycloak")
    zipfile.ZipFile(ARCHIVE).extractall(folder)
    home = folder / f"keycloak-{VERSION}"
    (home / "data" / "import").mkdir(parents=True)
    shutil.copy(ROOT / "deploy" / "compose" / "keycloak" / "realm.json", home / "data" / "import")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url, log = f"http://127.0.0.1:{port}", folder / "log"
    told = {
        "PATH": os.environ["PATH"], "HOME": str(folder), "JAVA_OPTS_KC_HEAP": "-Xmx512m",
        "PUBLIC_BASE_URL": PUBLIC, "PLATFORM_CLIENT_SECRET": "platform-secret",
        "KC_BOOTSTRAP_ADMIN_USERNAME": "admin", "KC_BOOTSTRAP_ADMIN_PASSWORD": PASSWORD,
    }  # fmt: skip
    command = [
        "/bin/bash",
        home / "bin" / "kc.sh",
        "start-dev",
        "--http-host=127.0.0.1",
        f"--http-port={port}",
        "--import-realm",
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=told, stdout=output, stderr=output, start_new_session=True)
    try:
        _wait_for(f"{url}/realms/province/.well-known/openid-configuration", process, log)
        _register(url)
        yield url
    finally:
        os.killpg(process.pid, 15)
        process.wait(30)


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 240
    while True:
        assert process.poll() is None, log.read_text()[-2000:]
        assert time.monotonic() < deadline, log.read_text()[-2000:]
        try:
            if httpx.get(address).is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.5)


def _register(url: str) -> None:
    form = {"grant_type": "password", "client_id": "admin-cli", "username": "admin", "password": PASSWORD}
    token = httpx.post(f"{url}/realms/master/protocol/openid-connect/token", data=form).json()["access_token"]
    person = {
        "username": "wangxm", "enabled": True, "attributes": {name: [value] for name, value in PERSON.items()},
        "credentials": [{"type": "password", "value": PASSWORD, "temporary": False}],
    }  # fmt: skip
    headers = {"Authorization": f"Bearer {token}"}
    answer = httpx.post(f"{url}/admin/realms/province/users", json=person, headers=headers)
    assert answer.status_code == 201, answer.text


def platform_at(url: str, secret: str = "platform-secret") -> Platform:
    return Platform(
        issuer=f"{url}/realms/province", client_id="title-review", client_secret=secret,
        redirect_uri=f"{PUBLIC}/api/v1/identity/callback", timeout=20,
    )  # fmt: skip


async def enter(platform: Platform, verifier: str) -> str:
    """Logs in with a browser's means; returns the code that comes back."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    address = await platform.login_address(state="s", nonce="n", challenge=challenge, entrance="unit")
    async with httpx.AsyncClient(timeout=30) as browser:
        page = await browser.get(address, follow_redirects=True)
        action = re.search(r'<form[^>]*action="([^"]+)"', page.text)
        assert action is not None, page.text[:2000]
        form = {"username": "wangxm", "password": PASSWORD}
        # A browser sends secure cookies to a loopback address without TLS too; httpx does not.
        kept = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies.jar)
        back = await browser.post(unescape(action[1]), data=form, headers={"Cookie": kept})
    assert back.status_code == 302, back.text[:2000]
    assert back.headers["location"].startswith(f"{PUBLIC}/api/v1/identity/callback?")
    query = parse_qs(urlsplit(back.headers["location"]).query)
    assert query["state"] == ["s"]
    return query["code"][0]


async def test_identity_learns_who_somebody_is(keycloak: str) -> None:
    platform, verifier = platform_at(keycloak), secrets.token_urlsafe(48)
    code = await enter(platform, verifier)
    claims = await platform.claims(code, verifier=verifier, nonce="n")
    assert claims.model_dump(exclude={"sub"}) == {"name": PERSON["real_name"]} | {
        name: value for name, value in PERSON.items() if name != "real_name"
    }
    assert claims.sub


async def test_a_stolen_code_is_worth_nothing_without_its_verifier(keycloak: str) -> None:
    platform = platform_at(keycloak)
    code = await enter(platform, secrets.token_urlsafe(48))
    with pytest.raises(PlatformDistrusted):
        await platform.claims(code, verifier=secrets.token_urlsafe(48), nonce="n")


async def test_another_secret_is_refused(keycloak: str) -> None:
    verifier = secrets.token_urlsafe(48)
    code = await enter(platform_at(keycloak), verifier)
    with pytest.raises(PlatformDistrusted):
        await platform_at(keycloak, "another").claims(code, verifier=verifier, nonce="n")
