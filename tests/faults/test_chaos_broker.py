"""The brokers lose everything: outboxes fill them again by themselves, and nobody outside notices in the end."""

from __future__ import annotations

import time
from random import Random

from tests.faults.arena import Arena
from tests.faults.chaos_broker import Wiped, ids_in_outboxes, ids_on_brokers
from tests.faults.outsiders import Outsiders
from tests.faults.perils import CRITICAL


def test_emptied_brokers_are_filled_from_the_outboxes(arena: Arena, seed: int) -> None:
    phase = Random(f"{seed} wiped").choice(CRITICAL)
    with Outsiders(arena.stack) as outside:
        before = arena.play()
        assert before.wrong == []
        outside.equal_truth()
        ended = arena.play([Wiped(phase, outside)])
        assert ended.wrong == []
        outside.equal_truth(patience=90, at_least=2)
    deadline = time.monotonic() + 60
    while (
        lost := ids_in_outboxes(arena.stack) - ids_on_brokers(arena.stack)
    ) and time.monotonic() < deadline:
        time.sleep(1)
    assert lost == set()
