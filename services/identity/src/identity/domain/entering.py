"""Who enters by which door, and as what."""

from dataclasses import dataclass
from enum import StrEnum

from refusals import Kind, Refusal


class Entrance(StrEnum):
    """The portal's login entrances (IDN-01, 13, 14)."""

    INDIVIDUAL = "individual"
    UNIT = "unit"
    INTRANET = "intranet"


# What the platform calls an account that came through each entrance.
ACCOUNT_TYPES = {
    Entrance.INDIVIDUAL: "individual",
    Entrance.UNIT: "legal_person",
    Entrance.INTRANET: "intranet",
}


class Standing(StrEnum):
    """As what somebody is logged in."""

    PERSON = "PERSON"
    NEW_UNIT = "NEW_UNIT"  # a unit that is not authorised may only ask for permission (UNT-08)
    SUPER_ADMIN = "SUPER_ADMIN"
    STAFF = "STAFF"


class WrongEntrance(Refusal):
    """请从正确的入口登录。"""

    slug, kind = "wrong-entrance", Kind.FORBIDDEN


class NotStaff(Refusal):
    """您不是该单位的工作人员。"""

    slug, kind = "not-staff", Kind.FORBIDDEN


class UnitUnnamed(Refusal):
    """身份认证平台没有提供单位信息。"""

    slug, kind = "unit-unnamed", Kind.FORBIDDEN


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """What entering depends on in a unit that is known."""

    authorised: bool
    is_hr: bool


@dataclass(frozen=True, slots=True)
class Membership:
    """Somebody's place in a unit."""

    active: bool
    super_admin: bool


def check_account_type(entrance: Entrance, account_type: str) -> None:
    """Raise WrongEntrance unless the platform's account is of the entrance's kind."""
    if ACCOUNT_TYPES[entrance] != account_type:
        raise WrongEntrance("个人账号、法人账号和内网账号须分别从各自的登录入口登录。")


def standing(
    entrance: Entrance, uscc: str | None, unit: UnitFacts | None, membership: Membership | None
) -> Standing:
    """Return as what one enters; `unit` is None when no unit of that code is known (IDN-13…16, UNT-08).

    Raises WrongEntrance for an authorised HR unit from outside the intranet and for others from inside,
    NotStaff for a stranger to an authorised unit, UnitUnnamed when the platform named no unit.
    """
    if entrance is Entrance.INDIVIDUAL:
        return Standing.PERSON
    if not uscc:
        raise UnitUnnamed("请联系平台为您的账号绑定单位。")
    if unit is None or not unit.authorised:
        return Standing.NEW_UNIT
    if unit.is_hr != (entrance is Entrance.INTRANET):
        raise WrongEntrance("人社部门请从内网入口登录，其他单位请从法人入口登录。")
    if membership is None or not membership.active:
        raise NotStaff("请联系本单位超级管理员为您创建账号并分配角色。")
    return Standing.SUPER_ADMIN if membership.super_admin else Standing.STAFF
