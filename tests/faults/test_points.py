"""Deaths at a sample of kill points, drawn anew by each run: nothing is lost, and the season ends as without them."""

from collections import Counter
from pathlib import Path

import pytest

from tests.faults.kill_all import Killing, run_all
from tests.faults.mortal import Outcome
from tests.faults.points import Death, Point, dealt, deaths_at, left_out, plans, points_of, sampled, table

SAMPLE = 40
BUDGET = 150.0
"""Seconds after which nothing that was missed is tried again."""

PASSED = {
    ("units", "relay.before-mark", "units.unit.created.v1"): 7,
    ("units", "transaction.after-commit", "POST /registrations"): 1,
    ("units", "transaction.after-commit", "GET /subordinates"): 40,
    ("units", "transaction.after-commit", ""): 9,
    ("notices", "inbox.before-handle", "units.unit.created.v1"): 7,
    ("notices", "inbox.before-commit", "units.unit.created.v1"): 7,
    ("notices", "inbox.after-commit", "units.unit.created.v1"): 7,
    ("notices", "consume.before-offset", "units.unit.created.v1"): 7,
    ("notices", "consume.before-offset", "units.unit.nobody-listens.v1"): 2,
}


def some_deaths(number: int) -> list[Death]:
    names = ("units", "meetings", "notices")
    return [
        Death(Point(names[n % 3], f"relay.{n % 5}", f"type-{n // 15}"), 1 + n % 2, 2) for n in range(number)
    ]


def test_every_boundary_that_was_passed_is_a_point_unless_it_is_said_why_not() -> None:
    assert [str(point) for point in points_of(PASSED)] == [
        "notices consume.before-offset[units.unit.created.v1]",
        "notices inbox.before-commit[units.unit.created.v1]",
        "units relay.before-mark[units.unit.created.v1]",
        "units transaction.after-commit[POST /registrations]",
    ]
    reasons = {place: left_out(Point(*place)) for place in PASSED}
    assert sum(reason is not None for reason in reasons.values()) == 4


def test_a_point_is_died_at_when_it_is_first_and_last_passed() -> None:
    found = Counter(str(death.point.service) for death in deaths_at(points_of(PASSED)))
    assert found == {"notices": 4, "units": 3}
    last = [d.entry for d in deaths_at(points_of(PASSED)) if d.nth == 7]
    assert "relay.before-mark[units.unit.created.v1]@7=kill" in last


def test_deaths_are_dealt_evenly_and_none_is_lost() -> None:
    deaths = some_deaths(100)
    runs = dealt(deaths, 30, seed=1)
    assert sorted(death for run in runs for death in run) == sorted(deaths)
    assert {len(run) for run in runs} == {25}
    services = [Counter(death.point.service for death in run) for run in runs]
    assert max(c.most_common()[0][1] for c in services) <= 11
    assert dealt(deaths, 30, seed=1) == runs != dealt(deaths, 30, seed=2)


def test_each_service_is_told_its_own_deaths() -> None:
    told = plans(some_deaths(4))
    assert told["units"] == "relay.0[type-0]@1=kill,relay.3[type-0]@2=kill"
    assert set(told) == {"units", "meetings", "notices"}


def test_a_sample_has_every_kind_of_boundary_before_any_twice() -> None:
    deaths = some_deaths(100)
    drawn = sampled(deaths, 15, seed=3)
    assert len({(d.point.service, d.point.boundary) for d in drawn}) == 15
    assert sampled(deaths, 15, seed=3) == drawn
    assert sorted(sampled(deaths, 1000, seed=3)) == sorted(deaths)


def test_the_table_counts_points_and_deaths() -> None:
    found = points_of(PASSED)
    shown = table(found, deaths_at(found))
    assert "| relay.before-mark |  | 1 | 1 | 2 |" in shown


class _Told(Killing):
    """Seasons that break when some deaths come together, without a stack."""

    def __init__(self, fatal: set[Death]) -> None:
        super().__init__(Path(), lambda _: None)
        self.fatal, self.seasons = fatal, 0

    def disturbed(self, deaths: list[Death]) -> Outcome:
        self.seasons += 1
        return Outcome(deaths, wrong=["lost"] if self.fatal <= set(deaths) else [])


def test_a_plan_that_breaks_a_season_is_halved_to_the_guilty_death() -> None:
    deaths = some_deaths(64)
    killing = _Told({deaths[41]})
    assert killing.guilty(deaths) == [deaths[41]]
    assert killing.seasons <= 12


def test_deaths_that_break_a_season_only_together_stay_together() -> None:
    deaths = some_deaths(64)
    left = _Told({deaths[2], deaths[3], deaths[40]}).guilty(deaths)
    assert left == deaths
    assert _Told({deaths[2], deaths[5]}).guilty(deaths) == deaths[:8]


@pytest.mark.req("BEY-30", "BEY-31")
def test_services_that_die_at_a_sample_of_points_lose_nothing(tmp_path: Path, seed: int) -> None:
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        print(line, flush=True)

    with Killing(tmp_path, say) as killing:
        tally = run_all(
            killing, seed=seed, per_season=SAMPLE, sample=SAMPLE, only="", seconds=BUDGET, say=say
        )
    assert tally.failures == [], "\n".join(said)
    assert tally.reached >= 0.8, "\n".join(said)
