"""An applicant's applications: begun from valid settings, listed, cleared, discarded."""

from datetime import date
from typing import Literal
from uuid import UUID

from chassis import clock, persons
from chassis.access import Relation, needs
from chassis.audit import audit
from chassis.outbox import emit
from chassis.problems import NotYetKnown
from chassis.web import Caller, Config, Db, IfMatch, Model, Page, Paging, Router, expect
from contracts.applications.v1 import ApplicationDiscarded, SealedText
from provinces import IdNumberInvalid, NotInCatalogue
from provinces.people import mask_id, parse_id_number
from pydantic import Field
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from applications import queries, store
from applications.api.choice import chosen_campaign
from applications.api.views import ApplicationView, own_view
from applications.domain import refusals as no
from applications.domain.choosing import Choice, check_person
from applications.domain.standing import EDITABLE, Status
from applications.rules import ApplicationRules, rules_of, rules_on
from applications.tables import Applicant, Application, FormModule, KnownUnit, Placement

APPLY = "applications.application.apply"
router = Router("applications")


class BeginApplication(Model):
    """Begin an application from valid settings; the form opens as a draft (APP-01)."""

    employer_id: UUID
    year: int = Field(ge=2000, le=2200, examples=[2026])
    method: Literal["REVIEW", "INITIAL", "ENTRUSTED", "CENTRAL_ENTRUSTED"] = "REVIEW"
    application_type: str = Field(default="NORMAL", max_length=40)
    series: str = Field(min_length=1, max_length=50, examples=["agriculture"])
    level: Literal["JUNIOR", "INTERMEDIATE", "DEPUTY_SENIOR", "FULL_SENIOR"] = Field(
        examples=["INTERMEDIATE"]
    )
    specialty: str = Field(min_length=1, max_length=50, examples=["农学"])
    title_name: str = Field(min_length=1, max_length=50, examples=["农艺师"])
    committee_id: UUID | None = Field(default=None, description="Left out for an initial determination.")
    campaign_id: UUID | None = Field(default=None, description="Where the committee has several in the year.")
    in_service: bool = Field(description="Declared: in service (BEY-11).", examples=[True])
    punishment: Literal["NONE", "WARNING", "DEMERIT", "DEMOTION", "DISMISSAL"] = "NONE"
    punishment_until: date | None = None
    id_type: str = Field(default="RESIDENT_ID", max_length=40)
    id_number: str | None = Field(
        default=None, max_length=30, description="Needed once; must be the number one is logged in with."
    )


@router.post(
    "/applications",
    access=needs(APPLY),
    status_code=201,
    refuses=[
        NotInCatalogue, IdNumberInvalid, no.IdNumberNeeded, no.NotYourIdNumber, no.NotInService, no.UnderPunishment,
        no.EmployerNotAuthorised, no.CommitteeNotResponsible, no.CommitteeDoesNotReview, no.EntrustmentNotOffered,
        no.NatureNotAdmitted, no.NotACentralUnit, no.NoCampaign, no.CampaignNotOpen, no.TitleNotOpened,
        no.AlreadyApplied, no.YearLocked, NotYetKnown,
    ],
)  # fmt: skip
async def begin_application(
    body: BeginApplication, db: Db, caller: Caller, settings: Config
) -> ApplicationView:
    """Begin an application: choices and declarations are checked, the form opens as a draft."""
    now = clock.now()
    rules = rules_on(settings.province, clock.local_date(now))
    series = rules.pack.catalogue.series(body.series).code
    choice = Choice(series, body.level, body.specialty, body.title_name)
    rules.pack.catalogue.entry(choice.series, choice.level, choice.specialty, choice.title)
    employer = await _employer(db, body.employer_id)
    over = body.punishment_until is not None and body.punishment_until < clock.local_date(now)
    check_person(
        in_service=body.in_service, punishment=body.punishment, punished=not over, nature=employer.nature
    )
    campaign = await chosen_campaign(db, rules, choice, employer, body, now)
    applicant = await _applicant(db, caller, body)
    await _check_year(db, rules, caller.person, body.year)
    row = Application(
        person=caller.person,
        name=applicant.name,
        year=body.year,
        employer_id=employer.id,
        employer_name=employer.name,
        employer_nature=employer.nature,
        method=body.method,
        application_type=body.application_type,
        series=series,
        level=body.level,
        specialty=body.specialty,
        title_name=body.title_name,
        committee_id=campaign.committee_id if campaign else None,
        committee_name=(await store.committee(db, campaign.committee_id)).name if campaign else None,
        campaign_id=campaign.id if campaign else None,
        campaign_revision=campaign.revision if campaign else None,
        pack=rules.pack.ref,
        revision=1,
    )
    db.add(row)
    await db.flush()
    db.add(_basic_info(row, applicant, body))
    return own_view(row)


async def _employer(db: AsyncSession, employer_id: UUID) -> KnownUnit:
    employer = await store.unit(db, employer_id)
    if employer.state not in ("AUTHORISED", "SUPERIOR_CHANGE_PENDING"):
        raise no.EmployerNotAuthorised("请待单位获得授权后再申报。")
    return employer


async def _applicant(db: AsyncSession, caller: Caller, body: BeginApplication) -> Applicant:
    """The caller's record, made at the first application; locked, so that two beginnings wait for each other."""
    known = await db.get(Applicant, caller.person, with_for_update=True)
    if known is not None and _is_number_of(known, caller.person):
        known.name = caller.name
        return known
    if not body.id_number:
        raise no.IdNumberNeeded("请填写登录所用证件的号码。")
    number = body.id_number.upper()
    parsed = None
    if body.id_type == persons.RESIDENT_ID:
        parsed = parse_id_number(number, clock.local_date(clock.now()))
    if persons.ref(body.id_type, number) != caller.person:
        raise no.NotYourIdNumber("请填写本人登录所用证件的类型和号码。")
    fresh = Applicant(
        id=caller.person,
        name=caller.name,
        id_type=body.id_type,
        id_number=persons.seal(number).model_dump(),
        id_number_masked=mask_id(number),
        sex=parsed.sex.value if parsed else None,
        birth_date=parsed.birth if parsed else None,
    )
    values = fresh.model_dump()
    kept = insert(Applicant).values(**values)
    await db.execute(kept.on_conflict_do_update(index_elements=["id"], set_=values))
    if known is not None:
        await db.refresh(known)
        return known
    held = await db.get(Applicant, caller.person, with_for_update=True)
    assert held is not None
    return held


def _is_number_of(known: Applicant, person: UUID) -> bool:
    """Whether the number kept is the one logged in with; after a correction it is not."""
    number = persons.unseal(SealedText.model_validate(known.id_number))
    return persons.ref(known.id_type, number) == person


async def _check_year(db: AsyncSession, rules: ApplicationRules, person: UUID, year: int) -> None:
    if await queries.is_locked(db, person, year):
        raise no.YearLocked("请在下一年度申报。")
    if await queries.live_applications(db, person, year) >= rules.per_year:
        raise no.AlreadyApplied("请继续办理已有的申报，或先将其作废。")


def _basic_info(row: Application, applicant: Applicant, body: BeginApplication) -> FormModule:
    """The first module, filled with what is known and locked, and with what was declared (IDN-04, LAW-14)."""
    data = {
        "id_type": applicant.id_type,
        "name": applicant.name,
        "sex": applicant.sex,
        "birth_date": applicant.birth_date.isoformat() if applicant.birth_date else None,
        "in_service": body.in_service,
        "punishment": body.punishment,
        "punishment_until": body.punishment_until.isoformat() if body.punishment_until else None,
    }
    module = rules_of(row.pack).module("basic_info")
    has = {field.name for field in module.fields}
    known = {name: value for name, value in data.items() if value is not None and name in has}
    return FormModule(
        application_id=row.id, name="basic_info", schema_id=module.schema_id, data=known, revision=1
    )


@router.get("/applications", access=needs(APPLY, Relation.OWN))
async def list_own_applications(db: Db, caller: Caller, paging: Paging) -> Page[ApplicationView]:
    """One's own applications of all years, the newest first."""
    page = await Page.of(db, queries.own_applications(caller.person), paging, lambda row: row)
    later = await queries.progress(db, [row.id for row in page.items])
    items = [own_view(row, later.get(row.id)) for row in page.items]
    return Page[ApplicationView](items=items, total=page.total, page=page.page, size=page.size)


@router.get("/applications/{application_id}", access=needs(APPLY, Relation.OWN))
async def show_own_application(application_id: UUID, db: Db, caller: Caller) -> ApplicationView:
    """One's own application."""
    row = await store.own(db, application_id, caller.person, locked=False)
    later = await queries.progress(db, [row.id])
    return own_view(row, later.get(row.id))


@router.post(
    "/applications/{application_id}/clear",
    access=needs(APPLY, Relation.OWN),
    refuses=[no.Frozen],
)
async def clear_application(
    application_id: UUID, db: Db, caller: Caller, if_match: IfMatch
) -> ApplicationView:
    """Empty the form; what the identity says stays (APP-29)."""
    row = await store.own(db, application_id, caller.person)
    expect(row, if_match)
    if row.state not in EDITABLE:
        raise no.Frozen("请先撤回或等待退回后再修改。")
    saved = await store.modules(db, row.id)
    applicant = await db.get(Applicant, row.person)
    assert applicant is not None
    for module in saved.values():
        keep = (store.LOCKED | {"in_service", "punishment"}) if module.name == "basic_info" else frozenset()
        module.data = {name: value for name, value in module.data.items() if name in keep}
        store.count(db, module)
    store.count(db, row)
    return own_view(row)


@router.post(
    "/applications/{application_id}/discard",
    access=needs(APPLY, Relation.OWN),
    refuses=[no.NotDiscardable],
)
async def discard_application(
    application_id: UUID, db: Db, caller: Caller, if_match: IfMatch
) -> ApplicationView:
    """Delete the application with everything in it; a new one starts from scratch (APP-29, Q12)."""
    row = await store.own(db, application_id, caller.person)
    expect(row, if_match)
    returned = row.state == Status.RETURNED_TO_APPLICANT and rules_of(row.pack).returned_may_be_deleted
    if row.state != Status.DRAFT and not returned:
        raise no.NotDiscardable("请先撤回；审核单位已审核的不能作废。")
    await db.execute(delete(FormModule).where(col(FormModule.application_id) == row.id))
    if row.vetting_case is None:
        row.state = Status.DISCARDED
        shown = own_view(row)
        await db.delete(row)  # a draft that nobody else ever saw leaves nothing behind
        return shown
    await store.move(db, row, store.case_of(row).discard(caller.person, clock.now()))
    row.employer_files, row.letter, row.dossier_sha256 = {}, None, None
    await db.execute(delete(Placement).where(col(Placement.application_id) == row.id))
    emit(
        db,
        ApplicationDiscarded(
            subject=row.id,
            revision=row.revision,
            actor=caller.actor_as("APPLICANT"),
            state=store.public_state(row),
        ),
    )
    audit(db, caller, "applications.discarded", row.id)
    return own_view(row)
