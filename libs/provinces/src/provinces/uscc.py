"""Unified social credit codes after GB 32100-2015, with the organisation code of GB 11714 inside."""

import re
from typing import ClassVar

from refusals import Kind, Refusal

from provinces.people import PROVINCES

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # no I, O, S, V, Z
_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


class UsccInvalid(Refusal):
    """统一社会信用代码不正确。"""

    slug: ClassVar[str] = "uscc-invalid"
    kind: ClassVar[Kind] = Kind.INVALID


def check_char(first17: str) -> str:
    """Return the eighteenth character of a code whose first seventeen are given."""
    total = sum(ALPHABET.index(char) * weight for char, weight in zip(first17, _WEIGHTS, strict=True))
    return ALPHABET[-total % 31]


def organisation_check_char(first8: str) -> str:
    """Return the ninth character of an organisation code whose first eight are given (0-9, A-Z = 10-35)."""
    total = sum(int(char, 36) * weight for char, weight in zip(first8, _ORGANISATION_WEIGHTS, strict=True))
    return "0123456789X"[-total % 11]


def parse_uscc(code: str) -> str:
    """Return the code in capitals; raises UsccInvalid.

    Checked: the alphabet, a first character of any registering authority (digit or letter), a region of six
    digits, the organisation code's own check character and the whole code's.
    """
    text = code.strip().upper()
    if not re.fullmatch(rf"[{ALPHABET}]{{2}}[0-9]{{6}}[{ALPHABET}]{{10}}", text):
        raise UsccInvalid("统一社会信用代码为18位数字和大写字母（不含I、O、S、V、Z），请核对。")
    if text[2:4] not in PROVINCES and text[2:4] != "10":  # 100000: registered with the state itself
        raise UsccInvalid("统一社会信用代码中的行政区划不存在，请核对。")
    if organisation_check_char(text[8:16]) != text[16]:
        raise UsccInvalid("统一社会信用代码中组织机构代码的校验码不符，请核对是否输错。")
    if check_char(text[:17]) != text[17]:
        raise UsccInvalid("统一社会信用代码的校验码不符，请核对是否输错。")
    return text


def is_uscc(code: str) -> bool:
    """Say whether `parse_uscc` accepts it."""
    try:
        parse_uscc(code)
    except UsccInvalid:
        return False
    return True
