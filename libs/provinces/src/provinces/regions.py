"""Regions after GB/T 2260 with a level-itself leaf below each province and city (UNT-05)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from refusals import Kind, Refusal

ITSELF = "L"  # suffix of a leaf that stands for the level itself: 510000L 省本级, 510100L 市本级


class RegionUnknown(Refusal):
    """没有该行政区域。"""

    slug: ClassVar[str] = "region-unknown"
    kind: ClassVar[Kind] = Kind.INVALID


class RegionLevel(StrEnum):
    """How high a region stands."""

    PROVINCE = "PROVINCE"
    CITY = "CITY"
    COUNTY = "COUNTY"


@dataclass(frozen=True, slots=True)
class Region:
    """One node of the tree; `itself` marks 省本级 and 市本级."""

    code: str
    name: str
    level: RegionLevel
    parent: str | None
    itself: bool = False

    @property
    def gb(self) -> str:
        """Return the six digits of GB/T 2260."""
        return self.code.removesuffix(ITSELF)


@dataclass(frozen=True)
class Regions:
    """The regions of a province."""

    _nodes: Mapping[str, Region]

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Regions":
        """Read the pack's section `regions`: province {code, name, cities: {code: {name, counties}}}."""
        top = data["province"]
        nodes = [
            Region(top["code"], top["name"], RegionLevel.PROVINCE, None),
            Region(top["code"] + ITSELF, top["itself"], RegionLevel.PROVINCE, top["code"], itself=True),
        ]
        for code, city in data["cities"].items():
            nodes.append(Region(code, city["name"], RegionLevel.CITY, top["code"]))
            nodes.append(
                Region(code + ITSELF, city.get("itself", "市本级"), RegionLevel.CITY, code, itself=True)
            )
            nodes += [Region(c, name, RegionLevel.COUNTY, code) for c, name in city["counties"].items()]
        return cls({node.code: node for node in nodes})

    def all(self) -> tuple[Region, ...]:
        """Return every node, parents before children."""
        return tuple(self._nodes.values())

    def get(self, code: str) -> Region:
        """Return one region; raises RegionUnknown."""
        try:
            return self._nodes[code]
        except KeyError:
            raise RegionUnknown(f"没有代码为“{code}”的行政区域。") from None

    def children(self, code: str | None = None) -> tuple[Region, ...]:
        """Return the regions right below one (None = the province)."""
        return tuple(node for node in self._nodes.values() if node.parent == code)

    def path(self, code: str) -> tuple[Region, ...]:
        """Return the regions from the province down to this one; raises RegionUnknown."""
        node = self.get(code)
        return (node,) if node.parent is None else (*self.path(node.parent), node)

    def path_name(self, code: str) -> str:
        """Return the path as people read it, e.g. 四川省/成都市/市本级."""
        return "/".join(node.name for node in self.path(code))

    def covers(self, area: str, jurisdiction: str) -> bool:
        """Say whether a committee's area is the jurisdiction or an ancestor of it (APP-04)."""
        return any(node.code == area for node in self.path(jurisdiction))

    def is_jurisdiction(self, code: str) -> bool:
        """Say whether a unit can belong there: 省本级, 市本级 or a county (UNT-05)."""
        node = self._nodes.get(code)
        return node is not None and (node.itself or node.level is RegionLevel.COUNTY)
