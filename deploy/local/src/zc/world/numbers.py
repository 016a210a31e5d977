"""Numbers with check characters: resident IDs (GB 11643), organisation codes (GB 11714), USCC (GB 32100)."""

from datetime import date
from random import Random

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_PHONES = ("131", "135", "136", "138", "139", "150", "152", "158", "177", "181", "186", "189")


def resident_id(region: str, born: date, sequence: int) -> str:
    """Returns the 18 characters; an odd sequence (1–999) belongs to a man, an even one to a woman."""
    front = f"{region}{born:%Y%m%d}{sequence:03d}"
    total = sum(int(digit) * weight for digit, weight in zip(front, _ID_WEIGHTS, strict=True))
    return front + _ID_CHECKS[total % 11]


def organisation_code(serial: int) -> str:
    """Returns the 9 characters of an organisation code for a serial below 10**8."""
    front = f"{serial:08d}"
    total = sum(int(digit) * weight for digit, weight in zip(front, _ORGANISATION_WEIGHTS, strict=True))
    return front + "0123456789X0"[11 - total % 11]


def uscc(kind: str, region: str, serial: int) -> str:
    """Returns the 18 characters; kind is 11 for organs, 12 for public institutions, 91 for enterprises."""
    front = f"{kind}{region}{organisation_code(serial)}"
    pairs = zip(front, _USCC_WEIGHTS, strict=True)
    total = sum(_USCC_ALPHABET.index(character) * weight for character, weight in pairs)
    return front + _USCC_ALPHABET[(31 - total % 31) % 31]


def mobile(draw: Random) -> str:
    """Returns an 11-digit mobile number."""
    return f"{draw.choice(_PHONES)}{draw.randrange(10**8):08d}"


def landline(draw: Random) -> str:
    """Returns a number in Chengdu with its area code."""
    return f"028-8{draw.randrange(10**7):07d}"
