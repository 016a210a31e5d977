"""The draw by lot (MTG-08 to 10, LAW-04): a committed seed decides the order, and anybody can verify it.

Algorithm `hmac-sha256/1`: the seed is 32 random bytes whose SHA-256 is published before the draw. In every group the
candidates are ordered by HMAC-SHA-256(seed, "<witness>|<group>|<expert id>"), smallest first; the first
ceil(number to draw x multiplier) of them are drawn. If none of the drawn is eligible for the chair, the eligible
candidate with the smallest code of all takes the last drawn place of that candidate's group.
"""

import hashlib
import hmac
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from refusals import Complaint, Kind, Refusal

ALGORITHM = "hmac-sha256/1"
CHAIRS = ("CHAIR", "VICE_CHAIR")


class MultiplierUnknown(Refusal):
    """抽选倍数不在规定范围内。"""

    slug, kind = "multiplier-unknown", Kind.INVALID


class GroupsInvalid(Refusal):
    """抽选小组设置有误。"""

    slug, kind = "draw-groups-invalid", Kind.INVALID


class GroupsMissing(Refusal):
    """尚未设置抽选小组。"""

    slug, kind = "draw-groups-missing", Kind.CONFLICT


class NotCommitted(Refusal):
    """尚未公布抽选种子的承诺值。"""

    slug, kind = "seed-not-committed", Kind.CONFLICT


class NoChairCandidate(Refusal):
    """各抽选小组中没有可担任主任委员的专家。"""

    slug, kind = "no-chair-candidate", Kind.CONFLICT


class DrawStillUsable(Refusal):
    """本次抽选结果仍可使用，不能重新抽选。"""

    slug, kind = "draw-still-usable", Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class Group:
    """What is drawn from: None stands for every specialty or level."""

    number: int
    specialty: str | None
    level: str | None
    to_draw: int

    def matches(self, expert: "Candidate") -> bool:
        """Whether an expert belongs to it."""
        return self.specialty in (None, expert.specialty) and self.level in (None, expert.level)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An active expert of the library."""

    id: str
    specialty: str
    level: str
    duty: str


@dataclass(frozen=True, slots=True)
class Attended:
    """An earlier year in which an expert attended, and whether in the chair."""

    expert: str
    year: int
    chaired: bool


def check_groups(groups: Sequence[Group], prescribed: int) -> None:
    """Raise GroupsInvalid unless the groups together fill the committee with an odd number (LAW-05)."""
    complaints = []
    total = sum(group.to_draw for group in groups)
    if total < prescribed:
        complaints.append(
            Complaint("/groups", "size", f"各组人数合计 {total}，少于评委会人数 {prescribed}。")
        )
    if total % 2 == 0:
        complaints.append(Complaint("/groups", "odd", f"各组人数合计 {total}，须为单数。"))
    if complaints:
        raise GroupsInvalid("请调整各组人数。", complaints=tuple(complaints))


def check_multiplier(multiplier: Decimal, allowed: Iterable[Decimal]) -> None:
    """Raise MultiplierUnknown for a multiplier that the profile does not name (MTG-09)."""
    names = [str(value) for value in allowed]
    if str(multiplier.normalize()) not in {str(Decimal(name).normalize()) for name in names}:
        raise MultiplierUnknown(f"可选倍数：{'、'.join(names)}。")


def excluded(
    candidates: Iterable[Candidate], history: Iterable[Attended], year: int, years_max: int, last_chair: bool
) -> dict[str, str]:
    """Expert id → why not drawn this year: last year's chair, or too many years in a row (MTG-10)."""
    attended: dict[str, set[int]] = {}
    chaired: set[str] = set()
    for one in history:
        attended.setdefault(one.expert, set()).add(one.year)
        if one.chaired and one.year == year - 1:
            chaired.add(one.expert)
    reasons = {}
    for expert in candidates:
        if last_chair and expert.id in chaired:
            reasons[expert.id] = "LAST_YEARS_CHAIR"
        elif expert.duty != "CHAIR" and years_max:
            in_a_row = {year - back for back in range(1, years_max + 1)}
            if in_a_row <= attended.get(expert.id, set()):
                reasons[expert.id] = "CONSECUTIVE_YEARS"
    return reasons


def assign(
    groups: Sequence[Group], experts: Iterable[Candidate], moves: Mapping[str, int] | None = None
) -> dict[int, list[Candidate]]:
    """Group number → its candidates: an expert is in one group only, the first that matches unless moved (Q27).

    Raises GroupsInvalid for a move to a group that the expert does not match.
    """
    by_number = {group.number: group for group in groups}
    found: dict[int, list[Candidate]] = {group.number: [] for group in groups}
    for expert in sorted(experts, key=lambda one: one.id):
        wanted = (moves or {}).get(expert.id)
        if wanted is not None:
            if wanted not in by_number or not by_number[wanted].matches(expert):
                raise GroupsInvalid("专家只能调整到专业和级别相符的小组。")
            found[wanted].append(expert)
            continue
        for group in groups:
            if group.matches(expert):
                found[group.number].append(expert)
                break
    return found


def commitment(seed: str) -> str:
    """What is published before the draw: SHA-256 of the seed's bytes; `seed` is hexadecimal."""
    return hashlib.sha256(bytes.fromhex(seed)).hexdigest()


def code(seed: str, witness: str, group: int, expert: str) -> str:
    """An expert's lot in a group."""
    return hmac.digest(bytes.fromhex(seed), f"{witness}|{group}|{expert}".encode(), "sha256").hex()


def places(to_draw: int, multiplier: Decimal) -> int:
    """How many are drawn: rounded up (Q27)."""
    return math.ceil(to_draw * multiplier)


def draw(
    groups: Sequence[Group],
    candidates: Mapping[int, Sequence[Candidate]],
    multiplier: Decimal,
    seed: str,
    witness: str = "",
) -> dict[str, Any]:
    """The draw as a record of plain data, enough to verify it; raises NoChairCandidate.

    Shape: {algorithm, seed, commitment, witness, multiplier, chair_duty, groups: [{number, specialty, level, to_draw,
    places, candidates: [{expert, duty}], drawn: [expert]}], warnings}.
    """
    everybody = [expert for group in groups for expert in candidates[group.number]]
    duty = next((duty for duty in CHAIRS if any(one.duty == duty for one in everybody)), None)
    if duty is None:
        raise NoChairCandidate("请调整抽选小组，使主任委员或副主任委员在候选之列。")
    record: dict[str, Any] = {
        "algorithm": ALGORITHM,
        "seed": seed,
        "commitment": commitment(seed),
        "witness": witness,
        "multiplier": str(multiplier),
        "chair_duty": duty,
        "groups": [
            {
                "number": group.number,
                "specialty": group.specialty,
                "level": group.level,
                "to_draw": group.to_draw,
                "places": places(group.to_draw, multiplier),
                "candidates": [{"expert": one.id, "duty": one.duty} for one in candidates[group.number]],
            }
            for group in groups
        ],
    }
    for number, drawn in _drawn(record).items():
        next(group for group in record["groups"] if group["number"] == number)["drawn"] = drawn
    record["warnings"] = _warnings(record)
    return record


def _drawn(record: Mapping[str, Any]) -> dict[int, list[str]]:
    """Group number → drawn experts in order, from nothing but seed, witness, candidates and places."""
    seed, witness, duty = record["seed"], record["witness"], record["chair_duty"]
    orders: dict[int, list[str]] = {}
    chairs: list[tuple[str, int, str]] = []
    for group in record["groups"]:
        number = group["number"]
        codes = {one["expert"]: code(seed, witness, number, one["expert"]) for one in group["candidates"]}
        orders[number] = sorted(codes, key=lambda expert: codes[expert])[: group["places"]]
        chairs += [
            (codes[one["expert"]], number, one["expert"])
            for one in group["candidates"]
            if one["duty"] == duty
        ]
    if not any(expert in orders[number] for _, number, expert in chairs):
        _, number, expert = min(chairs)
        orders[number][-1] = expert
    return orders


def _warnings(record: Mapping[str, Any]) -> list[str]:
    found = []
    for group in record["groups"]:
        if len(group["candidates"]) < group["places"]:
            found.append(
                f"第{group['number']}组应抽 {group['places']} 人，候选仅 {len(group['candidates'])} 人，已全部抽取。"
            )
    if record["chair_duty"] != CHAIRS[0]:
        found.append("没有可抽选的主任委员，由副主任委员主持。")
    return found


def verify_draw(record: Mapping[str, Any]) -> list[str]:
    """Everything wrong with an exported record, as English sentences; an empty list means it is as drawn by lot.

    Checks the commitment, every group's order, and that attendance was decided in that order (LAW-04): nobody is
    confirmed while somebody drawn earlier in the group is undecided, and who was passed over has a reason.
    """
    if record.get("algorithm") != ALGORITHM:
        return [f"the algorithm is not {ALGORITHM}"]
    wrong = []
    if commitment(record["seed"]) != record["commitment"]:
        wrong.append("the seed is not the one committed to")
    orders = _drawn(record)
    for group in record["groups"]:
        number = group["number"]
        if group["drawn"] != orders[number]:
            wrong.append(f"group {number} is not in the order that the seed gives")
        wrong += _out_of_order(number, group["drawn"], record.get("attendance", []))
    return wrong


def _out_of_order(number: int, drawn: Sequence[str], attendance: Sequence[Mapping[str, Any]]) -> list[str]:
    outcome = {one["expert"]: one for one in attendance if one["group"] == number}
    wrong, open_before = [], False
    for expert in drawn:
        one = outcome.get(expert)
        state = one["outcome"] if one else "PENDING"
        if state == "CONFIRMED" and open_before:
            wrong.append(f"group {number}: {expert} was confirmed before somebody drawn earlier was asked")
        if state in ("SKIPPED", "CANCELLED") and not (one and one["reason"]):
            wrong.append(f"group {number}: {expert} was passed over without a reason")
        open_before = open_before or state == "PENDING"
    return wrong
