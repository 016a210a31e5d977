"""Routes, a consumer and the service."""

from typing import Annotated, Any
from uuid import UUID, uuid4

from chassis.access import Relation, needs, public
from chassis.audit import audit
from chassis.consume import Consumers, Delivery
from chassis.db import get, lock, save
from chassis.feed import feed_routes
from chassis.known import keep
from chassis.outbox import emit
from chassis.service import Service
from chassis.web import Caller, Db, IfMatch, Model, Page, Paging, Router, View, expect
from contracts.event import Actor
from contracts.units.v1 import UnitAuthorised, UnitCreated, UnitEdited, UnitState, UnitStatus
from contracts.vocabulary import UnitKind
from pydantic import AfterValidator, Field
from sqlalchemy import Integer, Text, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from notebook.settings import Settings
from notebook.tables import KnownUnit, Note

router = Router("notes")
PERMISSION = "units.unit.edit"


class WriteNote(Model):
    text: str = Field(max_length=20)


class NoteView(View):
    text: str


def told(note: Note, actor: Actor) -> UnitEdited:
    state = UnitState(
        uscc="", name=note.text, kinds=(UnitKind.HR,), nature="", jurisdiction="", jurisdiction_path=(),
        superior_id=None, state=UnitStatus.AUTHORISED,
    )  # fmt: skip
    return UnitEdited(subject=note.id, revision=note.revision, actor=actor, state=state)


def view(note: Note) -> NoteView:
    return NoteView(
        id=note.id, state=note.state, revision=note.revision, allowed_actions=["change"], text=note.text
    )


@router.post("/notes", access=needs(PERMISSION), status_code=201)
async def write_note(body: WriteNote, db: Db, caller: Caller) -> NoteView:
    """Write a note."""
    note = save(db, Note(owner_unit=caller.unit, text=body.text))
    emit(db, told(note, caller.actor))
    audit(db, caller, "note.written", note.id)
    return view(note)


@router.post("/secrets", access=needs(PERMISSION), secret=True, status_code=201)
async def tell_a_secret(body: WriteNote, db: Db, caller: Caller) -> dict[str, str]:
    """Answer with something that is shown once."""
    return {"secret": f"秘密{uuid4()}"}


@router.put("/notes/{note_id}", access=needs(PERMISSION, Relation.OWN_UNIT))
async def change_note(note_id: UUID, body: WriteNote, db: Db, caller: Caller, if_match: IfMatch) -> NoteView:
    """Change a note."""
    note = await lock(db, Note, Note.id == note_id, Note.owner_unit == caller.unit)
    expect(note, if_match)
    note.text = body.text
    save(db, note)
    emit(db, told(note, caller.actor))
    return view(note)


@router.get("/notes/{note_id}", access=needs(PERMISSION, Relation.OWN_UNIT))
async def read_note(note_id: UUID, db: Db, caller: Caller) -> NoteView:
    """Read a note."""
    return view(await get(db, Note, Note.id == note_id, Note.owner_unit == caller.unit))


@router.get("/notes", access=needs(PERMISSION))
async def list_notes(db: Db, caller: Caller, paging: Paging) -> Page[NoteView]:
    """List the unit's notes."""
    return await Page.of(
        db, select(Note).where(Note.owner_unit == caller.unit).order_by(Note.id), paging, view
    )


@router.post("/mistakes", access=needs(PERMISSION), response_model=NoteView)
async def answer_wrongly(body: WriteNote, db: Db, caller: Caller) -> object:
    """Save a note but answer with something the response model refuses."""
    save(db, Note(owner_unit=caller.unit, text=body.text))
    return {"text": [body.text]}


class WriteMarginalia(Model):
    margin: dict[str, Any] | list[Any]


@router.post("/marginalia", access=needs(PERMISSION))
async def write_marginalia(body: WriteMarginalia, db: Db) -> dict[str, int]:
    """Store content of any shape as JSON."""
    return {"length": await db.scalar(select(func.length(cast(cast(body.margin, JSONB), Text)))) or 0}


def _callable(name: str) -> str:
    if name == "非":
        raise ValueError("不能叫此名。")
    return name


class CountSomething(Model):
    number: int
    tags: list[str] | None = None
    low: int = Field(default=5, gt=3)
    name: Annotated[str, AfterValidator(_callable)] = ""


@router.post("/numbers", access=needs(PERMISSION))
async def count_something(body: CountSomething, db: Db) -> dict[str, int]:
    """Let the database look at a number."""
    return {"number": await db.scalar(select(cast(body.number, Integer))) or 0}


@router.get("/open", access=public())
async def open_to_all(db: Db) -> list[str]:
    """Names of known units."""
    return list(await db.scalars(select(KnownUnit.name).order_by(KnownUnit.name)))


consumers = Consumers()


@consumers.on(UnitCreated, UnitAuthorised)
async def keep_unit(db: AsyncSession, event: UnitCreated | UnitAuthorised, delivery: Delivery) -> None:
    """Keep the copy of units; a unit called 毒 cannot be handled."""
    if event.state.name == "毒":
        raise ValueError("poison")
    await keep(db, KnownUnit, event, name=event.state.name)


FEED = "certificates.feed.read"
feed = feed_routes(UnitEdited.topic, FEED, [UnitEdited.type, UnitAuthorised.type], {})
service = Service("notebook", title="笔记", settings=Settings, routers=[router, feed], consumers=consumers)
