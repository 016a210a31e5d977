"""Handing an application in, taking it back, following its trail."""

from datetime import datetime
from typing import Any
from uuid import UUID

from chassis import clock
from chassis.access import Relation, needs
from chassis.audit import audit
from chassis.jobs import undue
from chassis.outbox import emit
from chassis.problems import Missing, NotYetKnown
from chassis.web import Caller, Db, Files, IfMatch, Router, expect
from contracts.applications.v1 import ApplicationSubmitted, ApplicationWithdrawn
from pydantic import BaseModel
from refusals import Complaint
from sqlalchemy.ext.asyncio import AsyncSession
from vetting import Case, IllegalMove, PostWithoutPerson, RouteEmpty, WithdrawalOver

from applications import queries, store
from applications.actions import CORRECTION_OVER, route_of
from applications.api.applications import APPLY
from applications.api.form import BASIC
from applications.api.views import ApplicationView, TrailStep, own_view, route_units, trail
from applications.domain import refusals as no
from applications.domain.choosing import is_published
from applications.domain.dossier import digest, files_in
from applications.domain.standing import EDITABLE
from applications.rules import rules_of
from applications.tables import Application, FormModule

router = Router("submission")


class FileLink(BaseModel):
    """Where a file can be downloaded for fifteen minutes, as an attachment."""

    url: str
    name: str
    media_type: str


@router.post(
    "/applications/{application_id}/submit",
    access=needs(APPLY, Relation.OWN),
    refuses=[
        no.Incomplete, no.DeadlinePassed, no.Frozen, no.YearLocked, NotYetKnown, RouteEmpty, PostWithoutPerson,
    ],
)  # fmt: skip
async def submit_application(
    application_id: UUID, db: Db, caller: Caller, if_match: IfMatch
) -> ApplicationView:
    """Submit, or resubmit what was returned or withdrawn; everything that is missing is said at once."""
    row = await store.own(db, application_id, caller.person)
    expect(row, if_match)
    if row.state not in EDITABLE:
        raise no.Frozen("该申报已提交。")
    now = clock.now()
    saved = await store.modules(db, row.id)
    await _check(db, row, saved, now)
    if await queries.is_locked(db, row.person, row.year):
        raise no.YearLocked("请在下一年度申报。")
    rules = rules_of(row.pack)
    route = await route_of(db, row)
    if row.vetting_case is None:
        case = Case.submit(route, caller.person, now, rule=rules.pack.ref)
    else:
        before = store.case_of(row)
        case = before.resubmit(caller.person, now, route=route, reenter=rules.reenter, rule=rules.pack.ref)
    row.submitted_at, row.viewed_at, row.correct_by = now, None, None
    row.dossier_sha256 = _digest(row, saved)
    await store.move(db, row, case)
    await undue(db, CORRECTION_OVER, row.id)
    emit(
        db,
        ApplicationSubmitted(
            subject=row.id,
            revision=row.revision,
            actor=caller.actor_as("APPLICANT"),
            state=store.public_state(row),
        ),
    )
    audit(db, caller, "applications.submitted", row.id, row.dossier_sha256)
    return own_view(row)


async def _check(db: AsyncSession, row: Application, saved: dict[str, FormModule], now: datetime) -> None:
    """Say at once what is missing or wrong, and whether it is too late (APP-30, 33)."""
    form = await store.form(db, row, saved)
    data = {name: dict(module.data) for name, module in saved.items()}
    data.setdefault(BASIC, {})
    data[BASIC] |= form.identity
    complaints = tuple(form.check_submission(data))
    late = await _too_late(db, row, now)
    if late is not None:
        raise no.DeadlinePassed(late, complaints=(Complaint("/deadline", "deadline", late), *complaints))
    if complaints:
        raise no.Incomplete("请按提示补充或修改后重新提交。", complaints=complaints)


async def _too_late(db: AsyncSession, row: Application, now: datetime) -> str | None:
    """Why the campaign does not take it now; what was once returned has until the date that was told."""
    if row.campaign_id is None:
        return "已过补正期限。" if row.correct_by is not None and now >= row.correct_by else None
    campaign = await store.campaign(db, row.campaign_id)
    if not is_published(campaign.state) or campaign.state == "CLOSED":
        return "评审活动已结束。"
    if row.notices:
        told = datetime.fromisoformat(row.notices[-1]["correct_by"])
        over = now >= max(told, campaign.modified_deadline)
        return "已过修改后提交截止时间。" if over else None
    if now < campaign.start:
        return "评审活动尚未开始接收申报。"
    return "已过首次提交截止时间。" if now >= campaign.first_deadline else None


def _digest(row: Application, saved: dict[str, FormModule]) -> str:
    header = {
        name: getattr(row, name)
        for name in (
            "id", "person", "name", "year", "employer_id", "method", "application_type", "series", "level",
            "specialty", "title_name", "committee_id", "campaign_id", "pack", "submitted_at",
        )
    }  # fmt: skip
    modules = {name: {"schema": one.schema_id, "data": one.data} for name, one in saved.items()}
    return digest(header, modules)


@router.post(
    "/applications/{application_id}/withdraw",
    access=needs(APPLY, Relation.OWN),
    refuses=[WithdrawalOver, IllegalMove],
)
async def withdraw_application(
    application_id: UUID, db: Db, caller: Caller, if_match: IfMatch
) -> ApplicationView:
    """Take the submission back; it is a draft again, as long as the profile allows it (APP-36)."""
    row = await store.own(db, application_id, caller.person)
    expect(row, if_match)
    if row.vetting_case is None:
        raise IllegalMove("该申报尚未提交。")
    viewed = row.viewed_at is not None
    rule = rules_of(row.pack).withdrawal
    case = store.case_of(row).withdraw(caller.person, clock.now(), rule, started=viewed, viewed=viewed)
    await store.move(db, row, case)
    emit(
        db,
        ApplicationWithdrawn(
            subject=row.id,
            revision=row.revision,
            actor=caller.actor_as("APPLICANT"),
            state=store.public_state(row),
        ),
    )
    audit(db, caller, "applications.withdrawn", row.id)
    return own_view(row)


@router.get("/applications/{application_id}/trail", access=needs(APPLY, Relation.OWN))
async def show_own_trail(application_id: UUID, db: Db, caller: Caller) -> list[TrailStep]:
    """Every step so far with time, unit, status and opinions (APP-38)."""
    row = await store.own(db, application_id, caller.person, locked=False)
    return trail(row, await store.unit_names(db, route_units(row)))


@router.get("/applications/{application_id}/files/{sha256}", access=needs(APPLY, Relation.OWN))
async def open_own_file(application_id: UUID, sha256: str, db: Db, caller: Caller, files: Files) -> FileLink:
    """Where one's own file can be downloaded."""
    row = await store.own(db, application_id, caller.person, locked=False)
    return await link_to(db, row, sha256, files, employer=False)


async def link_to(
    db: AsyncSession, row: Application, sha256: str, files: Any, *, employer: bool = True
) -> FileLink:
    """The address of a file in the dossier; raises `Missing` for any other."""
    held: list[Any] = [one.data for one in (await store.modules(db, row.id)).values()]
    if employer:
        held += [row.employer_files, row.letter]
    found = next((file for _, file in files_in(held) if file["sha256"] == sha256), None)
    if found is None:
        raise Missing
    url = await files.url(found["sha256"], found["name"], found["media_type"])
    return FileLink(url=url, name=found["name"], media_type=found["media_type"])
