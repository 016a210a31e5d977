"""The province pack's section `units` as rules, and what files units take."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from chassis.files import MEGABYTE, FileRule
from chassis.problems import Invalid
from provinces import Pack, load_pack
from pydantic import BaseModel
from refusals import Complaint

from units.domain.tree import offered_kinds

LICENCE = "business-licence"
FILES = {LICENCE: FileRule(frozenset({"application/pdf", "image/jpeg", "image/png"}), 5 * MEGABYTE)}

_DEPARTMENTS = ("SUPERVISING", "DECLARING")
_EVERYTHING = ("HR", *_DEPARTMENTS, "AUTONOMOUS_UNIT", "CENTRAL_UNIT", "AGENCY")


class UnitsSection(BaseModel):
    """The section as packs write it.

    `kinds_offered` says which kinds a kind comprises when subordinates are made (UNT-06): an HR department holds all
    of title business, a supervising department what its industry consists of, everybody else only what they are.
    """

    kinds: tuple[str, ...]
    legal_person_needed: tuple[str, ...]
    kinds_offered: dict[str, tuple[str, ...]] = {"HR": _EVERYTHING, "SUPERVISING": _DEPARTMENTS}


def refuse(complaints: Iterable[Complaint]) -> None:
    """Raise `Invalid` with all complaints, if there are any."""
    if found := tuple(complaints):
        raise Invalid("请按提示修改后重新提交。", complaints=found)


@dataclass(frozen=True, slots=True)
class UnitRules:
    """What holds for units in this province today."""

    pack: Pack
    kinds: frozenset[str]
    handed_down: Mapping[str, tuple[str, ...]]
    legal_person_exempt: frozenset[str]

    def offered_by(self, held: Iterable[str]) -> frozenset[str]:
        """The kinds that a superior holding these may give."""
        return offered_kinds(held, self.handed_down) & self.kinds

    def check_details(self, nature: str, jurisdiction: str) -> None:
        """Raise `Invalid` unless both are codes of the pack, the jurisdiction a leaf (UNT-05)."""
        complaints: list[Complaint] = []
        if nature not in self.pack.code_list("unit_nature"):
            complaints.append(Complaint("/nature", "options", "请从单位性质代码表中选择。"))
        if not self.pack.regions.is_jurisdiction(jurisdiction):
            complaints.append(
                Complaint("/jurisdiction", "leaf", "请选择省本级、市本级或县（市、区），而不是其上级节点。")
            )
        refuse(complaints)

    def region_path(self, code: str) -> list[str]:
        """The codes from the province down to this region; raises `RegionUnknown`."""
        return [region.code for region in self.pack.regions.path(code)]

    def region_name(self, code: str) -> str:
        """The region as people read it."""
        return self.pack.regions.path_name(code)

    def home(self, jurisdiction: str) -> str:
        """The area that a unit of this jurisdiction looks after: the level itself for 本级, else the county."""
        return self.pack.regions.get(jurisdiction).gb


@lru_cache(maxsize=8)
def rules_in_force(province: str, day: date) -> UnitRules:
    """The rules of the pack in force on a day."""
    pack = load_pack(province, day)
    section = pack.section_as("units", UnitsSection)
    return UnitRules(
        pack=pack,
        kinds=frozenset(section.kinds),
        handed_down=section.kinds_offered,
        legal_person_exempt=frozenset(section.kinds) - frozenset(section.legal_person_needed),
    )
