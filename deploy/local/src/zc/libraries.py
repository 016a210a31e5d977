"""Native libraries and fonts that printing needs, looked for before anything starts."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Iterable

from zc.table import Service
from zc.trouble import Trouble

NEEDED = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz.so.0": "libharfbuzz0b",
    # Without it a page in Chinese costs seconds instead of a tenth of one.
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
}
"""File name of each library, and the Debian package that brings it."""

FONT_PACKAGE = "fonts-noto-cjk"


def check_libraries(services: Iterable[Service]) -> None:
    """Raises `Trouble` that names the missing packages at once, if one of the services prints."""
    if not any(row.prints for row in services):
        return
    missing = missing_packages()
    if missing:
        raise Trouble(f"Printing needs what is not installed: apt install {' '.join(missing)}")


def missing_packages() -> list[str]:
    """The Debian packages that would bring what is missing."""
    missing = [package for library, package in NEEDED.items() if not _loads(library)]
    return missing if _has_chinese_font() else [*missing, FONT_PACKAGE]


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _has_chinese_font() -> bool:
    lister = shutil.which("fc-list")
    if lister is None:
        return False
    listed = subprocess.run([lister, ":lang=zh-cn", "family"], capture_output=True, check=False)
    return bool(listed.stdout.strip())
