"""The contexts of the bundled templates; dates are `date` or ISO text, NotRequired keys may be left out."""

import datetime
from typing import NotRequired, TypedDict

Date = datetime.date | str | None


class Certificate(TypedDict):
    """`certificate.html`; image `photo` (PNG or JPEG, 5:7) is optional."""

    heading: NotRequired[str]  # 职称证书
    authority: NotRequired[str]  # a line above the heading, e.g. the province
    name: str
    sex: str
    birth_date: Date
    id_number: str
    title_name: str
    series: str
    level: str
    specialty: str
    work_unit: str
    review_body: str
    approval_date: Date
    issuing_unit: str
    document_number: str
    certificate_number: str
    obtaining_method: NotRequired[str]  # 评审, 初定, 确认, 委托评审
    lookup_url: str  # what the QR code holds
    lookup_caption: NotRequired[str]
    issued_on: NotRequired[Date]
    landscape: NotRequired[bool]
    notice: NotRequired[str]  # a watermark such as 样张 or 已撤销


class PublicityPerson(TypedDict):
    """One line of a publicity; the number is the line's."""

    name: str
    work_unit: str
    title_name: str
    specialty: NotRequired[str]
    level: NotRequired[str]
    remark: NotRequired[str]


class Publicity(TypedDict):
    """`publicity.html`."""

    title: str
    paragraphs: list[str]
    persons: list[PublicityPerson]
    period_from: Date
    period_to: Date
    contact: NotRequired[str]
    phone: NotRequired[str]
    address: NotRequired[str]
    objection_channels: list[str]
    publishing_unit: str
    published_on: Date


class IssuedPerson(TypedDict):
    """One line of a summary or of a qualification document."""

    name: str
    sex: NotRequired[str]
    id_number: NotRequired[str]
    work_unit: str
    series: NotRequired[str]
    level: NotRequired[str]
    specialty: NotRequired[str]
    title_name: str
    approval_date: NotRequired[Date]
    certificate_number: NotRequired[str]
    remark: NotRequired[str]


class IssuingSummary(TypedDict):
    """`issuing_summary.html`: printed, signed and stamped, scanned back."""

    title: NotRequired[str]  # 职称证书发证汇总表
    document_number: str
    approval_date: Date
    review_body: str
    issuing_unit: str
    batch: NotRequired[str]
    persons: list[IssuedPerson]
    prepared_by: NotRequired[str]
    prepared_on: NotRequired[Date]


class ApplicantResult(TypedDict):
    """One applicant's votes; `result` is the word that is printed."""

    name: str
    work_unit: str
    title_name: str
    specialty: NotRequired[str]
    votes_for: int
    votes_against: int
    abstentions: int
    recused: NotRequired[int]
    result: str


class Minutes(TypedDict):
    """`minutes.html`: what the presiding chair signs (LAW-08)."""

    title: NotRequired[str]  # 评审会议纪要
    committee: str
    campaign: str
    meeting_name: NotRequired[str]
    held_on: Date
    place: NotRequired[str]
    chair: str
    prescribed: int  # the committee's prescribed number
    attending: int
    majority: NotRequired[str]  # the rule in words
    experts: list[str]  # names of those attending
    absent: NotRequired[list[str]]
    paragraphs: NotRequired[list[str]]  # opinions and course of the meeting
    applicants: list[ApplicantResult]
    counted_on: NotRequired[Date]
    reviewing_unit: NotRequired[str]


class QualificationDocument(TypedDict):
    """`qualification_document.html`: the document that confirms titles."""

    issuing_unit: str
    document_number: str
    title: str
    addressee: NotRequired[str]
    paragraphs: list[str]
    persons: list[IssuedPerson]
    approval_date: Date
    copies_to: NotRequired[str]


class Table(TypedDict):
    """A module's table: every row has as many cells as there are columns."""

    columns: list[str]
    rows: list[list[str]]


class Module(TypedDict):
    """One part of a review form: pairs of label and value, tables, texts, in this order."""

    title: str
    pairs: NotRequired[list[tuple[str, str]]]
    tables: NotRequired[list[Table]]
    texts: NotRequired[list[str]]
    signature: NotRequired[str]  # who signs or stamps below, e.g. 单位意见（盖章）


class ReviewForm(TypedDict):
    """`review_form.html`; image `photo` is optional."""

    title: NotRequired[str]  # 专业技术职称评审表
    campaign: NotRequired[str]
    name: str
    work_unit: str
    title_name: str
    series: NotRequired[str]
    specialty: NotRequired[str]
    application_number: NotRequired[str]
    filled_on: NotRequired[Date]
    modules: list[Module]
    lookup_url: NotRequired[str]
