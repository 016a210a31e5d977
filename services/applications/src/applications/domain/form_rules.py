"""Named rules of forms that only applications know; packs refer to them by name."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from refusals import Complaint


def no_gap(data: Mapping[str, Any], context: Mapping[str, Any], days: int = 31) -> list[Complaint]:
    """The entries of a work history follow each other, and reach to today, without a gap longer than `days`."""
    entries = sorted(
        (
            (date.fromisoformat(entry["start"]), entry.get("end"), index)
            for index, entry in enumerate(data.get("items", []))
            if entry.get("start")
        ),
        key=lambda one: one[0],
    )
    complaints = []
    reached: date | None = None
    for start, end, index in entries:
        if reached is not None and start - reached > timedelta(days=days):
            detail = f"{reached.isoformat()}至{start.isoformat()}之间的经历没有填写，请补充。"
            complaints.append(Complaint(f"/items/{index}/start", "no_gap", detail))
        until = date.fromisoformat(end) if end else context["today"]
        reached = until if reached is None else max(reached, until)
    if reached is not None and context["today"] - reached > timedelta(days=days):
        complaints.append(Complaint("/items", "no_gap", f"{reached.isoformat()}以后的经历没有填写，请补充。"))
    return complaints


FORM_RULES = {"no_gap": no_gap}
