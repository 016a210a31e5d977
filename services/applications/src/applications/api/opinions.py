"""Stock opinions: texts that a vetter keeps for use (APP-53)."""

from uuid import UUID

from chassis.access import Relation, signed_in
from chassis.db import get, lock
from chassis.problems import UnitRequired
from chassis.web import Caller, Db, IfMatch, Model, Router, expect
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlmodel import col

from applications import store
from applications.tables import StockOpinion

router = Router("stock-opinions")
_OWN = signed_in(Relation.OWN_UNIT)


class WriteOpinion(Model):
    """The text to keep."""

    text: str = Field(min_length=1, max_length=500, examples=["材料齐全，情况属实，同意上报。"])


class OpinionView(BaseModel):
    """A kept text."""

    id: UUID
    revision: int
    text: str


@router.get("/stock-opinions", access=_OWN, refuses=[UnitRequired])
async def list_opinions(db: Db, caller: Caller) -> list[OpinionView]:
    """One's own texts in the acting unit."""
    rows = await db.scalars(
        select(StockOpinion)
        .where(StockOpinion.unit_id == caller.unit, StockOpinion.person == caller.person)
        .order_by(col(StockOpinion.id))
        .limit(200)
    )
    return [_view(row) for row in rows]


@router.post("/stock-opinions", access=_OWN, status_code=201, refuses=[UnitRequired])
async def keep_opinion(body: WriteOpinion, db: Db, caller: Caller) -> OpinionView:
    """Keep a text."""
    row = StockOpinion(unit_id=caller.unit, person=caller.person, text=body.text)
    store.count(db, row)
    return _view(row)


@router.put("/stock-opinions/{opinion_id}", access=_OWN, refuses=[UnitRequired])
async def change_opinion(
    opinion_id: UUID, body: WriteOpinion, db: Db, caller: Caller, if_match: IfMatch
) -> OpinionView:
    """Change a text."""
    row = await lock(
        db,
        StockOpinion,
        StockOpinion.id == opinion_id,
        StockOpinion.unit_id == caller.unit,
        StockOpinion.person == caller.person,
    )
    expect(row, if_match)
    row.text = body.text
    store.count(db, row)
    return _view(row)


@router.delete("/stock-opinions/{opinion_id}", access=_OWN, refuses=[UnitRequired], status_code=204)
async def remove_opinion(opinion_id: UUID, db: Db, caller: Caller) -> None:
    """Remove a text."""
    row = await get(
        db,
        StockOpinion,
        StockOpinion.id == opinion_id,
        StockOpinion.unit_id == caller.unit,
        StockOpinion.person == caller.person,
    )
    await db.delete(row)


def _view(row: StockOpinion) -> OpinionView:
    return OpinionView(id=row.id, revision=row.revision, text=row.text)
