"""The whole suite on the servers that operators use: three brokers, MinIO and Keycloak."""

from collections.abc import Iterator

import pytest
from zc.stack import Stack

BROKERS = 3


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A server that is missing is an error: `make test-real` installs them."""
    with Stack(tmp_path_factory.mktemp("suite"), servers="real", brokers=BROKERS, free_ports=True) as running:
        yield running
