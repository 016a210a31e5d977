"""SM certificate batch, move by move."""

from datetime import date
from uuid import uuid4

import pytest
from certificates.domain.batch import (
    BATCH,
    Act,
    AlreadyWithdrawn,
    ApprovalDateInvalid,
    Batch,
    BatchStatus,
    NotInBatch,
    NotReadyToIssue,
    NotWithdrawn,
    ReasonNeeded,
    takes_submission,
)
from hypothesis import given
from hypothesis import strategies as st
from refusals.machine import IllegalMove

ANNA, BO = uuid4(), uuid4()
TODAY = date(2026, 12, 18)


def a_batch(**changes):
    values = {
        "state": BatchStatus.TO_ISSUE,
        "document_number": "川人社职称〔2026〕18号",
        "review_date": date(2026, 11, 20),
        "persons": frozenset({ANNA, BO}),
        "approval_date": TODAY,
        "stamped": True,
        **changes,
    }
    return Batch(**values)


@pytest.mark.req("CRT-04")
def test_issuing_information_is_passed_or_returned_with_a_reason():
    waiting = a_batch(state=BatchStatus.TO_PROCESS)
    assert waiting.pass_().state == BatchStatus.TO_ISSUE
    assert waiting.return_("专业有误").state == BatchStatus.RETURNED
    with pytest.raises(ReasonNeeded):
        waiting.return_("  ")


@pytest.mark.req("CRT-02")
def test_who_is_withdrawn_gets_no_certificate_and_the_stamp_no_longer_fits():
    batch = a_batch().withdraw(ANNA, "待核实")
    assert (batch.to_issue, batch.stamped) == (frozenset({BO}), False)
    assert batch.put_back(ANNA).to_issue == frozenset({ANNA, BO})


@pytest.mark.parametrize(
    ("act", "refusal"),
    [
        (lambda b: b.withdraw(uuid4(), "理由"), NotInBatch),
        (lambda b: b.withdraw(ANNA, ""), ReasonNeeded),
        (lambda b: b.withdraw(ANNA, "理由").withdraw(ANNA, "理由"), AlreadyWithdrawn),
        (lambda b: b.put_back(ANNA), NotWithdrawn),
        (lambda b: b.put_back(uuid4()), NotInBatch),
        (lambda b: b.approve(date(2026, 12, 19), "号", TODAY), ApprovalDateInvalid),
        (lambda b: b.approve(date(2026, 11, 19), "号", TODAY), ApprovalDateInvalid),
        (lambda b: b.pass_(), IllegalMove),
        (lambda b: b.finish(), IllegalMove),
        (lambda b: b.supplement(frozenset({ANNA})), IllegalMove),
    ],
)
def test_what_is_refused(act, refusal):
    with pytest.raises(refusal):
        act(a_batch())


@pytest.mark.req("CRT-03")
def test_everything_that_is_missing_is_said_at_once():
    bare = a_batch(document_number="", approval_date=None, stamped=False, withdrawn=frozenset({ANNA, BO}))
    with pytest.raises(NotReadyToIssue) as refused:
        bare.issue()
    pointers = [complaint.pointer for complaint in refused.value.complaints]
    assert pointers == ["/document_number", "/approval_date", "/stamped_summary", "/persons"]


@given(number=st.booleans(), day=st.booleans(), stamp=st.booleans(), somebody=st.booleans())
def test_a_batch_is_issued_only_when_nothing_is_missing(number, day, stamp, somebody):
    batch = a_batch(
        document_number="号" if number else "",
        approval_date=TODAY if day else None,
        stamped=stamp,
        withdrawn=frozenset() if somebody else frozenset({ANNA, BO}),
    )
    if number and day and stamp and somebody:
        assert batch.issue().state == BatchStatus.ISSUING
    else:
        with pytest.raises(NotReadyToIssue) as refused:
            batch.issue()
        assert len(refused.value.complaints) == [number, day, stamp, somebody].count(False)


def test_the_same_approval_keeps_the_stamp_and_another_one_does_not():
    batch = a_batch()
    assert batch.approve(TODAY, batch.document_number, TODAY).stamped
    assert not batch.approve(date(2026, 12, 17), batch.document_number, TODAY).stamped


def test_withdrawn_persons_go_into_a_further_batch_once_theirs_is_issued():
    done = a_batch(state=BatchStatus.ISSUED, withdrawn=frozenset({ANNA}))
    further = done.supplement(frozenset({ANNA}))
    assert (further.state, further.to_issue, further.stamped) == (
        BatchStatus.TO_ISSUE,
        frozenset({ANNA}),
        False,
    )
    with pytest.raises(NotWithdrawn):
        done.supplement(frozenset({BO}))


@pytest.mark.parametrize(
    ("state", "taken"),
    [
        (None, True),
        (BatchStatus.TO_PROCESS, True),
        (BatchStatus.RETURNED, True),
        (BatchStatus.TO_ISSUE, False),
        (BatchStatus.ISSUING, False),
        (BatchStatus.ISSUED, False),
    ],
)
def test_what_was_accepted_is_not_changed_by_what_arrives_later(state, taken):
    assert takes_submission(state) is taken


def test_every_state_is_reached_and_all_but_the_last_are_left():
    reached = {move.target for move in BATCH.moves}
    left = {move.source for move in BATCH.moves if move.target != move.source}
    assert reached == set(BatchStatus)
    assert left - {None} == set(BatchStatus) - {BatchStatus.ISSUED}
    assert {move.event for move in BATCH.moves} == set(Act)
