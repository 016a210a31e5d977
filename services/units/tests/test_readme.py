"""The README shows the states as they are."""

from pathlib import Path

from units.domain.registration import REGISTRATION


def test_the_diagram_is_the_machine():
    readme = (Path(__file__).parents[1] / "README.md").read_text()
    assert REGISTRATION.diagram() in readme
