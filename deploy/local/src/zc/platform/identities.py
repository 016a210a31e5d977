"""The real-name check of a registration: is this a resident ID number, and could this be a name?"""

import re
from datetime import date

from provinces.people import is_id_number

_NAME = re.compile(r"[\u3400-\u9fff]{1,20}(?:·[\u3400-\u9fff]{1,20})*")
_OLDEST = 130


def is_real_name(name: str) -> bool:
    """Says whether the text is a Chinese name of 2 to 40 characters."""
    return 2 <= len(name) <= 40 and _NAME.fullmatch(name) is not None


def is_resident_id(number: str, today: date) -> bool:
    """Says whether the number is valid (GB 11643) and its owner could be alive."""
    return is_id_number(number, today) and int(number[6:10]) >= today.year - _OLDEST
