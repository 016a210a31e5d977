"""The real-name check of a registration: is this a resident ID number, and could this be a name?"""

import re
from datetime import date

from stdnum.exceptions import ValidationError
from stdnum.iso7064 import mod_11_2

_NAME = re.compile(r"[\u3400-\u9fff]{1,20}(?:·[\u3400-\u9fff]{1,20})*")
_NUMBER = re.compile(r"[1-9]\d{16}[\dX]")


def is_real_name(name: str) -> bool:
    """Says whether the text is a Chinese name of 2 to 40 characters."""
    return 2 <= len(name) <= 40 and _NAME.fullmatch(name) is not None


def is_resident_id(number: str, today: date) -> bool:
    """Says whether the number has a past birth date and the right check character (GB 11643)."""
    if _NUMBER.fullmatch(number) is None:
        return False
    try:
        mod_11_2.validate(number)
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except (ValidationError, ValueError):
        return False
    return date(1900, 1, 1) <= born <= today
