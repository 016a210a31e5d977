"""What templates call: dates in Chinese, blanks, QR codes."""

import datetime
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

from markupsafe import Markup

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


_ENDS = "省市县区州年度厅局部委会院和及与等对的级"


def balanced(text: str, widest: int) -> Markup:
    """A title broken into lines of about one length, `widest` Chinese characters at most."""
    lines: list[str] = []
    rest = text
    for left in range(-(-_width(text) // (2 * widest)), 1, -1):
        at = _break(rest, _width(rest) / left)
        lines.append(rest[:at])
        rest = rest[at:]
    return Markup("<br>").join([*lines, rest])


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)


def _break(text: str, width: float) -> int:
    """Where to break nearest to that width, neither inside a number nor before what no line begins with."""
    allowed = [
        at
        for at in range(1, len(text))
        if text[at] not in "的了，。、；：！？）》”’〕·" and not text[at - 1 : at + 1].isascii()
    ]
    # Between words is better than in the middle, as far as the last character tells.
    return min(
        allowed,
        key=lambda at: abs(_width(text[:at]) - width) + (0 if text[at - 1] in _ENDS else 8),
        default=len(text),
    )


def pair_rows(pairs: Sequence[tuple[str, object]], longest: int = 24) -> list[list[tuple[str, object, int]]]:
    """Pairs as rows of (label, value, columns): two short ones share a row."""
    rows: list[list[tuple[str, object, int]]] = []
    waiting: tuple[str, object] | None = None
    for label, value in pairs:
        if len(str(value)) > longest:
            rows.extend([[(*waiting, 3)]] if waiting else [])
            rows.append([(label, value, 3)])
            waiting = None
        elif waiting:
            rows.append([(*waiting, 1), (label, value, 1)])
            waiting = None
        else:
            waiting = (label, value)
    rows.extend([[(*waiting, 3)]] if waiting else [])
    return rows


FILTERS: dict[str, Callable[..., Any]] = {
    "cn_date": cn_date,
    "blank": blank,
    "qr": qr_svg,
    "balanced": balanced,
    "pair_rows": pair_rows,
}
