"""What the province pack says about announcements and labels, and what files notices takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Annotated

from chassis import clock
from chassis.files import MEGABYTE, FileRule
from chassis.web import Config
from fastapi import Depends
from provinces import Pack, load_pack
from provinces.regions import RegionUnknown

ATTACHMENT = "attachment"
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FILES = {
    ATTACHMENT: FileRule(
        frozenset({"application/pdf", "image/jpeg", "image/png", _WORD, _EXCEL}), 20 * MEGABYTE
    )
}


@dataclass(frozen=True, slots=True)
class NoticeRules:
    """What holds in this province today."""

    pack: Pack
    announcement_types: Mapping[str, str]
    filing_labels: Mapping[str, str]
    campaign_labels: Mapping[str, str]

    def region_name(self, code: str) -> str:
        """A region as people read it; an unknown code stays as it is."""
        try:
            return self.pack.regions.path_name(code)
        except RegionUnknown:
            return code


@lru_cache(maxsize=8)
def rules_in_force(province: str, day: date) -> NoticeRules:
    """The rules of the pack in force on a day."""
    pack = load_pack(province, day)
    labels = pack.section("labels")
    return NoticeRules(
        pack=pack,
        announcement_types=pack.section("campaigns")["announcement_types"],
        filing_labels=labels["filing"],
        campaign_labels=labels["campaign"],
    )


async def _rules(settings: Config) -> NoticeRules:
    return rules_in_force(settings.province, clock.local_date(clock.now()))


Rules = Annotated[NoticeRules, Depends(_rules)]
