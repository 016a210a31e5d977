"""Rounds of voting: opened with their ballots, counted when closed."""

from collections.abc import Sequence
from uuid import UUID

from chassis import clock
from chassis.db import save
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from meetings import store
from meetings.domain.ballots import (
    BALLOT,
    BallotStatus,
    Event,
    Method,
    NoMoreRounds,
    RoundOpen,
    remaining,
    tally,
)
from meetings.domain.grouping import OpinionsMissing, opinions_suffice
from meetings.queries.rounds import attendance, entitled_lines, entitled_seats, lines_of, tally_of
from meetings.rules import Rules, rules_of
from meetings.tables import Ballot, Candidacy, Meeting, Opinion, Reviewer, RoundLine, VotingRound


async def check_opinions(db: AsyncSession, meeting: Meeting, applicants: Sequence[Candidacy]) -> None:
    """Raise OpinionsMissing unless each applicant has written opinions (LAW-07)."""
    rules = rules_of(meeting.pack)
    seats = {seat.id: seat for seat in await store.seats_of(db, meeting.id)}
    recused = await store.recused_seats(db, meeting.id)
    by_reviewers: dict[UUID, int] = {}
    written = (
        select(Opinion.application_id, func.count(func.distinct(Opinion.seat_id)))
        .join(
            Reviewer,
            (col(Reviewer.seat_id) == Opinion.seat_id)
            & (col(Reviewer.application_id) == Opinion.application_id),
        )
        .where(Opinion.meeting_id == meeting.id, Opinion.kind == "REVIEWER")
        .group_by(col(Opinion.application_id))
    )
    for application, count in await db.execute(written):
        by_reviewers[application] = count
    # Groups may have been changed since, and who wrote may be recused now: such an opinion does not count.
    by_group = {
        one.application_id: seats[one.seat_id].group_number
        for one in await db.scalars(
            select(Opinion).where(Opinion.meeting_id == meeting.id, Opinion.kind == "GROUP")
        )
        if one.seat_id in seats and one.seat_id not in recused.get(one.application_id, set())
    }
    missing = []
    for row in applicants:
        group = by_group.get(row.id)
        if group != row.group_number:
            group = None
        able = [
            seat
            for seat in seats.values()
            if group is not None and seat.group_number == group and seat.id not in recused.get(row.id, set())
        ]
        if not opinions_suffice(
            by_reviewers.get(row.id, 0), len(able), rules.opinions_reviewers_min, rules.opinions_group_min
        ):
            missing.append(row.name)
    if missing:
        raise OpinionsMissing(f"还有 {len(missing)} 人没有书面评审意见。")


async def applicants_of_next(db: AsyncSession, meeting: Meeting) -> list[Candidacy]:
    """Who is voted on in the next round: all, less whom the group's vote eliminated; raises RoundOpen, NoMoreRounds."""
    applicants = await store.applicants_of(db, meeting.id)
    last = await store.round_of(db, meeting.id)
    if last is None:
        return applicants
    if last.closed_at is None:
        raise RoundOpen("请先结束本轮投票。")
    if meeting.round >= meeting.rounds:
        raise NoMoreRounds
    tallies = {str(line.application_id): tally_of(line) for line in await lines_of(db, last.id)}
    order = [str(row.id) for row in applicants if str(row.id) in tallies]
    left = set(remaining(tallies, order, Method(last.method), rules_of(meeting.pack).group_vote_eliminates))
    return [row for row in applicants if str(row.id) in left]


async def open_round(db: AsyncSession, meeting: Meeting, applicants: Sequence[Candidacy]) -> VotingRound:
    """Open the next round: its lines, and a ballot for every seat that has a line on it."""
    number = meeting.round + 1
    by_group = meeting.grouped and number == 1
    row = VotingRound(
        meeting_id=meeting.id,
        number=number,
        method=(meeting.group_method or Method.VOTE) if by_group else Method.VOTE,
        by_group=by_group,
        opened_at=clock.now(),
    )
    db.add(row)
    await db.flush()
    lines = [
        RoundLine(round_id=row.id, application_id=one.id, sequence=at, group_number=one.group_number)
        for at, one in enumerate(applicants, 1)
    ]
    db.add_all(lines)
    await db.flush()
    recused = await store.recused_seats(db, meeting.id)
    for seat in await store.seats_of(db, meeting.id):
        if entitled_lines(row, lines, seat, recused):
            ballot = Ballot(
                meeting_id=meeting.id,
                round_id=row.id,
                seat_id=seat.id,
                state=BallotStatus(BALLOT.next(None, Event.ISSUE)),
            )
            save(db, ballot)
    meeting.round = number
    await db.flush()
    return row


async def count(
    db: AsyncSession, meeting: Meeting, round_: VotingRound, ballots: Sequence[Ballot], rules: Rules
) -> None:
    """Write the totals of every line; the round is closed."""
    seats = await store.seats_of(db, meeting.id)
    there = attendance(seats, ballots)
    recused = await store.recused_seats(db, meeting.id)
    cast = {one.seat_id: one.lines for one in ballots if one.state == BallotStatus.SUBMITTED}
    for line in await lines_of(db, round_.id):
        entitled = entitled_seats(round_, line, seats)
        out = entitled & recused.get(line.application_id, set())
        key = str(line.application_id)
        total = tally(
            [marks[key] for seat, marks in cast.items() if key in marks and seat in entitled - out],
            entitled=len(entitled),
            recused=len(out),
            absent=len((entitled & there.absent) - out),
            recused_attend=rules.recused_attend,
        )
        line.votes_for, line.votes_against, line.abstentions = total.for_, total.against, total.abstain
        line.recused, line.absent, line.attending = total.recused, total.absent, total.attending
        line.score = total.score
        line.passed = None if round_.method == Method.SCORE else total.passed
    round_.closed_at = clock.now()
