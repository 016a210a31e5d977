"""Which department supervises submissions of an area for a committee level (UNT-15)."""

from collections.abc import Collection, Iterable

from refusals import Complaint, Kind, Refusal

from units.domain.registration import OPEN, UnitStatus

SUPERVISING_KINDS = frozenset({"HR", "SUPERVISING"})


class SupervisorInvalid(Refusal):
    """所选单位不能作为主管部门。"""

    slug, kind = "supervisor-invalid", Kind.INVALID


class AreaOutside(Refusal):
    """所选区域不在本单位职称业务归属地范围内。"""

    slug, kind = "area-outside", Kind.INVALID


def check_supervisor(kinds: Iterable[str], state: UnitStatus) -> None:
    """Raise `SupervisorInvalid` unless the unit is authorised and an HR or supervising department."""
    if state not in OPEN or SUPERVISING_KINDS.isdisjoint(kinds):
        raise not_a_supervisor()


def not_a_supervisor() -> SupervisorInvalid:
    """The refusal of a unit that is unknown, not authorised or of another kind: the three look the same."""
    detail = "请选择已授权的人社部门或主管部门。"
    return SupervisorInvalid(detail, complaints=(Complaint("/supervising_unit_id", "kind", detail),))


def check_area(home: str, area_path: Collection[str]) -> None:
    """Raise `AreaOutside` unless the area (its path from the province) lies in the unit's own region."""
    if home not in area_path:
        raise AreaOutside("请选择本单位归属地之内的区域。")
