"""What templates call: dates in Chinese, blanks, QR codes."""

import datetime
from collections.abc import Callable
from typing import Any

from documents.qr import qr_svg


def cn_date(value: datetime.date | str | None) -> str:
    """A date or ISO text as 2024年6月30日; anything else stays as it is, nothing becomes ''."""
    if not value:
        return ""
    if isinstance(value, str):
        try:
            value = datetime.date.fromisoformat(value[:10]) if len(value) >= 10 else value
        except ValueError:
            return str(value)
    if isinstance(value, datetime.date):
        return f"{value.year}年{value.month}月{value.day}日"
    return value


def blank(value: object) -> object:
    """The value, or a dash where there is none."""
    return "—" if value is None or value == "" else value


FILTERS: dict[str, Callable[..., Any]] = {"cn_date": cn_date, "blank": blank, "qr": qr_svg}
