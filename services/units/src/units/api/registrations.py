"""A self-registered unit asks for permission, and follows its request (UNT-08)."""

from uuid import UUID

from chassis import clock
from chassis.access import Relation, needs
from chassis.audit import audit
from chassis.db import get
from chassis.outbox import emit
from chassis.problems import Missing
from chassis.web import Caller, Db, Files, IfMatch, Router, expect
from contracts.units.v1 import UnitPermissionRequested
from provinces.uscc import UsccInvalid, parse_uscc
from pydantic import Field
from refusals import Complaint, Kind, Refusal
from refusals.machine import IllegalMove
from sqlalchemy.ext.asyncio import AsyncSession

from units import store
from units.api.inputs import Handlers, Kinds, UnitDetails, fill
from units.api.province import Rules
from units.api.views import UnitView, unit_view
from units.domain.registration import AlreadyRegistered, Registration, Who
from units.domain.tree import KindNotOffered, SuperiorInvalid, check_kinds
from units.rules import UnitRules
from units.tables import Unit

router = Router(tags=["registrations"])
REQUEST = "units.permission.request"


class LegalPersonLoginNeeded(Refusal):
    """请以单位法人身份登录后申请。"""

    slug, kind = "legal-person-login-needed", Kind.FORBIDDEN


class CallerNotHandler(Refusal):
    """经办人中须包含申请人本人。"""

    slug, kind = "caller-not-handler", Kind.INVALID


class LicenceNeeded(Refusal):
    """请上传营业执照（或法人证书）。"""

    slug, kind = "licence-needed", Kind.INVALID


class RequestPermission(UnitDetails, Handlers):
    """The unit's data; its name and code are those it logged in with."""

    superior_id: UUID = Field(description="Superior in title business, found by `GET /superiors` (UNT-04).")
    kinds: Kinds


REFUSALS: list[type[Refusal]] = [
    LegalPersonLoginNeeded, UsccInvalid, CallerNotHandler, LicenceNeeded, SuperiorInvalid, KindNotOffered,
]  # fmt: skip


@router.get(
    "/registrations/own", access=needs(REQUEST, Relation.OWN_UNIT), refuses=[LegalPersonLoginNeeded, Missing]
)
async def show_own_registration(db: Db, caller: Caller, rules: Rules, files: Files) -> UnitView:
    """What became of the unit's request; 404 while it has not asked."""
    unit = await get(db, Unit, Unit.uscc == _login(caller)[0])
    return await unit_view(unit, Who.HANDLER, rules, files)


@router.post(
    "/registrations",
    access=needs(REQUEST, Relation.OWN_UNIT),
    refuses=[*REFUSALS, AlreadyRegistered],
    status_code=201,
)
async def request_permission(
    body: RequestPermission, db: Db, caller: Caller, rules: Rules, files: Files
) -> UnitView:
    """Ask the superior for permission; until it passes the request no function is open."""
    uscc, name = _login(caller)
    if await store.is_registered(db, uscc):
        raise AlreadyRegistered("本单位已提出申请或已获得授权，请查看办理情况。")
    unit = Unit(uscc=uscc, name=name)
    await _write(db, caller, rules, unit, body)
    return await _submit(db, caller, rules, files, unit, Registration.request(body.superior_id))


@router.post(
    "/registrations/own/resubmit",
    access=needs(REQUEST, Relation.OWN_UNIT),
    refuses=[*REFUSALS, IllegalMove, Missing],
)
async def resubmit_permission(
    body: RequestPermission, db: Db, caller: Caller, rules: Rules, files: Files, if_match: IfMatch
) -> UnitView:
    """Correct a returned request and hand it in again."""
    uscc, name = _login(caller)
    unit = await store.lock_unit(db, Unit.uscc == uscc)
    expect(unit, if_match)
    moved = store.registration(unit).resubmit(body.superior_id)
    unit.name = name  # the platform may have corrected it
    await _write(db, caller, rules, unit, body)
    return await _submit(db, caller, rules, files, unit, moved)


def _login(caller: Caller) -> tuple[str, str]:
    """Code and name of the unit logged in for; raises `LegalPersonLoginNeeded`, `UsccInvalid`."""
    if not caller.uscc or not caller.unit_name:
        raise LegalPersonLoginNeeded
    return parse_uscc(caller.uscc), caller.unit_name


async def _write(
    db: AsyncSession, caller: Caller, rules: UnitRules, unit: Unit, body: RequestPermission
) -> None:
    superior = await store.superior(db, body.superior_id)
    check_kinds(body.kinds, rules.offered_by(superior.kinds))
    unit.kinds = sorted(body.kinds)
    unit.handlers = body.records(rules)
    if str(caller.person) not in {handler["person"] for handler in unit.handlers}:
        detail = "请把本人添加为经办人，证件号码须与登录身份一致。"
        raise CallerNotHandler(detail, complaints=(Complaint("/handlers", "caller", detail),))
    await fill(db, caller, rules, unit, body)
    if unit.licence is None:
        detail = "请上传 PDF、JPEG 或 PNG 格式的扫描件，不超过 5 MB。"
        raise LicenceNeeded(detail, complaints=(Complaint("/licence_file_id", "required", detail),))


async def _submit(
    db: AsyncSession, caller: Caller, rules: UnitRules, files: Files, unit: Unit, moved: Registration
) -> UnitView:
    unit.requested_at, unit.pack = clock.now(), rules.pack.ref
    store.save_unit(db, unit, moved)
    emit(
        db,
        UnitPermissionRequested(
            subject=unit.id, revision=unit.revision, actor=caller.actor, state=store.public_state(unit)
        ),
    )
    audit(db, caller, "units.permission.requested", unit.id)
    return await unit_view(unit, Who.HANDLER, rules, files)
