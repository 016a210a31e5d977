"""Vetting at the three desks: own staff, subordinate staff, eligibility; the same decisions under own permissions."""

from typing import Any
from uuid import UUID

from chassis.access import Relation, needs
from chassis.problems import NotYetKnown
from chassis.web import Caller, Db, IfMatch, Router, expect
from sqlalchemy.ext.asyncio import AsyncSession
from vetting import IllegalMove, NotAnEarlierNode, NotYourTurn, OpinionNeeded, OwnCase

from applications import actions, store
from applications.api.decisions import (
    BatchDecision,
    BatchRow,
    Pass,
    Reject,
    Return,
    ReturnToUnit,
    decide_batch,
)
from applications.api.vetting_detail import VettingAnswer
from applications.api.views import vetter_actions, view
from applications.domain import refusals as no
from applications.domain.standing import Desk, placements
from applications.tables import Application

PERMISSIONS = {
    Desk.OWN_STAFF: "applications.own-staff.vet",
    Desk.SUBORDINATE_STAFF: "applications.subordinate-staff.vet",
    Desk.ELIGIBILITY: "applications.eligibility.vet",
}
PATHS = {
    Desk.OWN_STAFF: "own-staff",
    Desk.SUBORDINATE_STAFF: "subordinate-staff",
    Desk.ELIGIBILITY: "eligibility",
}
_ALWAYS = [IllegalMove, NotYourTurn, OwnCase, NotYetKnown]
_TOLD = [OpinionNeeded, *_ALWAYS]
_PASSING = [
    no.ReceiptOver, no.EmployerFilesMissing, no.PublicityTooShort, no.LetterMissing, no.NotYoursToEntrust, *_ALWAYS,
]  # fmt: skip


def answer(row: Application, caller: Any, desk: Desk) -> VettingAnswer:
    """The application after a decision, and under which tab this desk has it now."""
    case = store.case_of(row)
    mine = [
        one
        for one in placements(case, committee=row.committee_id is not None)
        if (one.unit, one.desk) == (caller.unit, desk)
    ]
    shown = view(row, vetter_actions(case, caller.unit, caller.person))
    return VettingAnswer(application=shown, revision=row.revision, tab=mine[-1].tab if mine else None)


def _router(desk: Desk) -> Router:
    """The routes of one desk; passing is called accepting at the committee's."""
    router = Router(prefix=f"/vetting/{PATHS[desk]}", tags=["vetting"])
    access = needs(PERMISSIONS[desk], Relation.NODE)
    name = PATHS[desk].replace("-", "_")
    verb = "accept" if desk is Desk.ELIGIBILITY else "pass"

    async def load(db: AsyncSession, caller: Any, application_id: UUID, revision: int) -> Application:
        row = await store.at_desk(db, application_id, caller.unit, desk)
        expect(row, revision)
        return row

    @router.post(f"/{{application_id}}/{verb}", access=access, refuses=_PASSING, name=f"{name}_{verb}")
    async def pass_application(
        application_id: UUID, body: Pass, db: Db, caller: Caller, if_match: IfMatch
    ) -> VettingAnswer:
        """Pass at one's post: on to the next post or unit, at the last to acceptance."""
        row = await load(db, caller, application_id, if_match)
        await actions.pass_on(db, caller, row, body.said(), body.report())
        return answer(row, caller, desk)

    @router.post(
        "/{application_id}/return",
        access=access,
        refuses=[no.DefectsToldOnce, no.ReceiptOver, *_TOLD],
        name=f"{name}_return",
    )
    async def return_application(
        application_id: UUID, body: Return, db: Db, caller: Caller, if_match: IfMatch
    ) -> VettingAnswer:
        """Return to the applicant with everything that is to be mended and until when."""
        row = await load(db, caller, application_id, if_match)
        await actions.return_to_applicant(db, caller, row, body.said())
        return answer(row, caller, desk)

    @router.post(
        "/{application_id}/reject", access=access, refuses=[no.NoticeNeeded, *_TOLD], name=f"{name}_reject"
    )
    async def reject_application(
        application_id: UUID, body: Reject, db: Db, caller: Caller, if_match: IfMatch
    ) -> VettingAnswer:
        """Not passed for this year; the person cannot apply again in it."""
        row = await load(db, caller, application_id, if_match)
        await actions.reject(db, caller, row, body.ground, body.said())
        return answer(row, caller, desk)

    if desk is not Desk.OWN_STAFF:

        @router.post(
            "/{application_id}/return-to-unit",
            access=access,
            refuses=[NotAnEarlierNode, *_TOLD],
            name=f"{name}_return_to_unit",
        )
        async def return_application_to_unit(
            application_id: UUID, body: ReturnToUnit, db: Db, caller: Caller, if_match: IfMatch
        ) -> VettingAnswer:
            """Return to a unit that vetted it before, named by its place on the route."""
            row = await load(db, caller, application_id, if_match)
            await actions.return_to_unit(db, caller, row, body.node, body.said())
            return answer(row, caller, desk)

    @router.post("/batch", access=needs(PERMISSIONS[desk]), refuses=[], name=f"{name}_batch")
    async def decide_on_many(body: BatchDecision, db: Db, caller: Caller) -> list[BatchRow]:
        """Pass, return or reject many; each row succeeds or is refused by itself, `dry_run` only tries."""
        return await decide_batch(db, caller, desk, body)

    return router


routers = [_router(desk) for desk in Desk]
