"""The brokers lose everything: outboxes fill them again by themselves, and nobody outside notices in the end."""

from __future__ import annotations

import time
from random import Random

import pytest
from zc.suite import Suite

from tests.faults import arena as arena_module
from tests.faults import snapshot
from tests.faults.arena import Arena
from tests.faults.chaos_broker import Wiped, ids_in_outboxes, ids_on_brokers
from tests.faults.perils import CRITICAL
from tests.faults.snapshot import Databases


@pytest.fixture
def published_whenever(monkeypatch: pytest.MonkeyPatch) -> None:
    """That an event of an earlier season was published anew is no news."""

    def read(suite: Suite) -> Databases:
        found = snapshot.read(suite)
        for (_, table), content in found.items():
            for row in content.rows.values() if table == "outbox" else ():
                row["published_at"] = row["published_at"] and row["occurred_at"]
        return found

    monkeypatch.setattr(arena_module, "read", read)


@pytest.mark.usefixtures("published_whenever")
def test_emptied_brokers_are_filled_from_the_outboxes(arena: Arena, seed: int) -> None:
    arena.undisturbed()
    arena.outsiders.equal_truth()  # what they know now comes from the brokers that are lost
    phase = Random(f"{seed} wiped").choice(CRITICAL)
    ended = arena.play([Wiped(phase)])
    assert not ended.wrong, "\n".join(ended.wrong)
    deadline = time.monotonic() + 60
    while (
        lost := ids_in_outboxes(arena.stack) - ids_on_brokers(arena.stack)
    ) and time.monotonic() < deadline:
        time.sleep(1)
    assert lost == set()
