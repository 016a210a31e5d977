"""The local S3 store: `rclone serve s3` over a folder, a key pair for each service."""

from __future__ import annotations

import csv
import io
import os

from zc.gateway import program
from zc.home import HOST, Home
from zc.table import QUARANTINE, SERVICES, buckets
from zc.trouble import said_plainly

_FAR = 4_102_444_800
"""The year 2100: never older than a forgotten upload."""


def prepare_store(home: Home, port: int) -> list[str]:
    """Makes the buckets, which are folders, and returns the command that serves them."""
    with said_plainly():
        for bucket in buckets():
            (home.s3 / bucket).mkdir(parents=True, exist_ok=True)
        for row in SERVICES:
            # A folder that empties is removed by the server, now and then under the feet of the next upload.
            folder = home.s3 / QUARANTINE / row.name
            folder.mkdir(exist_ok=True)
            (folder / ".keep").touch()
            os.utime(folder / ".keep", (_FAR, _FAR))
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
