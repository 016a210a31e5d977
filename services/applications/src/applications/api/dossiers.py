"""Dossiers for those who judge: experts with a seat, and the unit that confirms the result."""

from uuid import UUID

from chassis.access import Relation, needs
from chassis.db import get
from chassis.web import Caller, Db, Files, Page, Paging, Router
from pydantic import BaseModel
from sqlalchemy import ColumnElement, String, cast, exists, select
from sqlmodel import col

from applications.api.submission import FileLink, link_to
from applications.api.vetting_detail import Dossier, VettingDetail, detail, dossier
from applications.domain.standing import Status
from applications.tables import Application, KnownCandidacy, KnownSeat

READ = "applications.dossier.read-as-expert"
CONFIRM = "meetings.confirmation.decide"
router = Router("dossiers")


class DossierRow(BaseModel):
    """One application that an expert may read."""

    id: UUID
    name: str
    employer_name: str
    series: str
    level: str
    specialty: str
    title_name: str
    campaign_id: UUID
    dossier_sha256: str


def _row(row: Application) -> DossierRow:
    return DossierRow.model_validate(row, from_attributes=True)


def _seated(person: UUID) -> list[ColumnElement[bool]]:
    """Accepted applications of campaigns in which the person has a seat and need not stand back; never one's own."""
    seat = exists().where(
        col(KnownSeat.person) == person,
        col(KnownSeat.active),
        col(KnownSeat.campaign_id) == col(Application.campaign_id),
        ~(cast(col(Application.id), String) == col(KnownSeat.recused_from).any_()),
    )
    return [col(Application.state) == Status.ACCEPTED, col(Application.person) != person, seat]


@router.get("/dossiers", access=needs(READ))
async def list_dossiers(
    db: Db, caller: Caller, paging: Paging, campaign_id: UUID | None = None
) -> Page[DossierRow]:
    """The applications that one may read as an expert."""
    statement = select(Application).where(*_seated(caller.person)).order_by(col(Application.id))
    if campaign_id is not None:
        statement = statement.where(Application.campaign_id == campaign_id)
    return await Page.of(db, statement, paging, _row)


@router.get("/dossiers/{application_id}", access=needs(READ, Relation.SEAT))
async def read_dossier(application_id: UUID, db: Db, caller: Caller) -> Dossier:
    """The dossier of an application that one judges; that it was read is logged."""
    row = await get(db, Application, Application.id == application_id, *_seated(caller.person))
    return await dossier(db, row, caller, [])


@router.get("/dossiers/{application_id}/files/{sha256}", access=needs(READ, Relation.SEAT))
async def open_dossier_file(
    application_id: UUID, sha256: str, db: Db, caller: Caller, files: Files
) -> FileLink:
    """Where a file of that dossier can be downloaded."""
    row = await get(db, Application, Application.id == application_id, *_seated(caller.person))
    return await link_to(db, row, sha256, files)


async def _confirming(db: Db, application_id: UUID, unit: UUID) -> Application:
    mine = select(KnownCandidacy.id).where(KnownCandidacy.confirming_unit_id == unit)
    return await get(
        db,
        Application,
        Application.id == application_id,
        Application.state == Status.ACCEPTED,
        col(Application.id).in_(mine),
    )


@router.get("/confirming/dossiers/{application_id}", access=needs(CONFIRM, Relation.AUTHORISING))
async def read_dossier_to_confirm(application_id: UUID, db: Db, caller: Caller) -> VettingDetail:
    """The dossier and its trail for the unit that confirms the result."""
    row = await _confirming(db, application_id, caller.unit)
    return await detail(db, row, caller, [])


@router.get(
    "/confirming/dossiers/{application_id}/files/{sha256}", access=needs(CONFIRM, Relation.AUTHORISING)
)
async def open_file_to_confirm(
    application_id: UUID, sha256: str, db: Db, caller: Caller, files: Files
) -> FileLink:
    """Where a file of that dossier can be downloaded."""
    row = await _confirming(db, application_id, caller.unit)
    return await link_to(db, row, sha256, files)
