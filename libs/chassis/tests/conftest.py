"""A small service of the tests' own: notes that are written, changed and copied."""

import sys
from pathlib import Path
from uuid import uuid4

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def service():
    from notebook.app import service

    return service


@pytest.fixture
def unit(api):
    from notebook.app import PERMISSION

    return api.as_unit(uuid4(), PERMISSION)
