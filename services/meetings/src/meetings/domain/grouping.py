"""Specialty groups, the applicants' order and their reviewers (MTG-12, 13, 22; LAW-07; BEY-05)."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from refusals import Complaint, Kind, Refusal


class GroupingInvalid(Refusal):
    """专家分组有误。"""

    slug, kind = "grouping-invalid", Kind.INVALID


class OrderInvalid(Refusal):
    """参评人员顺序有误。"""

    slug, kind = "order-invalid", Kind.INVALID


class ReviewersInvalid(Refusal):
    """主审、辅审安排有误。"""

    slug, kind = "reviewers-invalid", Kind.INVALID


class NotArranged(Refusal):
    """人员分配尚未完成。"""

    slug, kind = "not-arranged", Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class SpecialtyGroup:
    """Experts who judge the applicants of some specialties, under a leader."""

    number: int
    leader: str
    members: tuple[str, ...]
    specialties: tuple[str, ...]


def check_grouping(groups: Sequence[SpecialtyGroup], seats: Iterable[str], smallest: int) -> None:
    """Raise GroupingInvalid unless every seat is in one group, each large enough and led by a member."""
    complaints: list[Complaint] = []
    placed: set[str] = set()
    named: set[str] = set()
    known = set(seats)
    for at, group in enumerate(groups):
        here = f"/groups/{at}"
        members = set(group.members)
        if len(members) < smallest:
            complaints.append(Complaint(f"{here}/members", "size", f"每组不少于 {smallest} 名专家。"))
        if group.leader not in members:
            complaints.append(Complaint(f"{here}/leader", "member", "组长须为本组专家。"))
        if members - known:
            complaints.append(Complaint(f"{here}/members", "unknown", "只能选择参评专家。"))
        if members & placed or len(members) != len(group.members):
            complaints.append(Complaint(f"{here}/members", "unique", "每位专家只能在一个组。"))
        if set(group.specialties) & named:
            complaints.append(Complaint(f"{here}/specialties", "unique", "每个专业只能由一个组评审。"))
        placed |= members
        named |= set(group.specialties)
    if known - placed:
        complaints.append(Complaint("/groups", "complete", f"还有 {len(known - placed)} 名专家没有分组。"))
    if complaints:
        raise GroupingInvalid("请按提示修改后重新提交。", complaints=tuple(complaints))


def group_of(groups: Sequence[SpecialtyGroup], specialty: str) -> int | None:
    """The number of the group that reviews a specialty."""
    return next((group.number for group in groups if specialty in group.specialties), None)


def check_order(wanted: Sequence[str], pool: Iterable[str]) -> None:
    """Raise OrderInvalid unless the order names every applicant of the pool once (MTG-12)."""
    complaints, seen, known = [], set[str](), set(pool)
    for at, applicant in enumerate(wanted):
        if applicant in seen:
            complaints.append(Complaint(f"/applicants/{at}", "unique", "重复出现。"))
        if applicant not in known:
            complaints.append(Complaint(f"/applicants/{at}", "unknown", "不在待分配名单中。"))
        seen.add(applicant)
    if missing := known - seen:
        complaints.append(Complaint("/applicants", "complete", f"还有 {len(missing)} 人没有排序。"))
    if complaints:
        raise OrderInvalid("请按提示修改后重新提交。", complaints=tuple(complaints))


@dataclass(frozen=True, slots=True)
class Reviewers:
    """Who writes opinions on an applicant."""

    applicant: str
    lead: str
    assistants: tuple[str, ...]
    seats: frozenset[str] = field(default=frozenset())

    @property
    def everybody(self) -> tuple[str, ...]:
        """Lead first."""
        return (self.lead, *self.assistants)


def check_reviewers(
    wanted: Sequence[Reviewers],
    applicants: Iterable[str],
    recused: Mapping[str, frozenset[str]],
    smallest: int,
) -> None:
    """Raise ReviewersInvalid; `recused` names the seats that must not judge an applicant, `smallest` how many it takes.

    `Reviewers.seats` are the seats that may be chosen for the applicant: those of its group, or all.
    """
    complaints, known = [], set(applicants)
    for at, one in enumerate(wanted):
        here = f"/reviewers/{at}"
        if one.applicant not in known:
            complaints.append(Complaint(f"{here}/application_id", "unknown", "不在参评人员之列。"))
        if len(set(one.everybody)) != len(one.everybody):
            complaints.append(Complaint(here, "unique", "主审、辅审不能重复。"))
        if len(one.everybody) < smallest:
            complaints.append(Complaint(here, "size", f"主审、辅审合计不少于 {smallest} 人。"))
        if set(one.everybody) - one.seats:
            complaints.append(Complaint(here, "seat", "只能选择参评专家；分组的须为本组专家。"))
        if set(one.everybody) & recused.get(one.applicant, frozenset()):
            complaints.append(Complaint(here, "recusal", "须回避的专家不能担任主审或辅审。"))
    if complaints:
        raise ReviewersInvalid("请按提示修改后重新提交。", complaints=tuple(complaints))


def same_unit(work_unit: str, employer: str) -> bool:
    """Whether an expert's work unit, as typed in, is the applicant's employer (BEY-05)."""
    return bool(_plain(work_unit)) and _plain(work_unit) == _plain(employer)


def _plain(name: str) -> str:
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(character for character in folded if character.isalnum())


class OpinionsMissing(Refusal):
    """部分参评人员尚无书面评审意见，不能投票。"""

    slug, kind = "opinions-missing", Kind.CONFLICT


def opinions_suffice(reviewers: int, group_members: int, reviewers_min: int, group_min: int) -> bool:
    """Whether an applicant may be voted on: opinions of enough reviewers, or of a large enough group (LAW-07).

    `reviewers` counts written opinions; `group_members` the experts of a group that gave its opinion, 0 without one.
    """
    return reviewers >= reviewers_min or (group_members >= group_min and group_members > 0)
