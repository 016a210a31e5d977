"""An expert of a committee's library: what must be told, who may be one, where the admission stands."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from refusals import Complaint
from refusals.machine import Machine, Move

from committees.domain.filing import years_after
from committees.domain.scope import highest, rank


class ExpertStatus(StrEnum):
    """Where an expert stands (SM expert)."""

    TO_SUBMIT = "TO_SUBMIT"
    TO_VET = "TO_VET"
    RETURNED = "RETURNED"
    IN_LIBRARY = "IN_LIBRARY"
    SUSPENDED = "SUSPENDED"


class Event(StrEnum):
    """What happens to an expert."""

    ADD = "add"
    EDIT = "edit"
    SUBMIT = "submit"
    PASS = "pass"
    RETURN = "return"
    SUSPEND = "suspend"
    READMIT = "readmit"


_S, _E = ExpertStatus, Event
_OWNER, _VETTER = "establishing unit", "vetting unit"

MACHINE = Machine(
    "expert",
    (
        Move(None, _E.ADD, _S.TO_SUBMIT, _OWNER),
        *(Move(s, _E.EDIT, s, _OWNER) for s in (_S.TO_SUBMIT, _S.RETURNED)),
        *(Move(s, _E.SUBMIT, _S.TO_VET, _OWNER) for s in (_S.TO_SUBMIT, _S.RETURNED)),
        Move(_S.TO_VET, _E.PASS, _S.IN_LIBRARY, _VETTER),
        Move(_S.TO_VET, _E.RETURN, _S.RETURNED, _VETTER),
        Move(_S.IN_LIBRARY, _E.SUSPEND, _S.SUSPENDED, _OWNER),
        Move(_S.SUSPENDED, _E.READMIT, _S.IN_LIBRARY, _OWNER),
    ),
)

PHONE = re.compile(r"1[3-9][0-9]{9}")


def birth_month(text: str) -> str | None:
    """Return `yyyy-MM` of `yyyyMM`, `yyyy-MM` or a full date, None when it is none of them (Q28)."""
    digits = re.sub(r"[-/.年月日]", "", text)
    if not re.fullmatch(r"[0-9]{6}|[0-9]{8}", digits) or not 1 <= int(digits[4:6]) <= 12:
        return None
    return f"{digits[:4]}-{digits[4:6]}"


def age_of(birth: str, today: date) -> int:
    """Return the age in full years of somebody born in this month (`yyyy-MM`)."""
    year, month = int(birth[:4]), int(birth[5:7])
    return today.year - year - (today.month < month)


@dataclass(frozen=True, slots=True)
class Qualification:
    """What makes somebody an expert: a title, and for how long."""

    title_series: str
    title_level: str
    term_from: date
    term_until: date


def unqualified(
    expert: Qualification, levels: tuple[str, ...], series: str, related: tuple[str, ...], term_years: int
) -> tuple[Complaint, ...]:
    """Return why somebody may not be an expert of a committee for these levels (LAW-18)."""
    said = []
    if expert.title_series not in (series, *related):
        said.append(Complaint("/title_series", "series", "专家须具有所评系列或备案的相近系列的职称。"))
    if rank(expert.title_level) < rank(highest(levels)):
        said.append(Complaint("/title_name", "level", "专家的职称层级不得低于所评审的最高层级。"))
    if expert.term_until < expert.term_from:
        said.append(Complaint("/term_until", "date_order", "聘期结束时间不能早于开始时间。"))
    elif expert.term_until > years_after(expert.term_from, min(term_years, 3)):
        said.append(Complaint("/term_until", "term", "专家聘期不超过三年。"))
    return tuple(said)


REQUIRED = {
    "name": "姓名",
    "sex": "性别",
    "birth": "出生年月",
    "work_unit": "工作单位",
    "administrative_post": "行政职务",
    "phone": "联系电话1",
    "honours": "所获荣誉",
    "title_series": "现职称系列",
    "specialty": "现职称专业",
    "title_name": "现职称",
    "duty": "评委会职务",
    "term_until": "聘期至",
}


def left_out(values: dict[str, object]) -> tuple[Complaint, ...]:
    """Return a complaint for each required item that is blank (COM-08, COM-22)."""
    return tuple(
        Complaint(f"/{key}", "required", f"{label}：此项必填。")
        for key, label in REQUIRED.items()
        if not values.get(key)
    )
