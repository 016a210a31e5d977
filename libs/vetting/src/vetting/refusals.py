"""Why a case is not moved."""

from typing import ClassVar

from refusals import Kind, Refusal


class IllegalMove(Refusal):
    """当前状态不允许此操作。"""

    slug: ClassVar[str] = "vetting-illegal-move"
    kind: ClassVar[Kind] = Kind.CONFLICT


class NotYourTurn(Refusal):
    """现在不由您的单位或岗位审核。"""

    slug: ClassVar[str] = "vetting-not-your-turn"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


class OwnCase(Refusal):
    """不能审核自己的申请。"""

    slug: ClassVar[str] = "vetting-own-case"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


class NotTheApplicant(Refusal):
    """只有申请人可以进行此操作。"""

    slug: ClassVar[str] = "vetting-not-the-applicant"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


class OpinionNeeded(Refusal):
    """请填写审核意见。"""

    slug: ClassVar[str] = "vetting-opinion-needed"
    kind: ClassVar[Kind] = Kind.INVALID


class NotAnEarlierNode(Refusal):
    """只能退回到之前的审核单位。"""

    slug: ClassVar[str] = "vetting-not-an-earlier-node"
    kind: ClassVar[Kind] = Kind.INVALID


class WithdrawalOver(Refusal):
    """已不能撤回。"""

    slug: ClassVar[str] = "vetting-withdrawal-over"
    kind: ClassVar[Kind] = Kind.CONFLICT


class RouteEmpty(Refusal):
    """没有审核流程。"""

    slug: ClassVar[str] = "vetting-route-empty"
    kind: ClassVar[Kind] = Kind.CONFLICT


class PostWithoutPerson(Refusal):
    """审核岗位没有可用人员。"""

    slug: ClassVar[str] = "vetting-post-without-person"
    kind: ClassVar[Kind] = Kind.CONFLICT
