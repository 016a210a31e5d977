"""meetings: the draw, voting, publicity, objections and confirmation."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from contracts.applications.v1 import FileRef
from contracts.event import Contract, Event
from contracts.vocabulary import Level


class MeetingStatus(StrEnum):
    """SM meeting."""

    DRAWING = "DRAWING"
    ATTENDANCE = "ATTENDANCE"
    GROUPING = "GROUPING"
    ALLOCATING = "ALLOCATING"
    READY = "READY"
    VOTING = "VOTING"
    COUNTED = "COUNTED"
    ANNOUNCED = "ANNOUNCED"
    PUBLICITY = "PUBLICITY"
    DONE = "DONE"


class MeetingState(Contract):
    """A meeting's public state; `attending` of `prescribed_size` is the quorum (LAW-03)."""

    campaign_id: UUID
    committee_id: UUID
    establishing_unit_id: UUID
    kind: str  # ORDINARY | EXCEPTIONAL
    state: MeetingStatus
    prescribed_size: int
    attending: int = 0
    round: int = 0  # 0 before voting
    rounds: int = 1
    presiding: UUID | None = None


class _MeetingEvent(Event):
    state: MeetingState


class MeetingCreated(_MeetingEvent, type="meetings.meeting.created.v1"):
    """A meeting was set up for a campaign."""


class DrawRestarted(_MeetingEvent, type="meetings.meeting.draw-restarted.v1"):
    """Too few of the drawn could attend: the draw is repeated, the old record kept."""


class ExpertsDrawn(_MeetingEvent, type="meetings.meeting.drawn.v1"):
    """Experts were drawn by lot; the record of the draw can be verified."""


class AttendanceConfirmed(_MeetingEvent, type="meetings.meeting.attendance-confirmed.v1"):
    """The list of attending experts is closed."""


class MeetingArranged(_MeetingEvent, type="meetings.meeting.arranged.v1"):
    """Groups, order and reviewers are set: voting can open."""


class VotingOpened(_MeetingEvent, type="meetings.meeting.voting-opened.v1"):
    """A round of voting is open."""


class RoundClosed(_MeetingEvent, type="meetings.meeting.round-closed.v1"):
    """A round is counted and closed."""


class MeetingCounted(_MeetingEvent, type="meetings.meeting.counted.v1"):
    """计票完成: the last round is counted."""


class MeetingGrouped(_MeetingEvent, type="meetings.meeting.grouped.v1"):
    """Experts are in specialty groups, each with a leader."""


class MeetingRearranged(_MeetingEvent, type="meetings.meeting.rearranged.v1"):
    """Order and reviewers are changed before voting opens."""


class MeetingAnnounced(_MeetingEvent, type="meetings.meeting.announced.v1"):
    """The presiding chair signed result and minutes; nothing changes afterwards (LAW-08)."""


class MeetingPublicised(_MeetingEvent, type="meetings.meeting.publicised.v1"):
    """The results are public; objections can be raised."""


class MeetingEnded(_MeetingEvent, type="meetings.meeting.ended.v1"):
    """The publicity is over: what follows is confirmation."""


class SeatState(Contract):
    """An expert's place in a meeting: gives reading access to the dossiers in it."""

    meeting_id: UUID
    campaign_id: UUID
    person: UUID
    group: int | None = None
    active: bool
    recused_from: tuple[UUID, ...] = ()  # applications this expert must not judge


class _SeatEvent(Event):
    state: SeatState


class SeatTaken(_SeatEvent, type="meetings.seat.taken.v1"):
    """An expert is on the attendance list."""


class SeatChanged(_SeatEvent, type="meetings.seat.changed.v1"):
    """Group, recusals or activity of a seat changed."""


class SeatLeft(_SeatEvent, type="meetings.seat.left.v1"):
    """An expert is off the attendance list."""


class BallotState(Contract):
    """That a ballot exists and whether it is in; never how anybody voted."""

    meeting_id: UUID
    seat_id: UUID
    round: int
    state: str  # OPEN | SUBMITTED | RETURNED | ABSENT


class _BallotEvent(Event):
    state: BallotState


class BallotCast(_BallotEvent, type="meetings.ballot.cast.v1"):
    """An expert submitted the ballot."""


class BallotReopened(_BallotEvent, type="meetings.ballot.reopened.v1"):
    """At the expert's own request a submitted ballot is open again."""


class BallotAbsent(_BallotEvent, type="meetings.ballot.absent.v1"):
    """The expert takes no part in this round."""


class CandidacyStatus(StrEnum):
    """SM application, second half: from acceptance to confirmation."""

    READY = "READY"
    REVIEWING = "REVIEWING"
    VOTE_PASSED = "VOTE_PASSED"
    VOTE_FAILED = "VOTE_FAILED"
    IN_PUBLICITY = "IN_PUBLICITY"
    CONFIRMING = "CONFIRMING"
    SUPPLEMENT = "SUPPLEMENT"
    CONFIRMED = "CONFIRMED"
    NOT_CONFIRMED = "NOT_CONFIRMED"
    CONFIRM_REJECTED = "CONFIRM_REJECTED"
    READY_TO_ISSUE = "READY_TO_ISSUE"


class Totals(Contract):
    """The count of a closed round for one applicant; `attending` is the base of the majority (LAW-02)."""

    for_: int
    against: int
    abstain: int
    attending: int
    recused: int = 0


class CandidacyState(Contract):
    """An accepted application under review; `subject` is the application's id."""

    campaign_id: UUID
    committee_id: UUID
    meeting_id: UUID | None = None
    person: UUID
    name: str
    employer_id: UUID
    employer_name: str
    series: str
    level: Level
    specialty: str
    title_name: str
    confirming_unit_id: UUID
    state: CandidacyStatus
    totals: Totals | None = None  # of the deciding round, once announced
    document_number: str | None = None


class _CandidacyEvent(Event):
    state: CandidacyState


class CandidacyOpened(_CandidacyEvent, type="meetings.candidacy.opened.v1"):
    """An accepted application waits for a meeting."""


class CandidacyReviewed(_CandidacyEvent, type="meetings.candidacy.reviewed.v1"):
    """Its review began: voting is open."""


class VotePassed(_CandidacyEvent, type="meetings.candidacy.vote-passed.v1"):
    """Announced as passed."""


class VoteFailed(_CandidacyEvent, type="meetings.candidacy.vote-failed.v1"):
    """Announced as not passed."""


class PublicityStarted(_CandidacyEvent, type="meetings.candidacy.publicity-started.v1"):
    """The result is public; the period runs."""


class PublicityEnded(_CandidacyEvent, type="meetings.candidacy.publicity-ended.v1"):
    """The period is over: the confirming unit's turn."""


class SupplementRequested(_CandidacyEvent, type="meetings.candidacy.supplement-requested.v1"):
    """The confirming unit wants material supplemented."""


class Supplemented(_CandidacyEvent, type="meetings.candidacy.supplemented.v1"):
    """The committee supplemented."""


class ResultConfirmed(_CandidacyEvent, type="meetings.candidacy.confirmed.v1"):
    """The confirming unit confirmed the result."""


class ResultNotConfirmed(_CandidacyEvent, type="meetings.candidacy.not-confirmed.v1"):
    """An upheld objection ended it (LAW-10)."""


class ConfirmationRejected(_CandidacyEvent, type="meetings.candidacy.confirm-rejected.v1"):
    """Rejected at confirmation: the year is locked."""


class DocumentNumberSet(_CandidacyEvent, type="meetings.candidacy.document-number-set.v1"):
    """The committee set the number of the qualification document (MTG-46)."""


class HandedOver(_CandidacyEvent, type="meetings.candidacy.handed-over.v1"):
    """Issuing information and work report are in: ready to issue."""


class TakenBack(_CandidacyEvent, type="meetings.candidacy.taken-back.v1"):
    """The issuing unit returned it: issuing information can be submitted again."""


class PublicityState(Contract):
    """A publicity announcement; `ends_at` is exclusive: 24:00 of the last day."""

    meeting_id: UUID
    campaign_id: UUID
    title: str
    contact: str
    phone: str
    starts_at: datetime
    ends_at: datetime
    document: FileRef  # PDF in the meetings bucket
    persons: int
    state: str  # PUBLISHED | ENDED


class _PublicityEvent(Event):
    state: PublicityState


class PublicityPublished(_PublicityEvent, type="meetings.publicity.published.v1"):
    """发布公示公告."""


class PublicityOver(_PublicityEvent, type="meetings.publicity.over.v1"):
    """The period ended."""


class ObjectionState(Contract):
    """An objection to a person in publicity; what was said stays in meetings."""

    publicity_id: UUID
    application_id: UUID
    objector: UUID | None = None  # None = unnamed, or without an account
    channel: str  # ONLINE | OFFLINE | OFFICE
    state: str  # SUBMITTED | RECORDED | ANSWERED
    upheld: bool | None = None
    answer: str | None = None  # what the objector is told


class _ObjectionEvent(Event):
    state: ObjectionState


class ObjectionSubmitted(_ObjectionEvent, type="meetings.objection.submitted.v1"):
    """Somebody objected during publicity."""


class ObjectionRecorded(_ObjectionEvent, type="meetings.objection.recorded.v1"):
    """The office recorded an objection that came otherwise."""


class ObjectionAnswered(_ObjectionEvent, type="meetings.objection.answered.v1"):
    """Handled: upheld or not."""


class IssuingPerson(Contract):
    """One confirmed person in issuing information."""

    application_id: UUID
    person: UUID
    name: str


class IssuingInformationState(Contract):
    """What the committee sends for issuing, under one document number (MTG-46)."""

    campaign_id: UUID
    committee_id: UUID
    issuing_unit_id: UUID
    document_number: str
    review_date: date
    confirmed_date: date
    persons: tuple[IssuingPerson, ...]
    qualification_document: FileRef  # in the meetings bucket


class IssuingInformationSubmitted(Event, type="meetings.issuing-information.submitted.v1"):
    """The committee submitted issuing information to the issuing unit."""

    state: IssuingInformationState
