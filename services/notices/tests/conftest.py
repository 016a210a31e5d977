"""The service under test, and builders of the events it hears."""

import pytest


@pytest.fixture(scope="session")
def service():
    """notices."""
    from notices.app import service

    return service
