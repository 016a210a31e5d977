"""Defects are told once and completely, with a date; not mended by then means given up (LAW-19, BEY-10)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from applications.domain import refusals as no


class Ground(StrEnum):
    """Why an application is rejected."""

    CONDITIONS = "CONDITIONS"  # the applicant does not meet the conditions, or cheated
    MATERIAL = "MATERIAL"  # defects of material that a notice did not get mended


@dataclass(frozen=True, slots=True)
class Notice:
    """That a unit told the applicant about defects: of which modules (None = the whole), and by when to mend."""

    unit: UUID
    at: datetime
    modules: tuple[str | None, ...]
    correct_by: datetime


def check_reject(ground: Ground, notices: Iterable[Notice]) -> None:
    """Raise NoticeNeeded where material is the reason but nobody told the applicant what to mend."""
    if ground is Ground.MATERIAL and not tuple(notices):
        raise no.NoticeNeeded("请先退回申报人，一次性告知全部问题和补正期限。")


def check_told_once(
    unit: UUID, modules: Iterable[str | None], notices: Iterable[Notice], changed: Mapping[str, datetime]
) -> None:
    """Raise DefectsToldOnce when a unit returns again for what it could have told the first time.

    It may repeat what it told before and object to what was changed since; it may not find new defects in modules
    (`changed`: module → last change) that have lain before it unchanged since its first notice.
    """
    mine = [one for one in notices if one.unit == unit]
    if not mine:
        return
    told = {name for one in mine for name in one.modules}
    first = min(one.at for one in mine)
    new = [
        name
        for name in modules
        if name is not None and name not in told and not (name in changed and changed[name] > first)
    ]
    if new:
        raise no.DefectsToldOnce("所指模块自上次告知后未作修改，不能再次提出新的问题。")


def within_receipt(working_days_later: datetime, receipt: datetime, now: datetime) -> datetime:
    """Return the date to be told where the campaign's modified-submission deadline has passed already.

    The law's notice still needs a date: some working days, within the receipt deadline. Raises ReceiptOver when
    there is no time left.
    """
    until = min(working_days_later, receipt)
    if until <= now:
        raise no.ReceiptOver("已没有可供补正的时间。")
    return until
