"""A unit's staff: who acts for it, with which roles (IDN-16)."""

from datetime import date
from typing import Annotated
from uuid import UUID

from chassis import clock
from chassis.access import Relation, needs
from chassis.audit import audit
from chassis.db import save
from chassis.persons import RESIDENT_ID, ref
from chassis.problems import Invalid
from chassis.web import Caller, Config, Db, IfMatch, Model, Page, Paging, Router, View, expect
from provinces.packs import load_pack
from provinces.people import IdNumberInvalid, mask_id, parse_id_number
from pydantic import BaseModel, Field
from refusals import Complaint
from refusals.machine import IllegalMove
from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from identity import queries
from identity.actions.staffing import tell
from identity.domain.membership import (
    STAFF,
    Act,
    RoleUnknown,
    SelfGrant,
    StaffExists,
    StaffState,
    SuperAdministrator,
)
from identity.store import grants
from identity.store import units as store
from identity.tables import Role, Staff

router = Router("identity", tags=["staff"])
MANAGE = needs("identity.staff.manage", Relation.OWN_UNIT)

RoleIds = Annotated[list[UUID], Field(min_length=1, max_length=20, description="roles of the unit")]


class AddStaff(Model):
    """Let a person act for the unit."""

    name: str = Field(min_length=2, max_length=50, examples=["王小明"])
    id_type: str = Field(default=RESIDENT_ID, max_length=40, examples=["RESIDENT_ID"])
    id_number: str = Field(min_length=5, max_length=30, examples=["11010519491231002X"])
    role_ids: RoleIds


class AssignRoles(Model):
    """Replace somebody's roles."""

    role_ids: RoleIds


class SearchStaff(Model):
    """Find staff by name or number; neither travels in an address."""

    name: str = Field(default="", max_length=50)
    id_type: str = Field(default=RESIDENT_ID, max_length=40)
    id_number: str = Field(default="", max_length=30)


class RoleName(BaseModel):
    """A role by name."""

    id: UUID
    name: str


class StaffView(View):
    """A member; a handler's name is known once they have logged in."""

    person: UUID
    name: str
    id_type: str | None
    id_number: str | None = Field(description="masked")
    super_admin: bool
    roles: list[RoleName]


@router.get("/staff", access=MANAGE)
async def list_staff(db: Db, caller: Caller, paging: Paging, role_id: UUID | None = None) -> Page[StaffView]:
    """List who acts for the unit."""
    return await _page(db, queries.staff(caller.unit, role_id=role_id), paging)


@router.post("/staff/search", access=MANAGE, idempotent=False)
async def search_staff(body: SearchStaff, db: Db, caller: Caller, paging: Paging) -> Page[StaffView]:
    """Find staff by part of the name, or by the whole number."""
    person = ref(body.id_type, body.id_number) if body.id_number else None
    return await _page(db, queries.staff(caller.unit, name=body.name, person=person), paging)


@router.get("/staff/{staff_id}", access=MANAGE)
async def show_staff(staff_id: UUID, db: Db, caller: Caller) -> StaffView:
    """Show a member."""
    staff = await store.member_of(db, staff_id, caller.unit)
    return _view(staff, await store.roles_of(db, staff.id))


@router.post("/staff", access=MANAGE, status_code=201, refuses=[RoleUnknown, SelfGrant, StaffExists])
async def add_staff(body: AddStaff, db: Db, caller: Caller, config: Config) -> StaffView:
    """Create a staff account: the person logs in by the unit's entrance with exactly these roles."""
    number = _checked_number(body.id_type, body.id_number, clock.local_date(clock.now()), config.province)
    unit = await store.lock_unit(db, caller.unit)
    roles = await _roles(db, unit.id, body.role_ids)
    person = await store.present_person(db, ref(body.id_type, number))
    if person == caller.person:
        raise SelfGrant("请由其他管理人员为您分配角色。")
    staff = await store.staff_of(db, unit.id, person)
    if staff is not None and staff.state == StaffState.ACTIVE:
        raise StaffExists("请在人员列表中修改其角色。")
    staff = staff or Staff(unit_id=unit.id, person=person, name="")
    account = await store.account_of(db, person)
    # Who has logged in before keeps the platform's name (IDN-04).
    staff.name = account.name if account else body.name
    staff.id_type, staff.masked_number = body.id_type, mask_id(number)
    staff.state = StaffState.ACTIVE
    save(db, staff)
    await store.give_roles(db, staff, roles)
    await tell(db, staff, caller.actor)
    audit(db, caller, "identity.staff.added", staff.id)
    return _view(staff, roles)


@router.put("/staff/{staff_id}", access=MANAGE, refuses=[IllegalMove, RoleUnknown, SelfGrant])
async def assign_roles(
    staff_id: UUID, body: AssignRoles, db: Db, caller: Caller, if_match: IfMatch
) -> StaffView:
    """Replace a member's roles; the old ones stop at the member's next token."""
    unit, staff = await store.lock_member(db, staff_id, caller.unit)
    expect(staff, if_match)
    if staff.person == caller.person:
        raise SelfGrant("请由其他管理人员为您分配角色。")
    roles = await _roles(db, unit.id, body.role_ids)
    staff.state = StaffState(STAFF.next(staff.state, Act.ASSIGN))
    save(db, staff)
    await store.give_roles(db, staff, roles)
    await tell(db, staff, caller.actor)
    audit(db, caller, "identity.staff.roles-assigned", staff.id)
    return _view(staff, roles)


@router.delete("/staff/{staff_id}", access=MANAGE, refuses=[IllegalMove, SuperAdministrator])
async def remove_staff(staff_id: UUID, db: Db, caller: Caller, if_match: IfMatch) -> StaffView:
    """End a membership; the person's sessions for the unit end with it."""
    unit, staff = await store.lock_member(db, staff_id, caller.unit)
    expect(staff, if_match)
    if staff.super_admin:
        raise SuperAdministrator("经办人由上级单位或在本单位信息中维护。")
    staff.state = StaffState(STAFF.next(staff.state, Act.REMOVE))
    await store.give_roles(db, staff, ())
    save(db, staff)
    await tell(db, staff, caller.actor)
    if account := await store.account_of(db, staff.person):
        await grants.end_all(db, account.id, unit.uscc)
    audit(db, caller, "identity.staff.removed", staff.id)
    return _view(staff, [])


def _checked_number(id_type: str, number: str, today: date, province: str) -> str:
    number = number.strip().upper()
    if id_type not in load_pack(province).code_list("id_type"):
        raise Invalid(
            "请选择证件类型。", complaints=(Complaint("/id_type", "unknown", "没有这种证件类型。"),)
        )
    if id_type == RESIDENT_ID:
        try:
            parse_id_number(number, today)
        except IdNumberInvalid as wrong:
            complaint = Complaint("/id_number", IdNumberInvalid.slug, wrong.detail)
            raise Invalid("请核对证件号码。", complaints=(complaint,)) from None
    return number


async def _roles(db: AsyncSession, unit_id: UUID, wanted: list[UUID]) -> list[Role]:
    roles = await store.known_roles(db, unit_id, wanted)
    known = {role.id for role in roles}
    unknown = tuple(
        Complaint(f"/role_ids/{index}", "unknown", "本单位没有此角色。")
        for index, role_id in enumerate(wanted)
        if role_id not in known
    )
    if unknown:
        raise RoleUnknown("请从本单位的角色中选择。", complaints=unknown)
    return roles


async def _page(db: AsyncSession, query: Select[tuple[Staff]], paging: Paging) -> Page[StaffView]:
    page = await Page.of(db, query, paging, lambda staff: staff)
    roles = await queries.roles_by_staff(db, [staff.id for staff in page.items])
    items = [_view(staff, roles.get(staff.id, [])) for staff in page.items]
    return Page(items=items, total=page.total, page=page.page, size=page.size)


def _view(staff: Staff, roles: list[Role]) -> StaffView:
    allowed = STAFF.allowed(staff.state)
    return StaffView(
        id=staff.id,
        state=staff.state,
        revision=staff.revision,
        allowed_actions=[act for act in allowed if act != Act.REMOVE or not staff.super_admin],
        person=staff.person,
        name=staff.name,
        id_type=staff.id_type,
        id_number=staff.masked_number,
        super_admin=staff.super_admin,
        roles=[RoleName(id=role.id, name=role.name) for role in roles],
    )
