"""The pack that most tests of this folder read."""

import pytest
from provinces import Pack, load_pack


@pytest.fixture(scope="session")
def pack() -> Pack:
    """Return Sichuan's pack."""
    return load_pack("sichuan@2026-01-01")
