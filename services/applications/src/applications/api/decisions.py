"""What vetters decide: requests for one application, and the same for many."""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from chassis.caller import Caller
from chassis.problems import STATUS, Invalid
from chassis.web import Model, expect
from pydantic import BaseModel, Field
from refusals import Complaint, Refusal
from sqlalchemy.ext.asyncio import AsyncSession
from vetting import Opinion

from applications import actions, store
from applications.actions import Report
from applications.domain.notice import Ground
from applications.domain.standing import Desk
from applications.tables import Application


class SaidOnModule(Model):
    """An opinion on one module of the form."""

    module: str = Field(min_length=1, max_length=60, examples=["education"])
    text: str = Field(min_length=1, max_length=500, examples=["学位证书扫描件不清晰，请重新上传。"])


class _Decision(Model):
    opinion: str = Field(
        default="", max_length=500, description="On the whole.", examples=["情况属实，同意上报。"]
    )
    opinions: list[SaidOnModule] = Field(default=[], max_length=60, description="On single modules.")

    def said(self) -> list[Opinion]:
        """Everything that was said."""
        whole = [Opinion(None, self.opinion)] if self.opinion else []
        return whole + [Opinion(one.module, one.text) for one in self.opinions]


class Pass(_Decision):
    """Pass it on; the employer adds proof of publicity and its recommendation, an office the entrustment letter."""

    publicity_proof: UUID | None = Field(default=None, description="A file uploaded for this purpose.")
    unit_recommendation: UUID | None = None
    post_table: UUID | None = None
    publicity_from: date | None = None
    publicity_to: date | None = Field(default=None, description="Last day of the internal publicity.")
    entrusted: bool | None = Field(default=None, description="By an office: whether it entrusts (APP-59).")
    entrustment_letter: UUID | None = None

    def report(self) -> Report:
        """What the unit adds."""
        keys = ("publicity_proof", "unit_recommendation", "post_table")
        files = {key: file_id for key in keys if (file_id := getattr(self, key)) is not None}
        if (self.publicity_from is None) != (self.publicity_to is None):
            wrong = Complaint("/publicity_to", "both_or_neither", "请同时填写公示的起止日期。")
            raise Invalid("请核对公示日期。", complaints=(wrong,))
        both = self.publicity_from and self.publicity_to
        return Report(
            files=files,
            publicity=(self.publicity_from, self.publicity_to) if both else None,  # type: ignore[arg-type]
            entrusted=self.entrusted,
            letter=self.entrustment_letter,
        )


class Return(_Decision):
    """Return it to the applicant; all defects at once, by module."""


class ReturnToUnit(_Decision):
    """Return it to an earlier unit."""

    node: int = Field(
        ge=0, le=50, description="The unit's place on the route, as the detail shows it.", examples=[0]
    )


class Reject(_Decision):
    """Not passed: for conditions that are not met, or for material that a notice did not get mended."""

    ground: Ground = Ground.CONDITIONS


class RowSeen(Model):
    """An application as it was seen in the list."""

    id: UUID
    revision: int = Field(ge=1, examples=[3])


class BatchDecision(Pass):
    """The same decision on many applications."""

    action: Literal["pass", "return", "reject"] = Field(examples=["pass"])
    rows: list[RowSeen] = Field(min_length=1, max_length=100)
    ground: Ground = Ground.CONDITIONS
    dry_run: bool = Field(default=False, description="Only say what would happen.")


class BatchRow(BaseModel):
    """What became of one row."""

    id: UUID
    ok: bool
    state: str | None = None
    revision: int | None = None
    status: int | None = Field(default=None, description="As a single request would have been answered.")
    code: str | None = None
    detail: str | None = None
    errors: list[dict[str, str]] = []


class _Undo(Exception):
    """Ends a trial."""


async def decide_batch(db: AsyncSession, caller: Caller, desk: Desk, body: BatchDecision) -> list[BatchRow]:
    """Decide row by row, each in a savepoint of its own."""
    results: dict[int, BatchRow] = {}
    # Crossing batches lock in the same order; answers come in the order asked.
    for place, seen in sorted(enumerate(body.rows), key=lambda asked: asked[1].id):
        try:
            async with db.begin_nested():
                row = await store.at_desk(db, seen.id, caller.unit, desk)
                expect(row, seen.revision)
                await _decide(db, caller, row, body)
                await db.flush()
                done = BatchRow(id=row.id, ok=True, state=row.state, revision=row.revision)
                if body.dry_run:
                    raise _Undo
        except _Undo:
            pass
        except Refusal as refused:
            done = _refused(seen.id, refused)
        results[place] = done
    return [results[place] for place in sorted(results)]


async def _decide(db: AsyncSession, caller: Any, row: Application, body: BatchDecision) -> None:
    match body.action:
        case "pass":
            await actions.pass_on(db, caller, row, body.said(), body.report())
        case "return":
            await actions.return_to_applicant(db, caller, row, body.said())
        case "reject":
            await actions.reject(db, caller, row, body.ground, body.said())


def _refused(application_id: UUID, refused: Refusal) -> BatchRow:
    return BatchRow(
        id=application_id,
        ok=False,
        status=STATUS[refused.kind],
        code=refused.slug,
        detail=refused.detail or refused.title,
        errors=[
            {"pointer": one.pointer, "rule": one.rule, "detail": one.detail} for one in refused.complaints
        ],
    )
