"""The pack's thresholds as rules of meetings; working days."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from provinces import Pack, load_pack
from provinces.working_days import SEED, WorkingDays


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for meetings in this province on a day."""

    pack: str
    multipliers: tuple[Decimal, ...]
    last_chair_excluded: bool
    consecutive_years_max: int
    group_min: int
    opinions_group_min: int
    opinions_reviewers_min: int
    recused_attend: bool
    secret: bool
    group_vote_eliminates: bool
    publicity_days: int
    document_number: str
    level_names: Mapping[str, str]


@lru_cache(maxsize=8)
def rules_in_force(province: str, day: date) -> Rules:
    """The rules of the pack in force on a day."""
    return _rules(load_pack(province, day))


@lru_cache(maxsize=8)
def rules_of(pack: str) -> Rules:
    """The rules of a pack by its reference: those that a meeting was set up under."""
    return _rules(load_pack(pack))


def _rules(pack: Pack) -> Rules:
    limits = pack.section("thresholds")
    draw, opinions = limits["draw_rules"], limits["opinions_before_vote"]
    return Rules(
        pack=pack.ref,
        multipliers=tuple(Decimal(str(value)) for value in limits["draw_multipliers"]),
        last_chair_excluded=draw["last_years_chair_excluded"],
        consecutive_years_max=draw["consecutive_years_max"],
        group_min=limits["group_min"],
        opinions_group_min=opinions["group_min"],
        opinions_reviewers_min=opinions["reviewers_min"],
        recused_attend=limits["majority_recused"] == "attending",
        secret=limits["ballot_secrecy"] != "open",
        group_vote_eliminates=limits["group_vote_eliminates"],
        publicity_days=limits["publicity_days"],
        document_number=pack.section("certificates")["document_number"],
        level_names=pack.code_list("catalogue:levels"),
    )


def working_days(file: Path | None) -> WorkingDays:
    """The published years, and those that the operator added."""
    days = SEED
    if file is None or not file.exists():
        return days
    for year, notice in json.loads(file.read_text()).items():
        off = [date.fromisoformat(day) for day in notice["days_off"]]
        on = [date.fromisoformat(day) for day in notice["days_on"]]
        days = days.with_year(int(year), off, on)
    return days
