"""The document number of confirmed titles, and the order of what follows confirmation (MTG-46)."""

import re

from refusals import Kind, Refusal


class NumberInvalid(Refusal):
    """文号格式不正确。"""

    slug, kind = "document-number-invalid", Kind.INVALID


class NumberDiffers(Refusal):
    """文号与任职资格文件的文号不一致。"""

    slug, kind = "document-number-differs", Kind.CONFLICT


class NumberMissing(Refusal):
    """请先设置文号。"""

    slug, kind = "document-number-missing", Kind.CONFLICT


class InformationMissing(Refusal):
    """请先提交发证信息。"""

    slug, kind = "issuing-information-missing", Kind.CONFLICT


class NobodyToIssue(Refusal):
    """没有可提交的确认通过人员。"""

    slug, kind = "nobody-to-issue", Kind.CONFLICT


def check_number(number: str, pattern: str, first_year: int, this_year: int) -> None:
    """Raise NumberInvalid unless it has the profile's form and a year from the campaign's to this one."""
    found = re.fullmatch(pattern, number)
    if found is None:
        raise NumberInvalid("文号应形如“某人社职〔2026〕60号”。")
    if not first_year <= int(found["year"]) <= this_year:
        raise NumberInvalid(f"文号中的年份应在 {first_year} 至 {this_year} 之间。")


def check_same(number: str, documents: str) -> None:
    """Raise NumberDiffers unless it is the number of the uploaded document."""
    if number != documents:
        raise NumberDiffers("请核对后重新填写。")
