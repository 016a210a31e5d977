"""Rows as events show them: the public state."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from contracts.committees import v1
from contracts.vocabulary import Level

from committees.tables import (
    Campaign,
    Committee,
    Expert,
)


def committee_state(row: Committee) -> v1.CommitteeState:
    """A committee's public state."""
    return v1.CommitteeState(
        name=row.name,
        office=row.office,
        establishing_unit_id=row.establishing_unit_id,
        authorising_unit_id=row.authorising_unit_id,
        filing_unit_id=row.filing_unit_id,
        review_type=row.review_type,
        levels=tuple(Level(level) for level in row.levels),
        composition=row.composition,
        series=row.series,
        specialties=tuple(row.specialties),
        area=row.area,
        autonomous=row.autonomous,
        unit_natures=tuple(row.unit_natures),
        contact=row.contact,
        phone=row.phone,
        address=row.address,
        prescribed_size=row.prescribed_size,
        state=v1.FilingStatus(row.state),
        node_unit_id=row.node_unit_id,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
    )


def expert_state(row: Expert) -> v1.ExpertState:
    """An expert's public state."""
    return v1.ExpertState(
        committee_id=row.committee_id,
        person=row.person,
        name=row.name,
        sex=row.sex,
        work_unit=row.work_unit,
        duty=v1.Duty(row.duty),
        title_series=row.title_series,
        title_name=row.title_name,
        title_level=Level(row.title_level),
        specialty=row.specialty,
        phone_known=bool(row.phone),
        term_until=row.term_until,
        state=v1.ExpertStatus(row.state),
    )


def campaign_state(row: Campaign) -> v1.CampaignState:
    """A campaign's public state: never the work plan (Q17)."""
    basic = row.basic
    return v1.CampaignState(
        committee_id=row.committee_id,
        establishing_unit_id=row.establishing_unit_id,
        authorising_unit_id=row.authorising_unit_id,
        name=row.name,
        eligible_scope=basic["eligible_scope"],
        year=row.year,
        category=row.category,
        review_mode=basic["review_mode"],
        written_test=basic["written_test"],
        oral_defence=basic["oral_defence"],
        start=_set(row.start_at),
        first_deadline=_set(row.first_deadline),
        modified_deadline=_set(row.modified_deadline),
        receipt_deadline=_set(row.receipt_deadline),
        department_deadline=basic.get("department_deadline"),
        committee_deadline=basic.get("committee_deadline"),
        pages=tuple(basic["pages"]),
        exceptional_deliberation=basic["exceptional_deliberation"],
        specialty_groups=basic["specialty_groups"],
        group_method=basic.get("group_method"),
        document_number=basic.get("document_number", ""),
        public=basic["public"],
        policy_file=row.policy_file["sha256"] if row.policy_file else None,
        arrangement_file=row.arrangement_file["sha256"] if row.arrangement_file else None,
        series=row.series,
        opened=tuple(v1.OpenedSpecialty(**one) for one in row.opened),
        requirements=_requirements(row.requirements),
        exceptional_conditions=_requirements(row.conditions),
        materials=tuple(v1.MaterialState(**one) for one in row.materials),
        pack=row.pack,
        state=v1.CampaignStatus(row.state),
        node_unit_id=row.node_unit_id,
    )


def _set(instant: datetime | None) -> datetime:
    assert instant is not None, "a campaign beyond editing has its deadlines"
    return instant


def _requirements(rows: Iterable[dict[str, Any]]) -> tuple[v1.RequirementState, ...]:
    found = (v1.RequirementState(**one) for one in rows)
    return tuple(sorted(found, key=lambda one: one.serial))
