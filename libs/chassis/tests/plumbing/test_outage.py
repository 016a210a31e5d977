"""What waiting mends is waited for, and nothing else."""

import pytest
from chassis.outage import outlasted


class Begins:
    """Fails with these errors in turn, then succeeds."""

    def __init__(self, *errors: Exception) -> None:
        self.errors, self.times = list(errors), 0

    async def __call__(self) -> None:
        self.times += 1
        if self.errors:
            raise self.errors.pop(0)


async def test_a_start_outlasts_a_database_that_is_away() -> None:
    begins = Begins(ConnectionRefusedError(), OSError("No route to host"))
    await outlasted(begins, patience=5, pause=0)
    assert begins.times == 3


async def test_a_mistake_of_ones_own_ends_the_start_at_once() -> None:
    begins = Begins(ValueError("no such province"))
    with pytest.raises(ValueError, match="no such province"):
        await outlasted(begins, patience=5, pause=0)
    assert begins.times == 1


async def test_patience_ends() -> None:
    begins = Begins(*[ConnectionRefusedError()] * 1000)
    with pytest.raises(ConnectionRefusedError):
        await outlasted(begins, patience=0.05, pause=0.01)
