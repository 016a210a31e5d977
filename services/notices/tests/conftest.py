"""The service under test, and a builder of the events it hears."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import contracts
import pytest
from contracts.event import Event

SAMPLES = Path(contracts.__file__).parents[2] / "samples"


@pytest.fixture(scope="session")
def service():
    """notices."""
    from notices.app import service

    return service


@pytest.fixture
def a_fact() -> Callable[..., Any]:
    """An event like its golden sample, but for what the test says."""

    def make(
        event: type[Event],
        subject: UUID | None = None,
        revision: int = 1,
        by: UUID | None = None,
        reason: str = "",
        extra: dict[str, Any] | None = None,
        **state: Any,
    ) -> Event:
        sample = json.loads((SAMPLES / f"{event.type}.json").read_text())
        sample |= {"subject": subject or uuid4(), "revision": revision, "reason": reason, **(extra or {})}
        sample["actor"] = {"unit": by}
        sample["state"] |= state
        return event.model_validate(sample)

    return make
