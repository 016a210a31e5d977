"""Kinds of to-dos of units, in the order in which the unit's home shows them (NTC-06)."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class Place(StrEnum):
    """In which sense a to-do lies with a unit: it is named itself, or found through what it runs."""

    UNIT = "UNIT"  # place = the unit
    ESTABLISHING = "ESTABLISHING"  # place = a committee, campaign or publicity that the unit runs
    AUTHORISING = "AUTHORISING"  # place = a committee whose results the unit confirms


class TodoKind(StrEnum):
    """What a unit has to do."""

    REGISTRATION_TO_VET = "REGISTRATION_TO_VET"
    SUPERIOR_CHANGE_TO_VET = "SUPERIOR_CHANGE_TO_VET"
    FILING_TO_VET = "FILING_TO_VET"
    FILING_RETURNED = "FILING_RETURNED"
    FILING_EXPIRED = "FILING_EXPIRED"
    EXPERT_TO_SUBMIT = "EXPERT_TO_SUBMIT"
    EXPERT_TO_VET = "EXPERT_TO_VET"
    CAMPAIGN_TO_VET = "CAMPAIGN_TO_VET"
    CAMPAIGN_RETURNED = "CAMPAIGN_RETURNED"
    OWN_APPLICATION_TO_VET = "OWN_APPLICATION_TO_VET"
    SUBORDINATE_APPLICATION_TO_VET = "SUBORDINATE_APPLICATION_TO_VET"
    ELIGIBILITY_TO_VET = "ELIGIBILITY_TO_VET"
    OBJECTION_TO_ANSWER = "OBJECTION_TO_ANSWER"
    CONFIRMATION_TO_DECIDE = "CONFIRMATION_TO_DECIDE"
    SUPPLEMENT_TO_MAKE = "SUPPLEMENT_TO_MAKE"
    ISSUING_INFORMATION_TO_PROCESS = "ISSUING_INFORMATION_TO_PROCESS"
    ISSUING_INFORMATION_RETURNED = "ISSUING_INFORMATION_RETURNED"
    BATCH_TO_ISSUE = "BATCH_TO_ISSUE"


@dataclass(frozen=True, slots=True)
class Described:
    """How a kind is shown: its label, who it concerns (a permission), and the list where it is done."""

    label: str
    permission: str
    link: str


_K = TodoKind
KINDS: dict[TodoKind, Described] = {
    _K.REGISTRATION_TO_VET: Described(
        "待审核的单位注册", "units.registration.vet", "/api/v1/units/registrations"
    ),
    _K.SUPERIOR_CHANGE_TO_VET: Described(
        "待审核的上级单位变更", "units.registration.vet", "/api/v1/units/superior-changes"
    ),
    _K.FILING_TO_VET: Described("待审核的评委会备案", "committees.filing.vet", "/api/v1/committees/filings"),
    _K.FILING_RETURNED: Described(
        "被退回的评委会备案", "committees.committee.manage", "/api/v1/committees/committees"
    ),
    _K.FILING_EXPIRED: Described(
        "备案已到期的评委会", "committees.committee.manage", "/api/v1/committees/committees"
    ),
    _K.EXPERT_TO_SUBMIT: Described(
        "待提交的专家", "committees.expert.manage", "/api/v1/committees/committees"
    ),
    _K.EXPERT_TO_VET: Described("待审核的专家", "committees.expert.vet", "/api/v1/committees/expert-vetting"),
    _K.CAMPAIGN_TO_VET: Described(
        "待审核的评审活动", "committees.campaign.vet", "/api/v1/committees/campaign-vetting"
    ),
    _K.CAMPAIGN_RETURNED: Described(
        "被退回的评审活动", "committees.campaign.manage", "/api/v1/committees/campaigns"
    ),
    _K.OWN_APPLICATION_TO_VET: Described(
        "待审核的本单位申报人员", "applications.own-staff.vet", "/api/v1/applications/vetting/own-staff"
    ),
    _K.SUBORDINATE_APPLICATION_TO_VET: Described(
        "待审核的下级单位申报人员",
        "applications.subordinate-staff.vet",
        "/api/v1/applications/vetting/subordinate-staff",
    ),
    _K.ELIGIBILITY_TO_VET: Described(
        "待审核的参评资格", "applications.eligibility.vet", "/api/v1/applications/vetting/eligibility"
    ),
    _K.OBJECTION_TO_ANSWER: Described(
        "待答复的异议", "meetings.publicity.manage", "/api/v1/meetings/publicities"
    ),
    _K.CONFIRMATION_TO_DECIDE: Described(
        "待确认的评审结果", "meetings.confirmation.decide", "/api/v1/meetings/confirmations"
    ),
    _K.SUPPLEMENT_TO_MAKE: Described(
        "待补充的评审材料", "meetings.meeting.manage", "/api/v1/meetings/candidacies"
    ),
    _K.ISSUING_INFORMATION_TO_PROCESS: Described(
        "待处理的发证信息", "certificates.batch.vet", "/api/v1/certificates/vetting"
    ),
    _K.ISSUING_INFORMATION_RETURNED: Described(
        "被退回的发证信息", "meetings.issuing-information.submit", "/api/v1/meetings/meetings"
    ),
    _K.BATCH_TO_ISSUE: Described(
        "待发放的证书批次", "certificates.certificate.issue", "/api/v1/certificates/batches"
    ),
}


def concerning(permissions: Collection[str]) -> tuple[TodoKind, ...]:
    """The kinds that somebody with these permissions can do something about, in order."""
    return tuple(kind for kind, described in KINDS.items() if described.permission in permissions)
