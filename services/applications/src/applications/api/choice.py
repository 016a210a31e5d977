"""Choosing among committees and campaigns."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from chassis.problems import Invalid
from contracts.committees.v1 import CampaignState
from refusals import Complaint
from sqlalchemy.ext.asyncio import AsyncSession

from applications import queries, store
from applications.domain import refusals as no
from applications.domain.choosing import Choice, CommitteeFacts, check_committee, check_open
from applications.rules import ApplicationRules
from applications.tables import KnownCampaign, KnownUnit


class Settings(Protocol):
    """The part of the settings that names method, year and committee."""

    method: str
    application_type: str
    year: int
    committee_id: UUID | None
    campaign_id: UUID | None


async def chosen_campaign(
    db: AsyncSession,
    rules: ApplicationRules,
    choice: Choice,
    employer: KnownUnit,
    chosen: Settings,
    now: datetime,
) -> KnownCampaign | None:
    """The campaign applied in, None for an initial determination; refuses what may not be chosen."""
    if chosen.application_type not in rules.types:
        raise _invalid("/application_type", "请从申报类别中选择。")
    if not rules.needs_committee(chosen.method):
        if chosen.committee_id is not None:
            raise _invalid("/committee_id", "职称初定不需要选择评审委员会，请删除。")
        return None
    if chosen.committee_id is None:
        raise _invalid("/committee_id", "请选择评审委员会。")
    committee = await store.committee(db, chosen.committee_id)
    if committee.state != "FILED":
        raise no.NoCampaign(f"评审委员会没有有效备案，联系电话：{committee.content['phone']}。")
    facts = await committees_of(db, rules, choice.series)
    mine = next((one for one in facts if one.id == committee.id), None)
    if mine is None:
        raise no.CommitteeDoesNotReview("请按申报系列重新选择评审委员会。")
    if chosen.method == "CENTRAL_ENTRUSTED":
        if "CENTRAL_UNIT" not in employer.kinds:
            raise no.NotACentralUnit("请选择申报评审或委托评审。")
        facts = []  # staff of central bodies choose freely
    check_committee(
        mine,
        facts,
        choice,
        path=employer.path,
        nature=employer.nature,
        entrusted=rules.entrusted(chosen.method),
    )
    return await _campaign(db, chosen, choice, committee.content["phone"], now)


async def committees_of(db: AsyncSession, rules: ApplicationRules, series: str) -> list[CommitteeFacts]:
    """The filed committees of a series."""
    names = (series, rules.pack.catalogue.series(series).name)
    return [store.committee_facts(row, series) for row in await queries.filed_committees(db, names)]


async def _campaign(
    db: AsyncSession, chosen: Settings, choice: Choice, phone: str, now: datetime
) -> KnownCampaign:
    assert chosen.committee_id is not None
    held = await queries.campaigns(db, [chosen.committee_id], chosen.year)
    if chosen.campaign_id is not None:
        held = [one for one in held if one.id == chosen.campaign_id]
    if not held:
        raise no.NoCampaign(f"所选年度暂未发布评审活动，请咨询评审委员会，联系电话：{phone}。")
    opened = [one for one in held if opens(one, choice)]
    if not opened:
        raise no.TitleNotOpened("请选择评审活动开放的专业和资格名称。")
    found = best(opened, now)
    check_open(found.state, found.start, found.first_deadline, now)
    return found


def opens(campaign: KnownCampaign, choice: Choice) -> bool:
    """Whether one may apply in it for this level, specialty and title."""
    opened = CampaignState.model_validate(campaign.content).opened
    return any(
        (one.level, one.specialty, one.title_name) == (choice.level, choice.specialty, choice.title)
        for one in opened
    )


def best(held: Sequence[KnownCampaign], now: datetime) -> KnownCampaign:
    """Of several the one that is receiving now, else the latest."""
    return next((one for one in held if one.start <= now < one.first_deadline), held[0])


def _invalid(pointer: str, detail: str) -> Invalid:
    return Invalid("请按提示修改后重新提交。", complaints=(Complaint(pointer, "required", detail),))
