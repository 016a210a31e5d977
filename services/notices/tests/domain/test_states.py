"""The two machines, and that every kind of to-do is described."""

from contracts.permissions import PERMISSIONS
from notices.domain.progress import progress
from notices.domain.states import ANNOUNCEMENT, MESSAGE, AnnouncementStatus, MessageStatus
from notices.domain.todos import KINDS, TodoKind, concerning


def test_an_announcement_can_always_go():
    for state in (AnnouncementStatus.DRAFT, AnnouncementStatus.PUBLISHED, AnnouncementStatus.REVOKED):
        assert "delete" in ANNOUNCEMENT.allowed(state)
    assert ANNOUNCEMENT.allowed(AnnouncementStatus.GONE) == ()


def test_a_message_is_read_once():
    assert MESSAGE.allowed(MessageStatus.SENT) == ("read",)
    assert MESSAGE.allowed(MessageStatus.READ) == ()


def test_every_kind_of_todo_is_described_by_a_real_permission():
    assert set(KINDS) == set(TodoKind)
    assert {described.permission for described in KINDS.values()} <= set(PERMISSIONS)
    assert concerning(PERMISSIONS) == tuple(TodoKind)
    assert concerning([]) == ()


def test_progress_follows_the_meeting_until_the_campaign_is_closed():
    labels = {"RECEIVING": "材料接收中", "CLOSED": "办结", "NONE": "未设置评审活动"}
    assert progress(None, None, labels) == "未设置评审活动"
    assert progress("RECEIVING", None, labels) == "材料接收中"
    assert progress("RECEIPT_CLOSED", "DRAWING", labels) == "专家抽选"
    assert progress("CLOSED", "DONE", labels) == "办结"
