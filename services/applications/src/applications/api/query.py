"""Application query of a unit: counts per committee, and changes of level or method (APP-60, 61)."""

from typing import Annotated, Literal
from uuid import UUID

from chassis import clock
from chassis.access import Relation, needs
from chassis.audit import audit
from chassis.db import lock
from chassis.outbox import emit
from chassis.problems import NotYetKnown
from chassis.web import Caller, Db, IfMatch, Model, Router, expect
from contracts.applications.v1 import ApplicationChanged
from fastapi import Query
from provinces import NotInCatalogue
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlmodel import col

from applications import queries, store
from applications.api.choice import opens
from applications.api.views import ApplicationView, vetter_actions, view
from applications.domain import refusals as no
from applications.domain.choosing import Choice
from applications.domain.standing import AT_A_UNIT
from applications.rules import rules_of
from applications.tables import Application, Placement

QUERY = "applications.application.query"
router = Router("query", prefix="/query")


class CommitteeCounts(BaseModel):
    """How a committee's applications stand."""

    committee_id: UUID
    name: str
    applied: int
    accepted: int
    passed: int = Field(description="Confirmed after review.")


class ChangeChoice(Model):
    """Change the level, title and method of a person reported through this unit."""

    level: Literal["JUNIOR", "INTERMEDIATE", "DEPUTY_SENIOR", "FULL_SENIOR"] = Field(
        examples=["INTERMEDIATE"]
    )
    title_name: str = Field(min_length=1, max_length=50, examples=["农艺师"])
    method: Literal["REVIEW", "ENTRUSTED", "CENTRAL_ENTRUSTED"] = "REVIEW"
    reason: str = Field(min_length=1, max_length=500, examples=["申报时层级选择有误"])


@router.get("/committees", access=needs(QUERY))
async def count_applications(
    db: Db, caller: Caller, year: Annotated[int | None, Query(ge=2000, le=2200)] = None
) -> list[CommitteeCounts]:
    """Per committee that the unit established: applied, accepted, passed."""
    return [CommitteeCounts(**row) for row in await queries.committee_counts(db, caller.unit, year)]


@router.post(
    "/applications/{application_id}/change",
    access=needs(QUERY, Relation.NODE),
    refuses=[
        no.ChangeNotAllowed, no.TitleNotOpened, no.ReceiptOver, NotInCatalogue, NotYetKnown,
    ],
)  # fmt: skip
async def change_choice(
    application_id: UUID, body: ChangeChoice, db: Db, caller: Caller, if_match: IfMatch
) -> ApplicationView:
    """Change level and method before the committee accepts, to what its campaign opens (Q25)."""
    passed = select(Placement.application_id).where(
        Placement.unit_id == caller.unit, col(Placement.tab).is_not(None)
    )
    row = await lock(db, Application, Application.id == application_id, col(Application.id).in_(passed))
    expect(row, if_match)
    if row.state not in AT_A_UNIT or row.campaign_id is None or row.person == caller.person:
        raise no.ChangeNotAllowed("只能变更正在审核、且不是本人的申报。")
    choice = Choice(row.series, body.level, row.specialty, body.title_name)
    rules_of(row.pack).pack.catalogue.entry(choice.series, choice.level, choice.specialty, choice.title)
    campaign = await store.campaign(db, row.campaign_id)
    if not opens(campaign, choice):
        raise no.TitleNotOpened("请选择评审活动开放的层级和资格名称。")
    if clock.now() >= campaign.receipt_deadline:
        raise no.ReceiptOver("评审委员会已停止接收本次评审活动的申报。")
    before = f"{row.level} {row.title_name} {row.method}"
    row.level, row.title_name, row.method = body.level, body.title_name, body.method
    store.count(db, row)
    after = f"{row.level} {row.title_name} {row.method}"
    emit(
        db,
        ApplicationChanged(
            subject=row.id,
            revision=row.revision,
            actor=caller.actor_as("VETTER"),
            reason=body.reason,
            state=store.public_state(row),
        ),
    )
    audit(db, caller, "applications.changed", row.id, f"{before} → {after}：{body.reason}")
    return view(row, vetter_actions(store.case_of(row), caller.unit, caller.person))
