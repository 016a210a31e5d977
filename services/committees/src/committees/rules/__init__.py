"""What the province's pack says, as the rules of the domain."""

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

from chassis import clock
from provinces import Pack, load_pack

from committees.domain.scope import Facts, SeriesFacts, SizeRule

REFILE_AHEAD = timedelta(days=180)  # how long before its end a filing may be renewed


@dataclass(frozen=True, slots=True)
class Rules:
    """The pack in force and what committees reads from it."""

    pack: Pack
    facts: Facts
    filing_years: int
    term_years: int
    displays: tuple[str, ...]
    templates: frozenset[str]
    template_labels: dict[str, str]  # Chinese name → code
    max_mb: int
    materials: list[dict[str, Any]]  # what a new campaign starts with

    @property
    def ref(self) -> str:
        """The pack's reference, stored with decisions."""
        return self.pack.ref


def rules_of(province: str) -> Rules:
    """The rules in force today, or those that a reference such as `sichuan@2026-01-01` names."""
    on = None if "@" in province else clock.local_date(clock.now())
    return _read(load_pack(province, on).ref)


@lru_cache
def _read(ref: str) -> Rules:
    pack = load_pack(ref)
    thresholds, campaigns = pack.section("thresholds"), pack.section("campaigns")
    size = thresholds["prescribed_size"]
    series: dict[str, SeriesFacts] = {}
    for one in pack.catalogue.all_series():
        options = pack.catalogue.options(series=one.code)
        series[one.code] = SeriesFacts(one.name, frozenset(options.levels), frozenset(options.specialties))
    facts = Facts(
        series=series,
        areas=frozenset(region.code for region in pack.regions.all()),
        natures=frozenset(pack.code_list("unit_nature")),
        size=SizeRule(size["SENIOR"], size["OTHER"], size["odd"], size["blocks"]),
        level_labels=pack.code_list("level"),
    )
    return Rules(
        pack=pack,
        facts=facts,
        filing_years=thresholds["filing_years"],
        term_years=thresholds["expert_term_years"],
        displays=tuple(campaigns["display_titles"]),
        templates=frozenset(campaigns["templates"]),
        template_labels=_labels(pack, campaigns["templates"]),
        max_mb=pack.section("materials")["max_mb"],
        materials=[
            _material(n, one) for n, one in enumerate(pack.section("materials").get("defaults", ()), 1)
        ],
    )


def _labels(pack: Pack, codes: list[str]) -> dict[str, str]:
    templates = pack.section("modules")["achievements"]["templates"]
    return {templates[code]["label"] if code in templates else code: code for code in codes}


def _material(number: int, given: dict[str, Any]) -> dict[str, Any]:
    types = set(given["types"])
    images = types & {"jpg", "jpeg", "png"}
    kind = "PDF" if not images else "IMAGE_OR_PDF" if "pdf" in types else "IMAGE"
    return {
        "key": f"material-{number}",
        "name": given["name"],
        "type": kind,
        "max_mb": given["max_mb"],
        "required": given["required"],
    }


def area_path(area: str, rules: Rules) -> tuple[str, ...]:
    """GB codes from the province down to the area; raises RegionUnknown."""
    return tuple(region.gb for region in rules.pack.regions.path(area))
