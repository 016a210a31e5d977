"""Creating a subordinate in three steps: ① basics, ② legal person, ③ handlers (UNT-03 to UNT-07)."""

from uuid import UUID

from chassis.access import Relation, needs
from chassis.audit import audit
from chassis.db import get, save
from chassis.web import Caller, Db, Files, IfMatch, Page, Paging, Router, View, expect
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from units import store
from units.actions import create_unit
from units.api.inputs import Handlers, PersonTyped, UnitBasics, Uscc, fill
from units.api.province import Rules
from units.api.views import PersonView, UnitView, unit_view
from units.domain.drafts import Draft, LegalPersonNeeded, LegalPersonNotNeeded, Step
from units.domain.registration import AlreadyRegistered, Who
from units.domain.tree import KindNotOffered, check_kinds
from units.rules import UnitRules, refuse
from units.tables import Unit, UnitDraft

router = Router(tags=["drafts"])
MANAGE = "units.subordinate.manage"


class DescribeUnit(UnitBasics):
    """Step ①; `registered_at_platform` says whether the unit can log in as a legal person already."""

    uscc: Uscc
    registered_at_platform: bool = False


class DescribeLegalPerson(PersonTyped):
    """Step ②."""


class CompleteUnit(Handlers):
    """Step ③: the unit comes into being."""


class DraftView(View):
    """A unit in the making; `next_step` says what to fill in."""

    next_step: Step
    basic: DescribeUnit
    legal_person: PersonView | None


@router.get("/drafts", access=needs(MANAGE, Relation.OWN_UNIT))
async def list_drafts(db: Db, caller: Caller, paging: Paging, rules: Rules) -> Page[DraftView]:
    """The acting unit's drafts, newest first."""
    mine = select(UnitDraft).where(UnitDraft.superior_id == caller.unit).order_by(UnitDraft.id.desc())
    return await Page.of(db, mine, paging, lambda draft: _view(draft, rules))


@router.post(
    "/drafts",
    access=needs(MANAGE, Relation.OWN_UNIT),
    refuses=[AlreadyRegistered, KindNotOffered],
    status_code=201,
)
async def create_draft(body: DescribeUnit, db: Db, caller: Caller, rules: Rules) -> DraftView:
    """Step ①: describe a new subordinate; nobody else knows of it yet."""
    draft = UnitDraft(superior_id=caller.unit, basic={})
    return await _describe(db, caller, rules, draft, body)


@router.get("/drafts/{draft_id}", access=needs(MANAGE, Relation.OWN_UNIT))
async def show_draft(draft_id: UUID, db: Db, caller: Caller, rules: Rules) -> DraftView:
    """One draft and its next step."""
    mine = UnitDraft.superior_id == caller.unit
    return _view(await get(db, UnitDraft, UnitDraft.id == draft_id, mine), rules)


@router.put(
    "/drafts/{draft_id}", access=needs(MANAGE, Relation.OWN_UNIT), refuses=[AlreadyRegistered, KindNotOffered]
)
async def change_draft(
    draft_id: UUID, body: DescribeUnit, db: Db, caller: Caller, rules: Rules, if_match: IfMatch
) -> DraftView:
    """Step ① again."""
    draft = await store.lock_draft(db, draft_id, caller.unit)
    expect(draft, if_match)
    return await _describe(db, caller, rules, draft, body)


@router.put(
    "/drafts/{draft_id}/legal-person",
    access=needs(MANAGE, Relation.OWN_UNIT),
    refuses=[LegalPersonNotNeeded],
)
async def describe_legal_person(
    draft_id: UUID, body: DescribeLegalPerson, db: Db, caller: Caller, rules: Rules, if_match: IfMatch
) -> DraftView:
    """Step ②: skipped for HR units and for units known to the identity platform (UNT-07)."""
    draft = await store.lock_draft(db, draft_id, caller.unit)
    expect(draft, if_match)
    _state(draft).check_legal_person(rules.legal_person_exempt)
    refuse(body.complaints(rules))
    draft.legal_person = body.record()
    return _view(save(db, draft), rules)


@router.post(
    "/drafts/{draft_id}/complete",
    access=needs(MANAGE, Relation.OWN_UNIT),
    refuses=[AlreadyRegistered, KindNotOffered, LegalPersonNeeded],
    status_code=201,
)
async def complete_draft(
    draft_id: UUID, body: CompleteUnit, db: Db, caller: Caller, rules: Rules, files: Files, if_match: IfMatch
) -> UnitView:
    """Step ③: the unit is bound and usable, its handlers are super administrators (UNT-03, IDN-15)."""
    draft = await store.lock_draft(db, draft_id, caller.unit)
    expect(draft, if_match)
    _state(draft).check_complete(rules.legal_person_exempt)
    basics = DescribeUnit.model_validate(draft.basic)
    await _check(db, caller, rules, basics)
    unit = Unit(
        uscc=basics.uscc,
        name=basics.name,
        kinds=sorted(basics.kinds),
        superior_id=caller.unit,
        licence=draft.licence,
        legal_person=draft.legal_person,
        handlers=body.records(rules),
        pack=rules.pack.ref,
    )
    await fill(db, caller, rules, unit, basics.model_copy(update={"licence_file_id": None}))
    create_unit(db, unit, caller.actor)
    await db.delete(draft)
    audit(db, caller, "units.unit.created", unit.id)
    return await unit_view(unit, Who.SUPERIOR, rules, files)


@router.delete("/drafts/{draft_id}", access=needs(MANAGE, Relation.OWN_UNIT), status_code=204)
async def discard_draft(draft_id: UUID, db: Db, caller: Caller) -> None:
    """Forget a draft."""
    await db.delete(await store.lock_draft(db, draft_id, caller.unit))


async def _describe(
    db: AsyncSession, caller: Caller, rules: UnitRules, draft: UnitDraft, body: DescribeUnit
) -> DraftView:
    rules.check_details(body.nature, body.jurisdiction)
    await _check(db, caller, rules, body)
    if body.licence_file_id is not None:
        draft.licence = await store.licence_record(db, body.licence_file_id, caller)
    draft.basic = body.model_dump(mode="json")
    return _view(save(db, draft), rules)


async def _check(db: AsyncSession, caller: Caller, rules: UnitRules, body: DescribeUnit) -> None:
    """Raise `KindNotOffered`, `AlreadyRegistered`: both may have become so since step ①."""
    superior = await store.open_unit(db, caller.unit)
    check_kinds(body.kinds, rules.offered_by(superior.kinds))
    if await store.is_registered(db, body.uscc):
        raise AlreadyRegistered("请核对统一社会信用代码；已有单位无需重复创建。")


def _state(draft: UnitDraft) -> Draft:
    basic = draft.basic
    return Draft(frozenset(basic["kinds"]), basic["registered_at_platform"], draft.legal_person is not None)


def _view(draft: UnitDraft, rules: UnitRules) -> DraftView:
    step = _state(draft).step(rules.legal_person_exempt)
    return DraftView(
        id=draft.id,
        state="DRAFT",
        revision=draft.revision,
        allowed_actions=[
            "change",
            "discard",
            "describe-legal-person" if step is Step.LEGAL_PERSON else "complete",
        ],
        next_step=step,
        basic=DescribeUnit.model_validate(draft.basic),
        legal_person=PersonView.of(draft.legal_person) if draft.legal_person else None,
    )
