"""The identity platform of the real set: a Keycloak server with the realm that compose gives it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from zc import environment
from zc.home import HOST, Home
from zc.kafka import java
from zc.keycloak_desk import ADMIN, CLIENT, REALM, Desk
from zc.minio import installed
from zc.trouble import said_plainly

REALM_FILE = Path(__file__).parents[3] / "compose" / "keycloak" / "realm.json"

_JVM = (
    "-Xms64m", "-Xmx512m", "-XX:MaxMetaspaceSize=256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
    "-XX:+ExitOnOutOfMemoryError", "-Dfile.encoding=UTF-8", "-Duser.language=en", "-Duser.country=US",
    "--add-opens=java.base/java.util=ALL-UNNAMED", "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
    "--add-opens=java.base/java.security=ALL-UNNAMED",
    "-Djava.util.logging.manager=org.jboss.logmanager.LogManager", "-Dpicocli.disable.closures=true",
    "-Djava.util.concurrent.ForkJoinPool.common.threadFactory="
    "io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory",
)  # fmt: skip
"""What its own script says; the script itself would outlive or hide the server when one of them is killed."""

_QUICK_HASHES = "hashAlgorithm(pbkdf2-sha256) and hashIterations(1000)"
"""A season opens hundreds of accounts with drawn passwords: the usual hash would take a core for minutes."""


def keycloak_issuer(ports: Mapping[str, int]) -> str:
    """The realm, as its tokens name it."""
    return f"{_address(ports)}/realms/{REALM}"


def prepare_keycloak(home: Home, port: int) -> list[str]:
    """Lays out a folder of its own around the installed server, and returns the command that runs it."""
    program, server, folder = java(), installed("keycloak"), home.root / "platform" / "keycloak"
    realm = json.loads(REALM_FILE.read_text())
    realm["passwordPolicy"] += f" and {_QUICK_HASHES}"
    with said_plainly():
        (folder / "data" / "import").mkdir(parents=True, exist_ok=True)
        for name in ("lib", "conf", "providers", "themes"):
            (folder / name).unlink(missing_ok=True)
            (folder / name).symlink_to(server / name)
        # Read when the realm does not exist yet; what it leaves open comes from the environment.
        (folder / "data" / "import" / "realm.json").write_text(json.dumps(realm, ensure_ascii=False))
    places = [f"-Dkc.home.dir={folder}", f"-Djboss.server.config.dir={folder / 'conf'}"]
    listens = [f"--http-host={HOST}", f"--http-port={port}", f"--hostname=http://{HOST}:{port}"]
    return [
        program, *_JVM, *places, "-cp", str(server / "lib" / "quarkus-run.jar"),
        "io.quarkus.bootstrap.runner.QuarkusEntryPoint", "start", "--optimized", "--import-realm",
        "--http-enabled=true", *listens, "--cache=local",
    ]  # fmt: skip


def keycloak_environment(home: Home) -> dict[str, str]:
    """Its administrator, whom only the launcher knows, and what the realm's file leaves open."""
    return {
        "KC_BOOTSTRAP_ADMIN_USERNAME": ADMIN,
        "KC_BOOTSTRAP_ADMIN_PASSWORD": home.secrets["keycloak-admin"],
        "PUBLIC_BASE_URL": environment.public_url(home.ports),
        "PLATFORM_CLIENT_SECRET": home.secrets["platform-client"],
    }


def keycloak_desk(home: Home) -> Desk:
    """The desk at which accounts are opened."""
    return Desk(_address(home.ports), home.secrets["keycloak-admin"])


def furnish_keycloak(home: Home) -> None:
    """Tells the realm of another start where the gateway is now, for ports may change; raises `Trouble`."""
    back = environment.public_url(home.ports) + environment.PLATFORM_RETURN
    keycloak_desk(home).sends_back_to(CLIENT, back)


def _address(ports: Mapping[str, int]) -> str:
    return f"http://{HOST}:{ports['platform']}"
