"""A small service of the tests' own: notes that are written, changed and copied."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def service():
    from notebook.app import service

    return service
