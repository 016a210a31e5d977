"""SM ballot, the check of a ballot's lines, and the count (LAW-01, 02; MTG-15 to 19, 23 to 25; BEY-02, 04)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from refusals import Complaint, Kind, Refusal
from refusals.machine import Machine, Move


class BallotStatus(StrEnum):
    """Where a ballot stands."""

    OPEN = "OPEN"
    SUBMITTED = "SUBMITTED"
    RETURNED = "RETURNED"
    ABSENT = "ABSENT"


class Event(StrEnum):
    """What happens to a ballot."""

    ISSUE = "issue"
    CAST = "cast"
    REOPEN = "reopen"
    SET_ABSENT = "set-absent"


S, E = BallotStatus, Event
BALLOT = Machine(
    "ballot",
    (
        Move(None, E.ISSUE, S.OPEN, "office"),
        Move(S.OPEN, E.CAST, S.SUBMITTED, "expert"),
        Move(S.RETURNED, E.CAST, S.SUBMITTED, "expert"),
        Move(S.SUBMITTED, E.REOPEN, S.RETURNED, "office"),
        Move(S.OPEN, E.SET_ABSENT, S.ABSENT, "office"),
        Move(S.RETURNED, E.SET_ABSENT, S.ABSENT, "office"),
    ),
)


class Choice(StrEnum):
    """How an expert votes on an applicant."""

    FOR = "FOR"
    AGAINST = "AGAINST"
    ABSTAIN = "ABSTAIN"


class Method(StrEnum):
    """What a ballot's lines hold."""

    VOTE = "VOTE"
    SCORE = "SCORE"


class RoundClosed(Refusal):
    """本轮投票已经结束。"""

    slug, kind = "round-closed", Kind.CONFLICT


class RoundOpen(Refusal):
    """本轮投票尚未结束。"""

    slug, kind = "round-open", Kind.CONFLICT


class NoRound(Refusal):
    """投票尚未开启。"""

    slug, kind = "no-round", Kind.CONFLICT


class BallotInvalid(Refusal):
    """选票填写有误。"""

    slug, kind = "ballot-invalid", Kind.INVALID


class BallotsOpen(Refusal):
    """还有选票未提交。"""

    slug, kind = "ballots-open", Kind.CONFLICT


class ReopenNotRequested(Refusal):
    """专家本人没有申请退回选票。"""

    slug, kind = "reopen-not-requested", Kind.CONFLICT


class NoMoreRounds(Refusal):
    """所有轮次均已完成。"""

    slug, kind = "no-more-rounds", Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a ballot as it was filled in."""

    applicant: str
    choice: str | None = None
    score: int | None = None


def check_lines(
    lines: Sequence[Line], applicants: Iterable[str], method: Method, max_score: int, *, complete: bool
) -> None:
    """Raise BallotInvalid unless the lines answer each applicant once; a draft may leave some open."""
    complaints, seen, wanted = [], set[str](), set(applicants)
    for at, line in enumerate(lines):
        here = f"/lines/{at}"
        if line.applicant not in wanted:
            complaints.append(Complaint(f"{here}/application_id", "unknown", "不在本人的选票上。"))
        if line.applicant in seen:
            complaints.append(Complaint(f"{here}/application_id", "unique", "重复填写。"))
        seen.add(line.applicant)
        if method is Method.VOTE and (line.choice is None or line.score is not None):
            complaints.append(Complaint(f"{here}/choice", "required", "请选择同意、反对或弃权。"))
        if method is Method.SCORE and (line.choice is not None or line.score is None):
            complaints.append(Complaint(f"{here}/score", "required", "请打分。"))
        if line.score is not None and not 0 <= line.score <= max_score:
            complaints.append(Complaint(f"{here}/score", "maximum", f"分数应在 0 到 {max_score} 之间。"))
    if complete and wanted - seen:
        complaints.append(Complaint("/lines", "complete", f"还有 {len(wanted - seen)} 人没有填写。"))
    if complaints:
        raise BallotInvalid("请按提示修改后重新提交。", complaints=tuple(complaints))


@dataclass(frozen=True, slots=True)
class Tally:
    """The count of one applicant in a closed round; `attending` is the base of the majority."""

    for_: int
    against: int
    abstain: int
    recused: int
    absent: int
    attending: int
    score: int | None = None

    @property
    def passed(self) -> bool:
        """Two thirds of the attending are for; integers only (LAW-02)."""
        return self.attending > 0 and 3 * self.for_ >= 2 * self.attending


def tally(
    marks: Sequence[str | int],
    *,
    entitled: int,
    recused: int,
    absent: int,
    recused_attend: bool,
) -> Tally:
    """Count the submitted lines about one applicant.

    `entitled` are the experts attending the meeting who judge this applicant's round, recused and absent ones
    included: who is absent at the round counts as not for (BEY-02), who is recused counts as attending unless the
    profile says otherwise (LAW-02). `marks` are choices, or scores.
    """
    scores = [mark for mark in marks if isinstance(mark, int)]
    votes = [mark for mark in marks if isinstance(mark, str)]
    return Tally(
        for_=votes.count(Choice.FOR),
        against=votes.count(Choice.AGAINST),
        abstain=votes.count(Choice.ABSTAIN),
        recused=recused,
        absent=absent,
        attending=entitled if recused_attend else entitled - recused,
        score=sum(scores) if scores else None,
    )


def remaining(
    tallies: Mapping[str, Tally], order: Sequence[str], method: Method, eliminates: bool
) -> list[str]:
    """Who is in the next round: a vote of the group eliminates if the profile says so, scores nobody (MTG-24)."""
    if method is Method.SCORE or not eliminates:
        return list(order)
    return [applicant for applicant in order if tallies[applicant].passed]
