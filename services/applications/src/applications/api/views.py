"""How applications are shown."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.web import View
from pydantic import BaseModel, Field
from vetting import Action, Case

from applications import store
from applications.domain.standing import EDITABLE, Status
from applications.rules import rules_of
from applications.tables import Application

_NAMES = {Action.RETURN_TO_APPLICANT: "return", Action.RETURN_TO_UNIT: "return-to-unit"}


class ApplicationView(View):
    """An application as its applicant, or a unit on its way, sees it."""

    label: str = Field(description="The state in words.")
    person: UUID
    name: str
    year: int
    employer_id: UUID
    employer_name: str
    method: str
    method_label: str
    application_type: str
    application_type_label: str
    series: str
    series_name: str
    level: str
    specialty: str
    title_name: str
    committee_id: UUID | None
    committee_name: str | None
    campaign_id: UUID | None
    node_unit_id: UUID | None
    post_rank: int | None
    submitted_at: datetime | None
    correct_by: datetime | None = Field(description="Until when a returned application may be mended.")
    letter_unit_id: UUID | None
    dossier_sha256: str | None
    pack: str
    progress: str | None = Field(default=None, description="Where review, confirmation and issuing stand.")
    certificate_number: str | None = None


class TrailStep(BaseModel):
    """One step of the trail (APP-38)."""

    at: datetime
    action: str
    label: str
    unit_id: UUID | None
    unit_name: str | None
    post: str | None
    to_unit_name: str | None
    opinions: list[dict[str, Any]] = Field(description="`module`, its `label`, and `text`.")


def view(row: Application, actions: list[str], progress: Mapping[str, str] | None = None) -> ApplicationView:
    """The application with what its reader may do now; `progress`: `state` and `number` of what followed."""
    rules = rules_of(row.pack)
    later = progress or {}
    return ApplicationView(
        id=row.id,
        state=row.state,
        revision=row.revision,
        allowed_actions=actions,
        label=rules.label("application", later.get("state") or row.state),
        person=row.person,
        name=row.name,
        year=row.year,
        employer_id=row.employer_id,
        employer_name=row.employer_name,
        method=row.method,
        method_label=rules.methods[row.method]["label"],
        application_type=row.application_type,
        application_type_label=rules.types[row.application_type]["label"],
        series=row.series,
        series_name=rules.pack.catalogue.series(row.series).name,
        level=row.level,
        specialty=row.specialty,
        title_name=row.title_name,
        committee_id=row.committee_id,
        committee_name=row.committee_name,
        campaign_id=row.campaign_id,
        node_unit_id=row.node_unit_id,
        post_rank=row.post_rank,
        submitted_at=row.submitted_at,
        correct_by=row.correct_by,
        letter_unit_id=row.letter_unit_id,
        dossier_sha256=row.dossier_sha256,
        pack=row.pack,
        progress=later.get("state"),
        certificate_number=later.get("number"),
    )


def own_view(row: Application, progress: Mapping[str, str] | None = None) -> ApplicationView:
    """The application as its applicant sees it."""
    return view(row, applicant_actions(row), progress)


def applicant_actions(row: Application) -> list[str]:
    """What the applicant may do now."""
    rules = rules_of(row.pack)
    actions: list[str] = []
    if row.state in EDITABLE:
        actions += ["save", "clear", "submit"]
    if row.state == Status.DRAFT or (
        row.state == Status.RETURNED_TO_APPLICANT and rules.returned_may_be_deleted
    ):
        actions.append("discard")
    if row.vetting_case and row.state == Status.VETTING:
        case = store.case_of(row)
        viewed = row.viewed_at is not None
        may = case.allowed(None, row.person, withdrawal=rules.withdrawal, started=viewed, viewed=viewed)
        actions += ["withdraw"] * (Action.WITHDRAW in may)
    return actions


def vetter_actions(case: Case, unit: UUID, person: UUID) -> list[str]:
    """What this person of this unit may do now, by the names of the routes."""
    return sorted(_NAMES.get(action, action.value) for action in case.allowed(unit, person))


def trail(row: Application, names: Mapping[UUID, str]) -> list[TrailStep]:
    """The steps so far, oldest first; persons stay unnamed, units answer."""
    if row.vetting_case is None:
        return []
    rules = rules_of(row.pack)
    case = store.case_of(row)
    steps = []
    for entry in case.trail:
        to = case.route.nodes[entry.to_node].unit if entry.to_node is not None else None
        opinions = [
            {
                "module": one.module,
                "label": rules.module(one.module).label if one.module else None,
                "text": one.text,
            }
            for one in entry.opinions
        ]
        steps.append(
            TrailStep(
                at=entry.at,
                action=entry.action.value,
                label=rules.label("actions", entry.action.value),
                unit_id=entry.unit,
                unit_name=names.get(entry.unit) if entry.unit else None,
                post=entry.post,
                to_unit_name=names.get(to) if to else None,
                opinions=opinions,
            )
        )
    return steps


def route_units(row: Application) -> list[UUID]:
    """The units that the trail names."""
    if row.vetting_case is None:
        return []
    return [UUID(node["unit"]) for node in row.vetting_case["route"]]
