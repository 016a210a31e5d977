"""The secret seed of a draw: random wherever people are judged, foreseeable on a local stack that asks for it."""

from pathlib import Path
from typing import Any
from uuid import UUID

from meetings.settings import Settings

MEETING, OTHER = UUID(int=1), UUID(int=2)


def settings(**told: Any) -> Settings:
    # The environment of whoever runs the tests may shift time already.
    surely = {"PERSON_REF_KEY": "k" * 32, "SEAL_KEY": "0" * 64, "CLOCK_SHIFT_FILE": None, "DRAW_SEED": ""}
    return Settings(database_url="postgresql://", **(surely | told))


def test_every_seed_is_another_32_random_bytes() -> None:
    seeds = {settings().lots(MEETING) for _ in range(100)}
    assert len(seeds) == 100
    assert {len(bytes.fromhex(seed)) for seed in seeds} == {32}


def test_a_local_stack_may_ask_for_the_same_lots_again(tmp_path: Path) -> None:
    local = settings(CLOCK_SHIFT_FILE=tmp_path / "clock", DRAW_SEED="again")
    assert local.lots(MEETING) == local.lots(MEETING)
    assert local.lots(MEETING) != local.lots(OTHER)
    assert len(bytes.fromhex(local.lots(MEETING))) == 32


def test_nobody_can_ask_for_it_where_time_cannot_be_shifted() -> None:
    deployed = settings(DRAW_SEED="again")
    assert deployed.lots(MEETING) != deployed.lots(MEETING)
