"""Turns what a cell holds into normalised text, or says what is wrong with it."""

import datetime
import re
import unicodedata
from decimal import Decimal, InvalidOperation

# Excel keeps 15 significant digits; the rest of a longer number is already lost.
_EXACT = 10**15
_EPOCH_1900 = datetime.date(1899, 12, 30)
_EPOCH_1904 = datetime.date(1904, 1, 1)
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))
_DATE = re.compile(r"^(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))(?:[ T]\d{1,2}:\d{2}.*)?$")
_MONTH = re.compile(r"^(\d{4})(?:[-/.年](\d{1,2})月?|(\d{2}))$")
_LOST_DIGITS = re.compile(r"^\d\.\d+[Ee]\+\d+$")
_ESCAPED = re.compile(r"^'(?=[=+\-@\t\r\n＝＋－＠])")


class Unclear(ValueError):
    """A cell whose content is not what its column asks for: `rule` names it, the message is Chinese."""

    def __init__(self, rule: str, detail: str, typed: str | None = None) -> None:
        super().__init__(detail)
        self.rule = rule
        self.detail = detail
        # Shown instead of the cell where the cell's own text would pass when uploaded again.
        self.typed = typed


def shown(cell: object) -> str:
    """The cell as people see it, for the list of failures."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        whole = cell.is_integer() and abs(cell) < _EXACT
        return str(int(cell)) if whole else format(cell, ".15g").replace("e", "E")
    if isinstance(cell, datetime.datetime):
        midnight = cell.time() == datetime.time()
        return cell.date().isoformat() if midnight else cell.isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, datetime.date):
        return cell.isoformat()
    return _ESCAPED.sub("", str(cell).translate(_INVISIBLE).strip())


def text(cell: object) -> str:
    """Text; a number is taken only if no digit of it can be lost."""
    lost = isinstance(cell, str) and _LOST_DIGITS.match(cell.strip())
    if lost or (isinstance(cell, int | float) and not isinstance(cell, bool) and abs(cell) >= _EXACT):
        raise Unclear("precision", "超过 15 位的数字已丢失精度，请将单元格设为“文本”格式后重新填写")
    if isinstance(cell, datetime.time | datetime.timedelta):
        raise Unclear("text", "单元格被识别为时间，请设为“文本”格式后重新填写")
    return shown(cell)


def number(cell: object) -> str:
    """A number without exponent, separators or trailing zeros."""
    plain = unicodedata.normalize("NFKC", text(cell)).replace(",", "").replace(" ", "")
    if not plain:
        return ""
    try:
        value = Decimal(plain)
    except InvalidOperation:
        value = Decimal("NaN")
    if isinstance(cell, bool | datetime.date) or not value.is_finite() or abs(value) >= 10**30:
        raise Unclear("number", "应为数字")
    result = format(value, "f")
    return result.rstrip("0").rstrip(".") if "." in result else result


def date(cell: object, date1904: bool = False) -> str:
    """A date as YYYY-MM-DD from a date cell, an Excel serial or text."""
    if isinstance(cell, float | int) and not isinstance(cell, bool):
        if (found := _serial(cell, date1904)) is not None:
            return found.isoformat()
    elif isinstance(cell, datetime.datetime):
        return cell.date().isoformat()
    elif isinstance(cell, datetime.date):
        return cell.isoformat()
    plain = unicodedata.normalize("NFKC", shown(cell))
    if not plain:
        return ""
    if (match := _DATE.match(plain)) is None:
        raise Unclear("date", "应为日期，例如 2024-06-30")
    return _real(int(match[1]), int(match[2] or match[4]), int(match[3] or match[5])).isoformat()


def month(cell: object, date1904: bool = False) -> str:
    """A month as YYYY-MM from a date cell, an Excel serial or text."""
    if isinstance(cell, float | int) and not isinstance(cell, bool):
        if (found := _serial(cell, date1904)) is not None and cell > 2200:
            return found.isoformat()[:7]
        if not float(cell).is_integer():
            # 2020.10 typed as a number is 2020.1: which month was meant is lost.
            raise Unclear("month", "年月被识别为小数，请设为“文本”格式后按 2024-06 填写", shown(cell) + "?")
    elif isinstance(cell, datetime.date):
        return cell.isoformat()[:7]
    plain = unicodedata.normalize("NFKC", shown(cell))
    if not plain:
        return ""
    if (match := _MONTH.match(plain)) is not None:
        return _real(int(match[1]), int(match[2] or match[3]), 1, "month").isoformat()[:7]
    if (match := _DATE.match(plain)) is not None:
        return _real(int(match[1]), int(match[2] or match[4]), int(match[3] or match[5])).isoformat()[:7]
    raise Unclear("month", "应为年月，例如 2024-06")


def _serial(value: float, date1904: bool) -> datetime.date | None:
    """The date of an Excel serial up to the year 2100; larger numbers are written digits like 20240630."""
    if not 1 <= value < 73416:
        return None
    if date1904:
        return _EPOCH_1904 + datetime.timedelta(days=int(value))
    # Excel believes in 29 February 1900.
    return _EPOCH_1900 + datetime.timedelta(days=int(value) + (1 if value < 60 else 0))


def _real(year: int, month_: int, day: int, rule: str = "date") -> datetime.date:
    try:
        found = datetime.date(year, month_, day)
    except ValueError:
        found = datetime.date.min
    if not 1900 <= found.year <= 2100:
        raise Unclear(rule, "日期不存在或不在 1900 至 2100 年之间")
    return found
