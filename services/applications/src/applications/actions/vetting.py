"""The decisions of vetting, for one application at a time; batches repeat them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from chassis import clock
from chassis.audit import audit
from chassis.caller import Caller
from chassis.files import use_file
from chassis.jobs import due
from chassis.outbox import emit
from chassis.problems import Invalid
from contracts.applications.v1 import (
    ApplicationAccepted,
    ApplicationPassed,
    ApplicationRejected,
    ApplicationReturned,
)
from refusals import Complaint
from sqlalchemy.ext.asyncio import AsyncSession
from vetting import Case, Opinion, State

from applications import store
from applications.actions.configuration import CORRECTION_OVER, lock_year
from applications.domain import refusals as no
from applications.domain.notice import Ground, Notice, check_reject, check_told_once, within_receipt
from applications.domain.reporting import check_employer
from applications.domain.standing import Status
from applications.rules import rules_of
from applications.tables import Applicant, Application

_OFFICES = {"HR", "SUPERVISING", "CENTRAL_UNIT"}
BASIC = "basic_info"


@dataclass(frozen=True)
class Report:
    """What a unit adds on passing: uploads by their keys, days of publicity, an entrustment letter."""

    files: dict[str, UUID] = field(default_factory=dict)
    publicity: tuple[date, date] | None = None
    entrusted: bool | None = None  # None: says nothing
    letter: UUID | None = None


async def pass_on(
    db: AsyncSession, caller: Caller, row: Application, opinions: Sequence[Opinion], report: Report
) -> None:
    """Pass at the present post: on to the next post or unit; the last pass accepts (SM application 6, 7, 14)."""
    now = clock.now()
    await _before_receipt_deadline(db, row, now)
    before = store.case_of(row)
    case = before.pass_(caller.person, caller.unit, now, opinions, rule=row.pack)
    await _take_report(db, caller, row, report)
    if case.node != before.node or case.state is State.PASSED:
        _check_leaving(row, before)
    if case.state is State.PASSED:
        row.accepted = await _printed(db, row)
    await store.move(db, row, case)
    event = ApplicationAccepted if case.state is State.PASSED else ApplicationPassed
    _tell(db, caller, row, event, opinions)
    audit(db, caller, "applications.passed", row.id, _text(opinions))


async def _before_receipt_deadline(db: AsyncSession, row: Application, now: datetime) -> None:
    if row.campaign_id is None:
        return
    campaign = await store.campaign(db, row.campaign_id)
    if now >= campaign.receipt_deadline or campaign.state in ("RECEIPT_CLOSED", "CLOSED"):
        raise no.ReceiptOver("评审委员会已停止接收本次评审活动的申报。")


async def _take_report(db: AsyncSession, caller: Caller, row: Application, report: Report) -> None:
    """Keep what the unit adds; files must be the unit's own, uploaded for that purpose."""
    held = dict(row.employer_files)
    for key, file_id in report.files.items():
        held[key] = store.file_ref(await use_file(db, file_id, caller, purpose=key))
    if report.publicity:
        first, last = report.publicity
        if last < first or clock.local_date(clock.now()) <= last:
            wrong = Complaint("/publicity_to", "date_order", "公示应已结束，且结束日期不早于开始日期。")
            raise Invalid("请核对公示日期。", complaints=(wrong,))
        held["publicity_from"], held["publicity_to"] = first.isoformat(), last.isoformat()
    row.employer_files = held
    if report.entrusted:
        if not _OFFICES & set((await store.unit(db, caller.unit)).kinds):
            raise no.NotYoursToEntrust("请由主管部门或人社部门办理。")
        if report.letter is None:
            raise no.LetterMissing("请上传委托评审函后再通过。")
        stored = await use_file(db, report.letter, caller, purpose="entrustment_letter")
        row.letter, row.letter_unit_id = store.file_ref(stored), caller.unit
    elif report.entrusted is False:
        row.letter, row.letter_unit_id = None, None


def _check_leaving(row: Application, before: Case) -> None:
    """What must be there before the unit's last post lets it go (APP-54, 59, LAW-20)."""
    rules = rules_of(row.pack)
    last = len(before.route.nodes) - 1
    if before.node == 0:
        held = row.employer_files
        dates = (held.get("publicity_from"), held.get("publicity_to"))
        days = rules.publicity_length(*map(date.fromisoformat, dates)) if all(dates) else None  # type: ignore[arg-type]
        needed = {key: one.label for key, one in rules.employer_uploads.items() if one.required}
        check_employer(held, needed, working_days=days, minimum=rules.publicity_days)
    if rules.entrusted(row.method) and before.node >= last - 1 and row.letter is None:
        raise no.LetterMissing("委托评审的申报，须由主管部门或人社部门上传委托评审函。")


async def _printed(db: AsyncSession, row: Application) -> dict[str, Any]:
    """What a certificate must print, fixed at acceptance."""
    applicant = await db.get(Applicant, row.person)
    assert applicant is not None
    saved = await store.modules(db, row.id)
    basic = saved[BASIC].data if BASIC in saved else {}
    photo = basic.get("photo")
    born = applicant.birth_date.isoformat() if applicant.birth_date else basic.get("birth_date")
    return {
        "sex": applicant.sex or basic.get("sex"),
        "birth_date": born,
        "id_number": applicant.id_number,
        "id_number_masked": applicant.id_number_masked,
        "photo": {key: photo[key] for key in ("sha256", "name", "size", "media_type")} if photo else None,
    }


async def return_to_applicant(
    db: AsyncSession, caller: Caller, row: Application, opinions: Sequence[Opinion]
) -> None:
    """Tell the applicant what is wrong, once and completely, and until when to mend it (LAW-19)."""
    now = clock.now()
    case = store.case_of(row).return_to_applicant(caller.person, caller.unit, now, opinions, rule=row.pack)
    await _check_modules(db, row, opinions)
    told = notices(row)
    changed = {name: one.updated_at for name, one in (await store.modules(db, row.id)).items()}
    check_told_once(caller.unit, [one.module for one in opinions], told, changed)
    until = await _correct_by(db, row, now)
    row.correct_by = until
    row.notices = [
        *row.notices,
        {
            "unit": str(caller.unit),
            "at": now.isoformat(),
            "modules": [one.module for one in opinions],
            "correct_by": until.isoformat(),
        },
    ]
    await store.move(db, row, case)
    await due(db, CORRECTION_OVER, subject=row.id, at=until)
    _tell(db, caller, row, ApplicationReturned, opinions)
    audit(db, caller, "applications.returned", row.id, _text(opinions))


async def _correct_by(db: AsyncSession, row: Application, now: datetime) -> datetime:
    """Until when what was told may be mended; working days are counted only where they decide."""
    campaign = await store.campaign(db, row.campaign_id) if row.campaign_id else None
    if campaign and now < campaign.modified_deadline:
        return campaign.modified_deadline
    later = rules_of(row.pack).defects_due(clock.local_date(now))
    return within_receipt(later, campaign.receipt_deadline, now) if campaign else later


async def return_to_unit(
    db: AsyncSession, caller: Caller, row: Application, node: int, opinions: Sequence[Opinion]
) -> None:
    """Give it back to a unit that vetted it before, which sees it under 上级单位退回重审 (APP-58)."""
    case = store.case_of(row).return_to_unit(
        node, caller.person, caller.unit, clock.now(), opinions, rule=row.pack
    )
    await _check_modules(db, row, opinions)
    await store.move(db, row, case)
    _tell(db, caller, row, ApplicationReturned, opinions)
    audit(db, caller, "applications.returned-to-unit", row.id, _text(opinions))


async def reject(
    db: AsyncSession, caller: Caller, row: Application, ground: Ground, opinions: Sequence[Opinion]
) -> None:
    """End it as not passed; the year is locked (APP-57, LAW-19)."""
    now = clock.now()
    case = store.case_of(row).reject(caller.person, caller.unit, now, opinions, rule=ground)
    await _check_modules(db, row, opinions)
    check_reject(ground, notices(row))
    await store.move(db, row, case)
    assert row.state == Status.REJECTED
    await lock_year(db, row.id, "REJECTED", now)
    _tell(db, caller, row, ApplicationRejected, opinions)
    audit(db, caller, f"applications.rejected.{ground.lower()}", row.id, _text(opinions))


def notices(row: Application) -> list[Notice]:
    """What units told the applicant about defects so far."""
    return [
        Notice(
            unit=UUID(one["unit"]),
            at=datetime.fromisoformat(one["at"]),
            modules=tuple(one["modules"]),
            correct_by=datetime.fromisoformat(one["correct_by"]),
        )
        for one in row.notices
    ]


async def _check_modules(db: AsyncSession, row: Application, opinions: Iterable[Opinion]) -> None:
    """Opinions point at modules that the form has."""
    names = (await store.form(db, row)).names
    wrong = [i for i, one in enumerate(opinions) if one.module is not None and one.module not in names]
    if wrong:
        complaints = tuple(
            Complaint(f"/opinions/{i}/module", "options", "请从表单模块中选择。") for i in wrong
        )
        raise Invalid("请核对意见所指的模块。", complaints=complaints)


def _tell(
    db: AsyncSession, caller: Caller, row: Application, event: Any, opinions: Sequence[Opinion]
) -> None:
    emit(
        db,
        event(
            subject=row.id,
            revision=row.revision,
            actor=caller.actor_as("VETTER"),
            reason=_text(opinions),
            state=store.public_state(row),
        ),
    )


def _text(opinions: Sequence[Opinion]) -> str:
    return "；".join(one.text for one in opinions if one.text)[:500]
