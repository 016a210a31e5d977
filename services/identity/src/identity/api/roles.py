"""A unit's roles (IDN-17)."""

from typing import Annotated
from uuid import UUID

from chassis.access import Relation, needs
from chassis.audit import audit
from chassis.db import get, save
from chassis.outbox import emit
from chassis.web import Caller, Db, IfMatch, Model, Page, Paging, Router, View, expect
from contracts.event import Actor
from contracts.identity.v1 import RoleDefined, RoleDeleted
from contracts.identity.v1 import RoleState as PublicRole
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from identity import queries, rules
from identity.api.me import PermissionView, labelled
from identity.domain.membership import (
    ROLES,
    Act,
    NotGrantable,
    RoleInUse,
    RoleNameTaken,
    RoleState,
    SelfGrant,
    check_grantable,
    check_not_widening_own,
)
from identity.store import units as store
from identity.tables import KnownUnit, Role

router = Router("identity", tags=["roles"])
MANAGE = needs("identity.role.manage", Relation.OWN_UNIT)

Names = Annotated[
    list[str],
    Field(min_length=1, max_length=100, examples=[["applications.own-staff.vet", "units.unit.edit"]]),
]


class DefineRole(Model):
    """Give a name to a choice of permissions."""

    name: str = Field(min_length=1, max_length=50, examples=["申报材料审核员"])
    permissions: Names


class RoleView(View):
    """A role and how many people hold it."""

    name: str
    permissions: list[PermissionView]
    holders: int


class Assignable(BaseModel):
    """What the caller may put into roles of the unit."""

    permissions: list[PermissionView]


@router.get("/permissions/assignable", access=MANAGE)
async def list_assignable(db: Db, caller: Caller) -> Assignable:
    """List the permissions that the unit's kinds may hold and the caller holds, with their labels."""
    unit = await get(db, KnownUnit, col(KnownUnit.id) == caller.unit)
    return Assignable(permissions=labelled(rules.assignable(unit.kinds) & caller.permissions))


@router.get("/roles", access=MANAGE)
async def list_roles(db: Db, caller: Caller, paging: Paging) -> Page[RoleView]:
    """List the unit's roles by name."""
    page = await Page.of(db, queries.roles(caller.unit), paging, lambda role: role)
    counts = await queries.holders(db, [role.id for role in page.items])
    return Page(
        items=[_view(role, counts.get(role.id, 0)) for role in page.items],
        total=page.total,
        page=page.page,
        size=page.size,
    )


@router.get("/roles/{role_id}", access=MANAGE)
async def show_role(role_id: UUID, db: Db, caller: Caller) -> RoleView:
    """Show a role."""
    role = await store.role_of(db, role_id, caller.unit)
    return _view(role, len(await store.holders_of(db, role.id)))


@router.post("/roles", access=MANAGE, status_code=201, refuses=[NotGrantable, RoleNameTaken])
async def define_role(body: DefineRole, db: Db, caller: Caller) -> RoleView:
    """Create a role with chosen permissions."""
    unit = await store.lock_unit(db, caller.unit)
    check_grantable(body.permissions, rules.assignable(unit.kinds), caller.permissions)
    await _check_name(db, unit.id, body.name)
    role = Role(unit_id=unit.id, name=body.name, permissions=sorted(set(body.permissions)))
    _tell(db, save(db, role), caller.actor)
    audit(db, caller, "identity.role.defined", role.id, body.name)
    return _view(role, 0)


@router.put("/roles/{role_id}", access=MANAGE, refuses=[NotGrantable, RoleNameTaken, SelfGrant])
async def edit_role(role_id: UUID, body: DefineRole, db: Db, caller: Caller, if_match: IfMatch) -> RoleView:
    """Change a role; whoever holds it has the new permissions from their next token on."""
    unit, role = await store.lock_role(db, role_id, caller.unit)
    expect(role, if_match)
    before, after = set(role.permissions), set(body.permissions)
    # What the role gave before may stay, whoever edits it.
    check_grantable(body.permissions, rules.assignable(unit.kinds), caller.permissions | before)
    holders = await store.holders_of(db, role.id)
    check_not_widening_own(any(staff.person == caller.person for staff in holders), before, after)
    if body.name != role.name:
        await _check_name(db, unit.id, body.name)
    role.name, role.permissions = body.name, sorted(after)
    role.state = RoleState(ROLES.next(role.state, Act.EDIT))
    _tell(db, save(db, role), caller.actor)
    audit(db, caller, "identity.role.edited", role.id, body.name)
    return _view(role, len(holders))


@router.delete("/roles/{role_id}", access=MANAGE, refuses=[RoleInUse])
async def delete_role(role_id: UUID, db: Db, caller: Caller, if_match: IfMatch) -> RoleView:
    """Delete a role that nobody holds."""
    _, role = await store.lock_role(db, role_id, caller.unit)
    expect(role, if_match)
    if holders := await store.holders_of(db, role.id):
        raise RoleInUse(f"请先为 {len(holders)} 名人员取消该角色。")
    role.state = RoleState(ROLES.next(role.state, Act.DELETE))
    _tell(db, save(db, role), caller.actor)
    audit(db, caller, "identity.role.deleted", role.id, role.name)
    return _view(role, 0)


async def _check_name(db: AsyncSession, unit_id: UUID, name: str) -> None:
    if await queries.role_named(db, unit_id, name):
        raise RoleNameTaken("请使用其他名称。")


def _tell(db: AsyncSession, role: Role, actor: Actor) -> None:
    gone = role.state == RoleState.DELETED
    event = RoleDeleted if gone else RoleDefined
    state = PublicRole(
        unit_id=role.unit_id, name=role.name, permissions=tuple(role.permissions), deleted=gone
    )
    emit(db, event(subject=role.id, revision=role.revision, actor=actor, state=state))


def _view(role: Role, holders: int) -> RoleView:
    allowed = [act for act in ROLES.allowed(role.state) if act != Act.DELETE or not holders]
    return RoleView(
        id=role.id,
        state=role.state,
        revision=role.revision,
        allowed_actions=allowed,
        name=role.name,
        permissions=labelled(set(role.permissions)),
        holders=holders,
    )
