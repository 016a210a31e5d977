"""The store of the real set: a MinIO server with a bucket, a user and a policy for each service."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import httpx
import urllib3
from minio import Minio
from minio.credentials.providers import StaticProvider
from minio.error import MinioAdminException, MinioException, S3Error
from minio.minioadmin import MinioAdmin

from zc.home import HOST, Home
from zc.table import QUARANTINE, SERVICES, Service, buckets
from zc.trouble import Trouble, said_plainly

INSTALLER = Path(__file__).parents[2] / "real-servers.sh"
"""Installs the servers of the real set, and names their versions."""

REGION = "us-east-1"
_ROOT = "zcadmin"
_PATIENCE = 60


def cache() -> Path:
    """Where the installer put them, for all stacks of an account."""
    return Path(os.environ.get("ZC_CACHE") or Path.home() / ".cache" / "title-review").absolute()


def installed(name: str) -> Path:
    """A server of the version that the installer names; raises `Trouble` where it is missing."""
    lines = INSTALLER.read_text().splitlines()
    version = next(line.partition("=")[2] for line in lines if line.startswith(f"{name}="))
    place = cache() / f"{name}-{version}"
    if not place.exists():
        raise Trouble(
            f"{place.name} is not installed, which the real servers need: run deploy/local/real-servers.sh."
        )
    return place


def prepare_minio(home: Home, port: int, console_port: int) -> list[str]:
    """The command that serves the folder; buckets and users are made once it runs."""
    with said_plainly():
        home.s3.mkdir(parents=True, exist_ok=True)
    places = ["--address", f"{HOST}:{port}", "--console-address", f"{HOST}:{console_port}"]
    return [str(installed("minio")), "server", "--quiet", *places, str(home.s3)]


def minio_environment(home: Home) -> dict[str, str]:
    """Its administrator, whom only the launcher knows; and nobody outside is asked for a newer version."""
    return {
        "MINIO_ROOT_USER": _ROOT,
        "MINIO_ROOT_PASSWORD": home.secrets["minio-root"],
        "MINIO_REGION": REGION,
        "MINIO_UPDATE": "off",
        "GOMEMLIMIT": "256MiB",  # else it keeps what checking its administrator's words took
    }


def furnish_minio(home: Home, port: int) -> None:
    """Makes buckets, users and policies on the running server, or finds them there; raises `Trouble`."""
    _await(port)
    password = home.secrets["minio-root"]
    pool = urllib3.PoolManager(timeout=urllib3.Timeout(connect=3, read=20), retries=False)
    told: dict[str, Any] = {"secure": False, "region": REGION, "http_client": pool}
    try:
        store = Minio(f"{HOST}:{port}", access_key=_ROOT, secret_key=password, **told)
        for bucket in buckets():
            if not store.bucket_exists(bucket):
                store.make_bucket(bucket)
        admin = MinioAdmin(endpoint=f"{HOST}:{port}", credentials=StaticProvider(_ROOT, password), **told)
        for row in SERVICES:
            name, secret = home.s3_key(row.name)
            admin.policy_add(row.name, policy=policy_of(row))
            if not _opens(Minio(f"{HOST}:{port}", access_key=name, secret_key=secret, **told), row.bucket):
                admin.user_add(name, secret)  # most of a second, for it is sent under a costly hash
                admin.policy_set(row.name, user=name)
    except (MinioException, MinioAdminException, urllib3.exceptions.HTTPError) as error:
        raise Trouble(f"MinIO could not be furnished with buckets and users: {str(error)[:300]}") from error


def policy_of(row: Service) -> dict[str, Any]:
    """What the key of a service may do, the same as deploy/compose/store-keys.sh grants."""
    own, corner = _things(row.bucket), f"arn:aws:s3:::{QUARANTINE}/{row.name}/*"
    readable = [_things(other) for other in (row.bucket, *row.reads)]
    statements = [
        _allow(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], [own, corner]),
        _allow(
            ["s3:ListBucket", "s3:GetBucketLocation"],
            [f"arn:aws:s3:::{row.bucket}", f"arn:aws:s3:::{QUARANTINE}"],
        ),
        _allow(["s3:GetObject"], readable),
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def _opens(store: Minio, bucket: str) -> bool:
    try:
        return store.bucket_exists(bucket)
    except S3Error:
        return False


def _allow(actions: list[str], resources: list[str]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources}


def _things(bucket: str) -> str:
    return f"arn:aws:s3:::{bucket}/*"


def _await(port: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not _lives(port):
        if time.monotonic() > deadline:
            raise Trouble(f"MinIO does not answer on port {port} after {_PATIENCE} s; `zc logs s3` says why.")
        time.sleep(0.1)


def _lives(port: int) -> bool:
    try:
        return httpx.get(f"http://{HOST}:{port}/minio/health/live", timeout=5, trust_env=False).is_success
    except httpx.HTTPError:
        return False
