"""Inboxes, person lists, to-dos and the portal's lists: from rows to what is shown."""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import CompoundSelect, Select, and_, case, func, literal, or_, select, union, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from notices.domain.progress import RUNNING
from notices.domain.states import AnnouncementStatus, MessageStatus
from notices.domain.todos import Place, TodoKind
from notices.tables import (
    Announcement,
    KnownApplicant,
    KnownCampaign,
    KnownCommittee,
    KnownMeeting,
    KnownPerson,
    KnownPublicity,
    KnownStaff,
    KnownUnit,
    Message,
    Todo,
)

OPEN_UNIT = ("AUTHORISED", "SUPERIOR_CHANGE_PENDING")
ON_PORTAL = ("PUBLISHED", "RECEIVING", "RECEIPT_CLOSED", "CLOSED")


async def unit_names(db: AsyncSession, ids: Iterable[UUID | None]) -> dict[UUID | None, str]:
    """Names of these units, as far as they are known."""
    wanted = {unit_id for unit_id in ids if unit_id is not None}
    if not wanted:
        return {}
    rows = await db.execute(select(KnownUnit.id, KnownUnit.name).where(KnownUnit.id.in_(wanted)))
    return dict(rows.all())


# -- inboxes --------------------------------------------------------------------------


def of_unit(unit: UUID) -> Any:
    """Whether a message is the unit's."""
    return Message.to_unit == unit


def of_person(person: UUID) -> Any:
    """Whether a message is the person's, under whatever reference it was sent before a correction."""
    former = select(literal(person).label("id")).cte("former", recursive=True)
    former = former.union(select(KnownPerson.id).where(KnownPerson.merged_into == former.c.id))
    return Message.to_person.in_(select(former.c.id))


def inbox(mine: Any, state: MessageStatus | None = None) -> Select[tuple[Message]]:
    """An inbox, newest first."""
    found = select(Message).where(mine).order_by(Message.created_at.desc(), Message.id.desc())
    return found if state is None else found.where(Message.state == state)


async def unread(db: AsyncSession, mine: Any) -> int:
    """How many messages wait to be read."""
    statement = select(func.count()).where(mine, Message.state == MessageStatus.SENT)
    return await db.scalar(statement.select_from(Message)) or 0


# -- receivers ------------------------------------------------------------------------


def subordinates(unit: UUID, name: str = "") -> Select[tuple[KnownUnit]]:
    """Direct subordinates that can read messages."""
    found = select(KnownUnit).where(KnownUnit.superior_id == unit, KnownUnit.state.in_(OPEN_UNIT))
    if name:
        found = found.where(KnownUnit.name.contains(name, autoescape=True))
    return found.order_by(KnownUnit.name, KnownUnit.id)


def persons_of(unit: UUID, name: str = "") -> Select[Any]:
    """The unit's own person list: its staff, its applicants, and who its committees review.

    Rows are (person, name, relations); a person whose number was corrected stands there once, under the new reference.
    """
    run = select(KnownCommittee.id).where(KnownCommittee.establishing_unit_id == unit)
    listed = union_all(
        select(KnownStaff.person, KnownStaff.name, literal("STAFF").label("relation")).where(
            KnownStaff.unit_id == unit, KnownStaff.active
        ),
        select(KnownApplicant.person, KnownApplicant.name, literal("APPLICANT").label("relation")).where(
            KnownApplicant.employer_id == unit
        ),
        select(KnownApplicant.person, KnownApplicant.name, literal("CANDIDATE").label("relation")).where(
            KnownApplicant.committee_id.in_(run), KnownApplicant.accepted
        ),
    ).subquery()
    now = func.coalesce(KnownPerson.merged_into, listed.c.person)
    called = func.max(func.coalesce(KnownPerson.name, listed.c.name))
    found = (
        select(
            now.label("person"),
            called.label("name"),
            func.array_agg(listed.c.relation.distinct()).label("relations"),
        )
        .select_from(listed.outerjoin(KnownPerson, KnownPerson.id == listed.c.person))
        .group_by(now)
    )
    if name:
        found = found.having(called.contains(name, autoescape=True))
    return found.order_by(called, now)


# -- to-dos ---------------------------------------------------------------------------


def _run_by(unit: UUID) -> CompoundSelect[Any]:
    """Committees that the unit runs, their campaigns and publicities."""
    committees = select(KnownCommittee.id).where(KnownCommittee.establishing_unit_id == unit)
    campaigns = select(KnownCampaign.id).where(KnownCampaign.committee_id.in_(committees))
    return union(
        committees,
        campaigns,
        select(KnownPublicity.id).where(KnownPublicity.campaign_id.in_(campaigns)),
    )


def todos(unit: UUID, kinds: Collection[TodoKind]) -> Select[tuple[Todo]]:
    """What lies with a unit, longest first."""
    authorised = select(KnownCommittee.id).where(KnownCommittee.authorising_unit_id == unit)
    lies_here = or_(
        and_(Todo.role == Place.UNIT.value, Todo.place_id == unit),
        and_(Todo.role == Place.ESTABLISHING.value, Todo.place_id.in_(_run_by(unit))),
        and_(Todo.role == Place.AUTHORISING.value, Todo.place_id.in_(authorised)),
    )
    return (
        select(Todo)
        .where(lies_here, Todo.kind.in_([kind.value for kind in kinds]))
        .order_by(Todo.since, Todo.id)
    )


async def counted_todos(
    db: AsyncSession, unit: UUID, kinds: Collection[TodoKind], shown: int
) -> dict[TodoKind, tuple[int, list[Todo]]]:
    """Kind → how many there are, and the oldest few."""
    found = todos(unit, kinds).order_by(None).subquery()
    order = func.row_number().over(partition_by=found.c.kind, order_by=(found.c.since, found.c.id))
    count = func.count().over(partition_by=found.c.kind)
    ranked = select(found.c.id, order.label("place"), count.label("count")).subquery()
    rows = await db.execute(
        select(Todo, ranked.c.count)
        .join(ranked, ranked.c.id == Todo.id)
        .where(ranked.c.place <= shown)
        .order_by(ranked.c.place)
    )
    grouped: dict[TodoKind, tuple[int, list[Todo]]] = {}
    for row, number in rows:
        grouped.setdefault(TodoKind(row.kind), (number, []))[1].append(row)
    return grouped


# -- the portal -----------------------------------------------------------------------


def announced(kinds: Collection[str] = (), title: str = "") -> Select[tuple[Announcement]]:
    """Announcements on the portal, newest first."""
    found = select(Announcement).where(Announcement.state == AnnouncementStatus.PUBLISHED)
    if kinds:
        found = found.where(Announcement.kind.in_(kinds))
    if title:
        found = found.where(Announcement.title.contains(title, autoescape=True))
    return found.order_by(Announcement.published_at.desc(), Announcement.id.desc())


def campaigns_on_portal(
    year: int | None = None, series: str | None = None, state: str | None = None
) -> Select[tuple[KnownCampaign]]:
    """Published campaigns that are public, newest first."""
    found = select(KnownCampaign).where(KnownCampaign.public, KnownCampaign.state.in_(ON_PORTAL))
    for column, value in (
        (KnownCampaign.year, year),
        (KnownCampaign.series, series),
        (KnownCampaign.state, state),
    ):
        if value is not None:
            found = found.where(column == value)
    return found.order_by(KnownCampaign.published_at.desc(), KnownCampaign.id.desc())


def publicities_on_portal(state: str | None = None) -> Select[tuple[KnownPublicity]]:
    """Publicity announcements, newest first."""
    found = select(KnownPublicity)
    if state is not None:
        found = found.where(KnownPublicity.state == state)
    return found.order_by(KnownPublicity.starts_at.desc(), KnownPublicity.id.desc())


def policies() -> Select[Any]:
    """Policy documents: announcements of policy, and the policy files of public campaigns; rows
    (source, id, title, published_at)."""
    listed = union_all(
        select(
            literal("ANNOUNCEMENT").label("source"),
            Announcement.id,
            Announcement.title,
            Announcement.published_at,
        ).where(Announcement.state == AnnouncementStatus.PUBLISHED, Announcement.kind == "POLICY"),
        select(
            literal("CAMPAIGN").label("source"),
            KnownCampaign.id,
            KnownCampaign.name.label("title"),
            KnownCampaign.published_at,
        ).where(KnownCampaign.public, KnownCampaign.state.in_(ON_PORTAL), KnownCampaign.policy_file),
    ).subquery()
    return select(listed).order_by(listed.c.published_at.desc(), listed.c.id.desc())


async def committee_names(db: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, str]:
    """Names of these committees, as far as they are known."""
    wanted = set(ids)
    if not wanted:
        return {}
    rows = await db.execute(
        select(KnownCommittee.id, KnownCommittee.name).where(KnownCommittee.id.in_(wanted))
    )
    return dict(rows.all())


# -- review supervision ---------------------------------------------------------------


def supervised(unit: UUID) -> Any:
    """Whether a unit supervises a committee: it runs, authorises or files it, or stands above who runs it (NTC-07)."""
    tree = select(literal(unit).label("id")).cte("below", recursive=True)
    tree = tree.union(select(KnownUnit.id).where(KnownUnit.superior_id == tree.c.id))
    return or_(
        KnownCommittee.establishing_unit_id.in_(select(tree.c.id)),
        KnownCommittee.authorising_unit_id == unit,
        KnownCommittee.filing_unit_id == unit,
    )


def supervision_rows(unit: UUID) -> Select[Any]:
    """Rows (committee, campaign or None, state of its ordinary meeting or None), one for each campaign."""
    meeting = (
        select(KnownMeeting.state)
        .where(KnownMeeting.campaign_id == KnownCampaign.id, KnownMeeting.kind == "ORDINARY")
        .order_by(KnownMeeting.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(KnownCommittee, KnownCampaign, meeting.label("meeting"))
        .outerjoin(KnownCampaign, KnownCampaign.committee_id == KnownCommittee.id)
        .where(supervised(unit))
        .order_by(
            KnownCommittee.name,
            KnownCommittee.id,
            KnownCampaign.year.desc().nulls_last(),
            KnownCampaign.id.desc(),
        )
    )


async def supervision_counts(db: AsyncSession, unit: UUID) -> tuple[int, int, int]:
    """How many committees a unit supervises, how many of them are filed, how many campaigns are running."""
    mine = select(KnownCommittee.id, KnownCommittee.state).where(supervised(unit)).subquery()
    filed = func.count(case((mine.c.state == "FILED", 1)))
    committees, of_them_filed = (await db.execute(select(func.count(), filed).select_from(mine))).one()
    running = select(func.count()).where(
        KnownCampaign.committee_id.in_(select(mine.c.id)), KnownCampaign.state.in_(RUNNING)
    )
    return committees, of_them_filed, await db.scalar(running.select_from(KnownCampaign)) or 0
