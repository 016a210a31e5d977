"""How far a committee's campaign has come, as the supervision panel says it (NTC-07)."""

from collections.abc import Mapping

_MEETING = {
    "DRAWING": "专家抽选",
    "ATTENDANCE": "确认参评专家",
    "GROUPING": "专家分组",
    "ALLOCATING": "人员分配",
    "READY": "待投票",
    "VOTING": "投票中",
    "COUNTED": "计票完成",
    "ANNOUNCED": "结果已宣布",
    "PUBLICITY": "评审公示",
    "DONE": "评审结束",
}
_ENDED = "CLOSED"
RUNNING = ("PUBLISHED", "RECEIVING", "RECEIPT_CLOSED")


def progress(campaign: str | None, meeting: str | None, labels: Mapping[str, str]) -> str:
    """The campaign's state, or its ordinary meeting's once there is one; 办结 ends both."""
    if campaign is None:
        return labels.get("NONE", "未设置评审活动")
    if meeting is not None and campaign != _ENDED:
        return _MEETING.get(meeting, meeting)
    return labels.get(campaign, campaign)
