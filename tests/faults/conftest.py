"""One stack for all faults, of the set of servers that `SERVERS` names: the small one, or three real brokers."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))  # tests.faults is a package wherever pytest was started

from zc.stack import Stack

from tests.faults.arena import DRAW_SEED, Arena
from tests.faults.outsiders import Outsiders
from tests.faults.perils import seed_of_run


@pytest.fixture(scope="session")
def seed() -> int:
    """What a failure is repeated by: `FAULTS_SEED=…`."""
    chosen = seed_of_run()
    print(f"FAULTS_SEED={chosen}")
    return chosen


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole suite, whose lots can be foreseen; all seasons of a module fit into its year of business time."""
    servers = os.environ.get("SERVERS", "small")
    with Stack(
        tmp_path_factory.mktemp("suite"), servers=servers, brokers=3 if servers == "real" else 1,
        free_ports=True, settings={"DRAW_SEED": DRAW_SEED},
    ) as running:  # fmt: skip
        yield running


@pytest.fixture(scope="module")
def arena(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    """Where comparable seasons are played in turn, with three other systems beside them."""
    with Outsiders(stack) as outside:
        yield Arena(stack, tmp_path_factory.mktemp("arena"), outside)
