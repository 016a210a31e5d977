"""The README shows the machines as they are."""

from pathlib import Path

import pytest
from certificates.domain.batch import BATCH
from certificates.domain.certificate import CERTIFICATE
from certificates.domain.webhook import DELIVERY, WEBHOOK

README = Path(__file__).parents[2] / "README.md"


@pytest.mark.parametrize("machine", [BATCH, CERTIFICATE, WEBHOOK, DELIVERY], ids=lambda machine: machine.name)
def test_the_readme_shows_the_states(machine):
    assert machine.diagram() in README.read_text()
