"""Plans of deaths: what they name, how they count, and what a new life of the process remembers."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from chassis import failpoint as failpoints
from chassis.failpoint import FailpointReached, configure, doing, failpoint


@pytest.fixture(autouse=True)
def _no_plan_afterwards() -> Iterator[None]:
    yield
    configure("")


async def fires(name: str, what: str | list[str] | None = None) -> bool:
    try:
        await failpoint(name, what)
    except FailpointReached:
        return True
    return False


async def test_without_a_plan_nothing_happens() -> None:
    configure("")
    assert not await fires("relay.before-mark", ["a"])


async def test_the_nth_passing_of_a_name_counts_whatever_is_at_hand() -> None:
    configure("here@2=raise")
    assert [await fires("here", what) for what in ("a", "b", "c")] == [False, True, False]


async def test_an_entry_that_names_what_is_at_hand_counts_only_that() -> None:
    configure("here[POST /api/v1/units/{id}/pass]@2=raise")
    passes = ["POST /api/v1/units/{id}/pass", "GET /api/v1/units", "POST /api/v1/units/{id}/pass"]
    assert [await fires("here", what) for what in passes] == [False, False, True]


async def test_what_is_at_hand_is_known_to_the_boundary_from_around_it() -> None:
    configure("here[task print]=raise")
    assert not await fires("here")
    with doing("task print"):
        assert await fires("here")


async def test_a_batch_passes_once_for_each_of_its_events() -> None:
    configure("here[a]@3=raise,here[b]@1=raise")
    assert [await fires("here", batch) for batch in (["a", "a"], ["a", "a", "c"], ["a", "b"])] == [
        False,
        True,
        True,
    ]


async def test_one_boundary_may_be_in_a_plan_several_times() -> None:
    configure("here[a]@1=raise,here[a]@3=raise,here@4=raise")
    assert [await fires("here", what) for what in ("a", "a", "a", "b")] == [True, False, True, True]


async def test_a_pause_holds_up_only_who_passes_and_each_time() -> None:
    configure("here@*=pause:0.05")
    started = time.monotonic()
    await asyncio.gather(*(failpoint("here") for _ in range(10)), failpoint("there"))
    assert 0.05 <= time.monotonic() - started < 0.4


@pytest.mark.parametrize("plan", ["here", "here=", "here=die", "here@x=kill", "here[a=kill", "here=pause:"])
def test_a_plan_that_says_nothing_is_refused(plan: str) -> None:
    with pytest.raises(ValueError, match="is no failpoint"):
        configure(plan)


async def test_a_new_life_goes_on_counting_and_what_came_true_stays_over(tmp_path: Path) -> None:
    plan = "here[a]@1=raise,here[a]@4=raise"
    configure(plan, tmp_path, "units")
    assert [await fires("here", ["a"]), await fires("here", ["a", "b"])] == [True, False]
    configure(plan, tmp_path, "units")
    assert [await fires("here", ["a"]), await fires("here", ["a"])] == [False, True]
    configure(plan, tmp_path, "units")
    assert not await fires("here", ["a"])
    assert (tmp_path / "units.done").read_text().splitlines() == plan.split(",")


async def test_services_that_share_a_directory_count_apart(tmp_path: Path) -> None:
    configure("here@2=raise", tmp_path, "units")
    assert not await fires("here")
    configure("here@2=raise", tmp_path, "meetings")
    assert not await fires("here")


async def test_with_a_directory_alone_every_passing_is_written_down(tmp_path: Path) -> None:
    configure("", tmp_path, "units")
    await failpoint("here", ["a", "a", "b"])
    await failpoint("there")
    assert (tmp_path / "units.passed").read_text() == "here\ta\t2\tb\t1\nthere\n"
    assert failpoints.passings(tmp_path) == {
        ("units", "here", "a"): 2,
        ("units", "here", "b"): 1,
        ("units", "there", ""): 1,
    }


_MORTAL = """
import asyncio, pathlib, sys
from chassis.failpoint import configure, failpoint
configure(sys.argv[2], pathlib.Path(sys.argv[1]), "mortal")
async def live():
    for _ in range(3):
        await failpoint("here", "a")
        print("passed", flush=True)
asyncio.run(live())
"""


async def test_a_process_dies_once_at_each_point_although_it_is_started_with_the_same_plan(
    tmp_path: Path,
) -> None:
    lives = []
    for _ in range(3):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _MORTAL, str(tmp_path), "here[a]@2=kill,here[a]@4=kill",
            stdout=asyncio.subprocess.PIPE, env=dict(os.environ),
        )  # fmt: skip
        said, _ = await process.communicate()
        lives.append((process.returncode, len(said.splitlines())))
    assert lives == [(-signal.SIGKILL, 1), (-signal.SIGKILL, 1), (0, 3)]
