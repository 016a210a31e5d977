"""Which committee an applicant may choose (APP-03..08, LAW-16)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from applications.domain import refusals as no


@dataclass(frozen=True, slots=True)
class Choice:
    """What is applied for; the series by its code."""

    series: str
    level: str
    specialty: str
    title: str


@dataclass(frozen=True, slots=True)
class CommitteeFacts:
    """What choosing must know of a filed committee."""

    id: UUID
    name: str
    series: str
    levels: frozenset[str]
    specialties: frozenset[str]  # empty = all of the series
    area: str
    natures: frozenset[str]  # empty = no limit

    def reviews(self, choice: Choice) -> bool:
        """Say whether it reviews this series, level and specialty."""
        return (
            self.series == choice.series
            and choice.level in self.levels
            and (not self.specialties or choice.specialty in self.specialties)
        )

    def covers(self, path: Sequence[str]) -> bool:
        """Say whether its area is the jurisdiction or an ancestor of it (APP-04)."""
        return self.area in path

    def admits(self, nature: str) -> bool:
        """Say whether it takes staff of units of this nature (APP-06)."""
        return not self.natures or nature in self.natures


def responsible(
    committees: Iterable[CommitteeFacts], choice: Choice, path: Sequence[str], nature: str
) -> tuple[CommitteeFacts, ...]:
    """Return the committees that are directly applicable, the nearest area first (LAW-16)."""
    fitting = [one for one in committees if one.reviews(choice) and one.covers(path) and one.admits(nature)]
    return tuple(sorted(fitting, key=lambda one: (-path.index(one.area), one.name)))


def check_committee(
    chosen: CommitteeFacts,
    committees: Iterable[CommitteeFacts],
    choice: Choice,
    *,
    path: Sequence[str],
    nature: str,
    entrusted: bool,
) -> None:
    """Refuse a committee that this applicant may not choose.

    Raises CommitteeDoesNotReview, NatureNotAdmitted, CommitteeNotResponsible or EntrustmentNotOffered.
    """
    if not chosen.reviews(choice):
        raise no.CommitteeDoesNotReview("请按申报系列、层级和专业重新选择评审委员会。")
    if not chosen.admits(nature):
        raise no.NatureNotAdmitted("请选择受理本单位性质的评审委员会。")
    local = responsible(committees, choice, path, nature)
    names = "、".join(one.name for one in local)
    if entrusted and local:
        raise no.EntrustmentNotOffered(f"请向负责本地区的评审委员会申报：{names}。")
    if not entrusted and chosen not in local:
        hint = f"请向负责本地区的评审委员会申报：{names}。" if local else "如需跨地区评审，请选择委托评审。"
        raise no.CommitteeNotResponsible(hint)


class WorkingStatus(StrEnum):
    """What a listed committee is doing (APP-05); labels are in the pack."""

    NOT_STARTED = "PUBLISHED"
    RECEIVING = "RECEIVING"
    CLOSED = "RECEIPT_CLOSED"
    NONE = "NONE"


_PUBLISHED = frozenset({"PUBLISHED", "RECEIVING", "RECEIPT_CLOSED"})


def is_published(state: str) -> bool:
    """Say whether applicants may see a campaign in this state."""
    return state in _PUBLISHED or state == "CLOSED"


def working_status(
    state: str | None, start: datetime, first_deadline: datetime, now: datetime
) -> WorkingStatus:
    """Return the working status; time decides, however late the campaign's own events arrive."""
    if state is None or not is_published(state):
        return WorkingStatus.NONE
    if state in ("CLOSED", "RECEIPT_CLOSED") or now >= first_deadline:
        return WorkingStatus.CLOSED
    return WorkingStatus.RECEIVING if now >= start else WorkingStatus.NOT_STARTED


def check_open(state: str | None, start: datetime, first_deadline: datetime, now: datetime) -> None:
    """Raise CampaignNotOpen before the start and from the first-submission deadline on (APP-33)."""
    match working_status(state, start, first_deadline, now):
        case WorkingStatus.NOT_STARTED:
            raise no.CampaignNotOpen("评审活动尚未开始接收申报，请在开始时间后申报。")
        case WorkingStatus.CLOSED:
            raise no.CampaignNotOpen("评审活动已过申报材料提交截止时间。")
        case WorkingStatus.NONE:
            raise no.NoCampaign("请咨询评审委员会。")


def check_person(*, in_service: bool, punishment: str, punished: bool, nature: str) -> None:
    """Raise NotInService or UnderPunishment (BEY-11, LAW-14); `punished` = the time is not over yet."""
    if not in_service:
        raise no.NotInService("职称评审面向在职在岗专业技术人员。")
    if nature == "INSTITUTION" and punished and punishment in ("DEMERIT", "DEMOTION", "DISMISSAL"):
        raise no.UnderPunishment("事业单位工作人员受记过以上处分的，处分期内不能申报。")
