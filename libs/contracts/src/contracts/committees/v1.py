"""committees: committees and their filing, experts, campaigns."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from contracts.event import Contract, Event
from contracts.vocabulary import Level


class FilingStatus(StrEnum):
    """SM committee filing."""

    NOT_FILED = "NOT_FILED"
    AUTHORISING_VETTING = "AUTHORISING_VETTING"
    FILING_VETTING = "FILING_VETTING"
    RETURNED = "RETURNED"
    FILED = "FILED"
    EXPIRED = "EXPIRED"


class CommitteeState(Contract):
    """A committee's public state; `prescribed_size` is fixed before any draw (LAW-03)."""

    name: str
    office: str
    establishing_unit_id: UUID
    authorising_unit_id: UUID
    filing_unit_id: UUID
    review_type: str
    levels: tuple[Level, ...]
    composition: str  # BY_SERIES | BY_SPECIALTY
    series: str
    specialties: tuple[str, ...] = ()
    area: str  # region node
    autonomous: bool = False
    unit_natures: tuple[str, ...] = ()  # empty = no limit
    contact: str
    phone: str
    address: str
    prescribed_size: int
    state: FilingStatus
    node_unit_id: UUID | None = None  # where the filing waits to be vetted
    valid_from: date | None = None
    valid_until: date | None = None  # last valid day


class _CommitteeEvent(Event):
    state: CommitteeState


class FilingSubmitted(_CommitteeEvent, type="committees.committee.filing-submitted.v1"):
    """The establishing unit applied for filing."""


class FilingPassed(_CommitteeEvent, type="committees.committee.filing-passed.v1"):
    """A post or a unit passed the filing on."""


class FilingReturned(_CommitteeEvent, type="committees.committee.filing-returned.v1"):
    """Not passed: back to the establishing unit, with an opinion."""


class CommitteeFiled(_CommitteeEvent, type="committees.committee.filed.v1"):
    """The filing unit approved: valid for three years."""


class FilingExpired(_CommitteeEvent, type="committees.committee.filing-expired.v1"):
    """The filing's validity ended."""


class ExpertStatus(StrEnum):
    """SM expert."""

    TO_SUBMIT = "TO_SUBMIT"
    TO_VET = "TO_VET"
    RETURNED = "RETURNED"
    IN_LIBRARY = "IN_LIBRARY"
    SUSPENDED = "SUSPENDED"


class Duty(StrEnum):
    """What an expert is in the committee."""

    CHAIR = "CHAIR"
    VICE_CHAIR = "VICE_CHAIR"
    MEMBER = "MEMBER"


class ExpertState(Contract):
    """An expert of one committee's library; `person` is who logs in to vote."""

    committee_id: UUID
    person: UUID
    name: str
    sex: str
    work_unit: str
    duty: Duty
    title_series: str
    title_name: str
    title_level: Level
    specialty: str
    phone_known: bool = True
    term_until: date | None = None
    state: ExpertStatus


class _ExpertEvent(Event):
    state: ExpertState


class ExpertSubmitted(_ExpertEvent, type="committees.expert.submitted.v1"):
    """An expert was put forward for the library."""


class ExpertReturned(_ExpertEvent, type="committees.expert.returned.v1"):
    """An expert was returned for correction."""


class ExpertAdmitted(_ExpertEvent, type="committees.expert.admitted.v1"):
    """An expert is in the library."""


class ExpertSuspended(_ExpertEvent, type="committees.expert.suspended.v1"):
    """An expert no longer takes part, until admitted again."""


class CampaignStatus(StrEnum):
    """SM campaign publication."""

    EDITING = "EDITING"
    VETTING = "VETTING"
    RETURNED = "RETURNED"
    PUBLISHED = "PUBLISHED"
    RECEIVING = "RECEIVING"
    RECEIPT_CLOSED = "RECEIPT_CLOSED"
    CLOSED = "CLOSED"


class OpenedSpecialty(Contract):
    """What may be applied for: a level's title in a specialty."""

    level: Level
    specialty: str
    title_name: str


class RequirementState(Contract):
    """A policy clause that achievements answer, or an exceptional condition; `serial` orders them."""

    serial: int
    title: str
    templates: tuple[str, ...]
    text: str


class MaterialState(Contract):
    """A required material: an upload slot."""

    key: str
    name: str
    type: str  # PDF | IMAGE | IMAGE_OR_PDF
    max_mb: int
    required: bool


class CampaignState(Contract):
    """One committee's round in a year, as published; deadlines are instants, exclusive."""

    committee_id: UUID
    name: str
    eligible_scope: str
    year: int
    category: str  # ANNUAL | SPECIAL
    review_mode: str  # EXPERT | NATIONAL_EXAM_PLUS_EXPERT
    written_test: str  # ALL | WITHOUT_EDUCATION | SOME | NONE
    oral_defence: str  # SOME | ALL | NONE
    start: datetime
    first_deadline: datetime
    modified_deadline: datetime
    receipt_deadline: datetime
    pages: tuple[str, ...] = ()  # switched-on extra pages: HEALTH, TEACHER, VOCATIONAL_TEACHER
    exceptional_deliberation: bool = False
    specialty_groups: bool = False
    group_method: str | None = None  # VOTE | SCORE
    public: bool = True
    policy_file: str | None = None  # SHA-256 in the committees bucket
    arrangement_file: str | None = None
    series: str
    opened: tuple[OpenedSpecialty, ...]
    requirements: tuple[RequirementState, ...]
    exceptional_conditions: tuple[RequirementState, ...] = ()
    materials: tuple[MaterialState, ...] = ()
    pack: str  # the pack reference it was published under
    state: CampaignStatus
    node_unit_id: UUID | None = None
    establishing_unit_id: UUID | None = None
    authorising_unit_id: UUID | None = None
    document_number: str = ""  # of the notice that announces it
    department_deadline: datetime | None = None  # COM-44: the supervising department's vetting
    committee_deadline: datetime | None = None  # COM-44: the committee's vetting


class _CampaignEvent(Event):
    state: CampaignState


class CampaignSubmitted(_CampaignEvent, type="committees.campaign.submitted.v1"):
    """The establishing unit handed the campaign to the authorising unit."""


class CampaignPassed(_CampaignEvent, type="committees.campaign.passed.v1"):
    """A post passed it on."""


class CampaignReturned(_CampaignEvent, type="committees.campaign.returned.v1"):
    """Returned for correction."""


class CampaignPublished(_CampaignEvent, type="committees.campaign.published.v1"):
    """The highest post passed: applicants can find it."""


class CampaignReceiving(_CampaignEvent, type="committees.campaign.receiving.v1"):
    """Its start was reached: material is received."""


class CampaignReceiptClosed(_CampaignEvent, type="committees.campaign.receipt-closed.v1"):
    """The receipt deadline passed."""


class CampaignDeadlinesMoved(_CampaignEvent, type="committees.campaign.deadlines-moved.v1"):
    """Deadlines of a published campaign were moved later."""


class CampaignClosed(_CampaignEvent, type="committees.campaign.closed.v1"):
    """办结: everybody who passed has a certificate."""
