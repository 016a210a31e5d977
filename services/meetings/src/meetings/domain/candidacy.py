"""An accepted application under review: SM application from READY on, and SM confirmation."""

from enum import StrEnum

from refusals import Kind, Refusal
from refusals.machine import Machine, Move


class CandidacyStatus(StrEnum):
    """Where it stands."""

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


class Event(StrEnum):
    """What happens to it."""

    OPEN = "open"
    REVIEW = "review"
    PASS_VOTE = "pass-vote"
    FAIL_VOTE = "fail-vote"
    PUBLISH = "publish"
    END_PUBLICITY = "end-publicity"
    OBJECT = "uphold-objection"
    REQUEST_SUPPLEMENT = "return"
    SUPPLEMENT = "supplement"
    CONFIRM = "pass"
    REJECT = "reject"
    HAND_OVER = "hand-over"
    TAKE_BACK = "take-back"


S, E = CandidacyStatus, Event
CANDIDACY = Machine(
    "candidacy",
    (
        Move(None, E.OPEN, S.READY, "event"),
        Move(S.READY, E.REVIEW, S.REVIEWING, "office"),
        Move(S.REVIEWING, E.PASS_VOTE, S.VOTE_PASSED, "presiding"),
        Move(S.REVIEWING, E.FAIL_VOTE, S.VOTE_FAILED, "presiding"),
        Move(S.VOTE_PASSED, E.PUBLISH, S.IN_PUBLICITY, "office"),
        Move(S.IN_PUBLICITY, E.END_PUBLICITY, S.CONFIRMING, "time"),
        Move(S.IN_PUBLICITY, E.OBJECT, S.NOT_CONFIRMED, "office"),
        Move(S.CONFIRMING, E.OBJECT, S.NOT_CONFIRMED, "office"),
        Move(S.SUPPLEMENT, E.OBJECT, S.NOT_CONFIRMED, "office"),
        Move(S.CONFIRMING, E.REQUEST_SUPPLEMENT, S.SUPPLEMENT, "authorising"),
        Move(S.SUPPLEMENT, E.SUPPLEMENT, S.CONFIRMING, "office"),
        Move(S.CONFIRMING, E.CONFIRM, S.CONFIRMED, "authorising"),
        Move(S.CONFIRMING, E.REJECT, S.CONFIRM_REJECTED, "authorising"),
        Move(S.CONFIRMED, E.HAND_OVER, S.READY_TO_ISSUE, "office"),
        Move(S.READY_TO_ISSUE, E.TAKE_BACK, S.CONFIRMED, "event"),
    ),
)

OBJECTABLE = frozenset({S.IN_PUBLICITY, S.CONFIRMING, S.SUPPLEMENT})
"""An objection still has an effect."""


class ObjectionOpen(Refusal):
    """该人员有尚未处理或成立的异议，不能确认。"""

    slug, kind = "objection-open", Kind.CONFLICT


class DocumentMissing(Refusal):
    """请先上传任职资格文件。"""

    slug, kind = "qualification-document-missing", Kind.CONFLICT


class ReasonRequired(Refusal):
    """请写明原因。"""

    slug, kind = "reason-required", Kind.INVALID


def check_confirmable(document: bool, objected: bool) -> None:
    """Raise unless the qualification document is there and no objection is open or upheld (MTG-42, LAW-10)."""
    if objected:
        raise ObjectionOpen("待评委会答复异议后再确认。")
    if not document:
        raise DocumentMissing("上传文件并填写文号后，才能确认通过。")
