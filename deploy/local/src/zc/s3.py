"""The local S3 store: `rclone serve s3` over a folder, a key pair for each service."""

from __future__ import annotations

import csv
import io

from zc.gateway import program
from zc.home import HOST, Home
from zc.table import SERVICES, buckets
from zc.trouble import said_plainly


def prepare_store(home: Home, port: int) -> list[str]:
    """Makes the buckets, which are folders, and returns the command that serves them."""
    with said_plainly():
        for bucket in buckets():
            (home.s3 / bucket).mkdir(parents=True, exist_ok=True)
    # A bucket must outlive its last object.
    flags = ["--no-cleanup", "--vfs-cache-mode", "off", "--config", "/dev/null", "--log-level", "NOTICE"]
    return [program("rclone"), "serve", "s3", "--addr", f"{HOST}:{port}", *flags, str(home.s3)]


def store_environment(home: Home) -> dict[str, str]:
    """The key pairs, which the process list must not show."""
    pairs = io.StringIO()
    csv.writer(pairs, quoting=csv.QUOTE_ALL, lineterminator="").writerow(
        ",".join(home.s3_key(row.name)) for row in SERVICES
    )
    return {"RCLONE_AUTH_KEY": pairs.getvalue()}
