"""Series, levels, title names and specialties, and how they restrict each other (APP-02)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from refusals import Kind, Refusal

LEVELS = ("JUNIOR", "INTERMEDIATE", "DEPUTY_SENIOR", "FULL_SENIOR")


class NotInCatalogue(Refusal):
    """职称目录中没有该项。"""

    slug: ClassVar[str] = "not-in-catalogue"
    kind: ClassVar[Kind] = Kind.INVALID


@dataclass(frozen=True, slots=True)
class Entry:
    """One title one can apply for: specialty and title go by their Chinese names."""

    series: str
    level: str
    specialty: str
    title: str


@dataclass(frozen=True, slots=True)
class Series:
    """One family of titles."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Options:
    """What is left to choose, each list in the catalogue's order."""

    series: tuple[Series, ...]
    levels: tuple[str, ...]
    specialties: tuple[str, ...]
    titles: tuple[str, ...]


@dataclass(frozen=True)
class Catalogue:
    """All titles of a province."""

    _series: tuple[Series, ...]
    entries: tuple[Entry, ...]

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Catalogue":
        """Read the pack's section `catalogue`: series → groups of titles per level and specialties."""
        series = tuple(Series(code, one["name"]) for code, one in data["series"].items())
        entries = tuple(
            Entry(code, level, specialty, title)
            for code, one in data["series"].items()
            for group in one["groups"]
            for level in LEVELS
            for title in group["titles"].get(level, ())
            for specialty in group["specialties"]
        )
        return cls(series, entries)

    def all_series(self) -> tuple[Series, ...]:
        """Return every series in order."""
        return self._series

    def series(self, code_or_name: str) -> Series:
        """Return a series by its code or Chinese name; raises NotInCatalogue."""
        for one in self._series:
            if code_or_name in (one.code, one.name):
                return one
        raise NotInCatalogue(f"没有“{code_or_name}”系列，请从目录中选择。")

    def options(
        self,
        *,
        series: str | None = None,
        level: str | None = None,
        specialty: str | None = None,
        title: str | None = None,
    ) -> Options:
        """Return what may still be chosen: each list is narrowed by the OTHER choices, never by its own."""
        chosen = {"series": series, "level": level, "specialty": specialty, "title": title}

        def left(about: str) -> set[str]:
            others = {key: value for key, value in chosen.items() if value is not None and key != about}
            return {
                getattr(entry, about)
                for entry in self.entries
                if all(getattr(entry, key) == value for key, value in others.items())
            }

        codes = left("series")
        levels = left("level")
        return Options(
            tuple(one for one in self._series if one.code in codes),
            tuple(one for one in LEVELS if one in levels),
            _in_order((entry.specialty for entry in self.entries), left("specialty")),
            _in_order((entry.title for entry in self.entries), left("title")),
        )

    def entry(self, series: str, level: str, specialty: str, title: str) -> Entry:
        """Return the entry of a complete choice; raises NotInCatalogue when the four do not go together."""
        wanted = Entry(series, level, specialty, title)
        if wanted not in self.entries:
            raise NotInCatalogue("所选系列、层级、专业和资格名称不匹配，请清空系列后重新选择。")
        return wanted

    def level_of(self, series: str, title: str) -> str:
        """Return the level of a series' title name; raises NotInCatalogue."""
        for entry in self.entries:
            if entry.series == series and entry.title == title:
                return entry.level
        raise NotInCatalogue(f"该系列没有“{title}”，请从目录中选择。")


def _in_order(values: Iterable[str], wanted: set[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value in wanted))
