"""Who is logged in, as the header of the personal centre shows it."""

from uuid import UUID

from chassis.access import Relation, signed_in
from chassis.web import Caller, Db, Router
from contracts.permissions import PERMISSIONS
from provinces.people import mask_name
from pydantic import BaseModel, Field

from identity.tables import Account

router = Router("identity", tags=["me"])


class PermissionView(BaseModel):
    """A permission and what people call it."""

    name: str = Field(examples=["units.unit.edit"])
    label: str = Field(examples=["本单位信息管理"])


class MeView(BaseModel):
    """The caller; name and number are masked (IDN-20)."""

    person: UUID
    name: str = Field(examples=["**华"])
    id_type: str | None = Field(examples=["RESIDENT_ID"])
    id_number: str | None = Field(examples=["*****5532"])
    kind: str = Field(examples=["individual"])
    unit_id: UUID | None
    uscc: str | None
    unit_name: str | None
    authorised: bool = Field(description="False for a unit that still has to ask for permission (UNT-08).")
    permissions: list[PermissionView]


@router.get("/me", access=signed_in(Relation.OWN))
async def me(db: Db, caller: Caller) -> MeView:
    """Show the caller with name and number masked, the acting unit, and what may be done."""
    account = await db.get(Account, caller.account)
    return MeView(
        person=caller.person,
        name=mask_name(account.name if account else caller.name),
        id_type=account.id_type if account else None,
        id_number=account.masked_number if account else None,
        kind=caller.kind,
        unit_id=caller.unit_id,
        uscc=caller.uscc,
        unit_name=caller.unit_name,
        authorised=caller.kind != "unit" or caller.unit_id is not None,
        permissions=labelled(caller.permissions),
    )


def labelled(names: frozenset[str] | set[str]) -> list[PermissionView]:
    """Permissions with their labels, in the order in which they are declared."""
    return [PermissionView(name=p.name, label=p.label) for p in PERMISSIONS.values() if p.name in names]
