"""What each process of the local stack is told, made from the table."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping

from chassis.testing.postgres import dsn_of

from zc.home import HOST, Home
from zc.season.entrance import PORTAL, RETURN_PATH
from zc.season.root import root_unit_setting
from zc.table import SERVICES, Service

PLATFORM_CLIENT = "title-review"
PLATFORM_RETURN = "/api/v1/identity/callback"
"""The path that the provincial identity platform sends people back to."""


def public_url(ports: Mapping[str, int]) -> str:
    """The address that people and portals use."""
    return f"http://{HOST}:{ports['gateway']}"


def common(home: Home, ports: Mapping[str, int]) -> dict[str, str]:
    """The settings that the whole suite shares."""
    public = public_url(ports)
    return {
        "PROVINCE": os.environ.get("PROVINCE", "sichuan"),
        "PUBLIC_BASE_URL": public,
        "S3_ENDPOINT": f"http://{HOST}:{ports['s3']}",
        "S3_PUBLIC_ENDPOINT": public,
        "S3_REGION": "us-east-1",
        "PERSON_REF_KEY": home.secrets["person-ref-key"],
        "SEAL_KEY": home.secrets["seal-key"],
        "SEAL_KEYS_OTHER": "",
        "CLOCK_SHIFT_FILE": str(home.clock),
        "SPANS_FILE": str(home.spans),
        "WEBHOOK_PRIVATE_TARGETS": "true",
    }


def kafka_bootstrap(ports: Mapping[str, int]) -> str:
    """The broker that the environment names, or the local one."""
    return os.environ.get("KAFKA_BOOTSTRAP_SERVERS") or f"{HOST}:{ports['kafka']}"


def own(row: Service, home: Home, ports: Mapping[str, int]) -> dict[str, str]:
    """The settings of one service, under its prefix."""
    access, secret = home.s3_key(row.name)
    settings = {
        "HOST": HOST,
        "PORT": str(ports[row.name]),
        "DATABASE_URL": dsn_of(home.postgres, ports["postgres"], row.database, row.app),
        "OWNER_DATABASE_URL": dsn_of(home.postgres, ports["postgres"], row.database, row.owner),
        "S3_ACCESS_KEY": access,
        "S3_SECRET_KEY": secret,
        "KAFKA_USERNAME": row.name,
        "KAFKA_PASSWORD": home.secrets[f"kafka-{row.name}"],
    }
    return {f"{row.prefix}{name}": value for name, value in settings.items()} | _particular(row, home, ports)


def _particular(row: Service, home: Home, ports: Mapping[str, int]) -> dict[str, str]:
    """What only one service needs."""
    if row.name == "identity":
        return {
            "IDENTITY_PLATFORM_ISSUER": f"http://{HOST}:{ports['platform']}",
            "IDENTITY_PLATFORM_CLIENT_ID": PLATFORM_CLIENT,
            "IDENTITY_PLATFORM_CLIENT_SECRET": home.secrets["platform-client"],
            "IDENTITY_PORTAL_CLIENTS": json.dumps([_portal(ports)], ensure_ascii=False),
        }
    if row.name == "units":
        return {"UNITS_ROOT_UNIT": root_unit_setting()}
    if row.name == "notices":
        addresses = {other.name: f"http://{HOST}:{ports[other.name]}" for other in SERVICES}
        return {f"NOTICES_{name.upper()}_ADDRESS": address for name, address in addresses.items()}
    return {}


def _portal(ports: Mapping[str, int]) -> dict[str, object]:
    """The one portal that a local stack knows; nothing has to answer at its address."""
    return {
        "client_id": PORTAL,
        "name": "职称申报评审门户",
        "redirect_uris": [f"{public_url(ports)}{RETURN_PATH}", "http://localhost:5173/callback"],
    }


def plain() -> dict[str, str]:
    """The environment of the launcher without anything that names a setting of the suite."""
    kept = ("PATH", "HOME", "USER", "TMPDIR", "LANG", "SSL_CERT_FILE", "FAILPOINTS", "LOG_LEVEL")
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        "PYTHONUNBUFFERED": "1",
        "TZ": "UTC",
    }
