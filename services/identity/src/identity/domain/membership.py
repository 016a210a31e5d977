"""Roles and staff of a unit: their states and what nobody may do."""

from collections.abc import Set
from enum import StrEnum

from refusals import Complaint, Kind, Refusal
from refusals.machine import Machine, Move


class RoleState(StrEnum):
    """A role is there or gone."""

    ACTIVE = "ACTIVE"
    DELETED = "DELETED"


class StaffState(StrEnum):
    """A person acts for the unit or no longer does."""

    ACTIVE = "ACTIVE"
    REMOVED = "REMOVED"


class Act(StrEnum):
    """What is done to roles and staff."""

    DEFINE = "define"
    EDIT = "edit"
    DELETE = "delete"
    ASSIGN = "assign"
    REMOVE = "remove"


ROLES = Machine(
    "role",
    (
        Move(None, Act.DEFINE, RoleState.ACTIVE, who="super-admin"),
        Move(RoleState.ACTIVE, Act.EDIT, RoleState.ACTIVE, who="super-admin"),
        Move(RoleState.ACTIVE, Act.DELETE, RoleState.DELETED, who="super-admin"),
    ),
)
STAFF = Machine(
    "staff",
    (
        Move(None, Act.ASSIGN, StaffState.ACTIVE, who="super-admin"),
        Move(StaffState.ACTIVE, Act.ASSIGN, StaffState.ACTIVE, who="super-admin"),
        Move(StaffState.ACTIVE, Act.REMOVE, StaffState.REMOVED, who="super-admin"),
        Move(StaffState.REMOVED, Act.ASSIGN, StaffState.ACTIVE, who="super-admin"),
    ),
)


class NotGrantable(Refusal):
    """所选权限中有本单位或您本人不能授予的。"""

    slug, kind = "permission-not-grantable", Kind.INVALID


class RoleNameTaken(Refusal):
    """本单位已有同名角色。"""

    slug, kind = "role-name-taken", Kind.CONFLICT


class RoleInUse(Refusal):
    """仍有人员使用该角色，不能删除。"""

    slug, kind = "role-in-use", Kind.CONFLICT


class RoleUnknown(Refusal):
    """所选角色不存在。"""

    slug, kind = "role-unknown", Kind.INVALID


class SelfGrant(Refusal):
    """不能为自己分配角色或扩大自己的权限。"""

    slug, kind = "self-grant", Kind.FORBIDDEN


class StaffExists(Refusal):
    """该人员已是本单位工作人员。"""

    slug, kind = "staff-exists", Kind.CONFLICT


class SuperAdministrator(Refusal):
    """超级管理员不在此处管理。"""

    slug, kind = "super-administrator", Kind.CONFLICT


def check_grantable(wanted: list[str], assignable: Set[str], held: Set[str]) -> None:
    """Raise NotGrantable for permissions that the unit's kinds may not hold, or that the granter lacks."""
    complaints = tuple(
        Complaint(f"/permissions/{index}", "not-grantable", "此项权限不能授予，请取消选择。")
        for index, name in enumerate(wanted)
        if name not in assignable or name not in held
    )
    if complaints:
        raise NotGrantable("请仅从可分配的权限中选择。", complaints=complaints)


def check_not_widening_own(holds_role: bool, before: Set[str], after: Set[str]) -> None:
    """Raise SelfGrant when somebody adds permissions to a role of their own."""
    if holds_role and after - before:
        raise SelfGrant("您本人持有该角色，请由其他管理人员增加权限。")
