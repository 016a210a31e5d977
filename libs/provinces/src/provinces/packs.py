"""Province packs: everything that differs between provinces, as data with an effective date."""

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import yaml
from pydantic import BaseModel
from refusals import Kind, Refusal

from provinces.catalogue import Catalogue
from provinces.certificate_numbers import Numbering
from provinces.modules import Module, build_module
from provinces.regions import Regions

PACKS = Path(__file__).parent / "packs"
COMMON = "common"

M = TypeVar("M", bound=BaseModel)


class PackMissing(Refusal):
    """没有可用的省份配置。"""

    slug: ClassVar[str] = "pack-missing"
    kind: ClassVar[Kind] = Kind.MISSING


class SectionMissing(Refusal):
    """省份配置缺少所需内容。"""

    slug: ClassVar[str] = "pack-section-missing"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(frozen=True)
class Pack:
    """One province's profile from one date on, already laid over the common base."""

    province: str
    effective: date
    _sections: Mapping[str, Any] = field(repr=False)

    @property
    def ref(self) -> str:
        """Return the name that a decision stores, e.g. `sichuan@2026-01-01`."""
        return f"{self.province}@{self.effective.isoformat()}"

    @property
    def sections(self) -> tuple[str, ...]:
        """Return the names of all sections."""
        return tuple(sorted(self._sections))

    def section(self, name: str) -> dict[str, Any]:
        """Return a copy of one section; raises SectionMissing."""
        try:
            return dict(copy.deepcopy(self._sections[name]))
        except KeyError:
            raise SectionMissing(f"配置 {self.ref} 中没有“{name}”。") from None

    def section_as(self, name: str, model: type[M]) -> M:
        """Return one section as its user's model; raises SectionMissing or pydantic's ValidationError."""
        return model.model_validate(self.section(name))

    def code_list(self, name: str) -> dict[str, str]:
        """Return code → label of one code list; `catalogue:series` and `catalogue:levels` work too."""
        if name == "catalogue:series":
            return {one.code: one.name for one in self.catalogue.all_series()}
        if name == "catalogue:levels":
            name = "level"
        lists = self._sections["code_lists"]
        if name not in lists:
            raise SectionMissing(f"配置 {self.ref} 中没有代码表“{name}”。")
        return dict(lists[name])

    def module(self, name: str) -> Module:
        """Return one form module with its code lists filled in; raises SectionMissing."""
        if name not in self._modules:
            if name not in self._sections["modules"]:
                raise SectionMissing(f"配置 {self.ref} 中没有表单模块“{name}”。")
            sources, attachment = self._sections["modules"], self._sections["files"]["attachment"]
            self._modules[name] = build_module(name, sources, self.ref, self.code_list, attachment)
        return self._modules[name]

    def form(self, method: str, switches: Mapping[str, bool] | None = None, **facts: str) -> tuple[str, ...]:
        """Return the module names of a method's form, in order (APP-20).

        `switches` are the campaign's pages (`health_page`, …); `facts` such as
        `application_type="EXCEPTIONAL"` select modules that are shown only then. Raises SectionMissing.
        """
        forms = self._sections["forms"]
        if method not in forms:
            raise SectionMissing(f"配置 {self.ref} 中没有评价方式“{method}”的表单。")
        on = switches or {}
        return tuple(
            entry["module"]
            for entry in forms[method]
            if ("switch" not in entry or on.get(entry["switch"], False))
            and all(facts.get(fact) in values for fact, values in entry.get("only", {}).items())
        )

    @cached_property
    def _modules(self) -> dict[str, Module]:
        return {}

    @cached_property
    def catalogue(self) -> Catalogue:
        """The province's series, levels, title names and specialties."""
        return Catalogue.from_data(self._sections["catalogue"])

    @cached_property
    def regions(self) -> Regions:
        """The province's regions with their level-itself leaves."""
        return Regions.from_data(self._sections["regions"])

    @cached_property
    def numbering(self) -> Numbering:
        """How the province numbers its certificates."""
        return Numbering.model_validate(self.section("certificates")["numbering"])


def available(root: Path = PACKS) -> tuple[str, ...]:
    """Return the refs of all packs, provinces in order, oldest first."""
    return tuple(
        f"{province.name}@{dated.name}"
        for province in sorted(root.iterdir())
        if province.is_dir() and province.name != COMMON
        for dated in sorted(province.iterdir())
        if dated.is_dir()
    )


def load_pack(province: str, on: date | None = None, root: Path = PACKS) -> Pack:
    """Load the province's pack that is in force on a date, or exactly the one a ref names.

    `load_pack("sichuan", date(2026, 9, 1))` or `load_pack("sichuan@2026-01-01")`. Raises PackMissing.
    """
    name, _, dated = province.partition("@")
    if name == COMMON or not name.isidentifier():
        raise PackMissing(f"没有“{name}”的省份配置。")
    effective = _exactly(root / name, dated) if dated else _in_force(root / name, on)
    if effective is None:
        raise PackMissing(f"没有可用的省份配置：{province}{'' if on is None else f'（{on.isoformat()}）'}。")
    return _load(name, effective, root)


@lru_cache(maxsize=32)
def _load(name: str, effective: date, root: Path) -> Pack:
    base = _in_force(root / COMMON, effective)
    common = {} if base is None else _read(root / COMMON / base.isoformat())
    return Pack(name, effective, merge(common, _read(root / name / effective.isoformat())))


def merge(base: Any, over: Any) -> Any:
    """Lay `over` over `base`: mappings key by key, everything else replaces; null removes a key."""
    if not (isinstance(base, dict) and isinstance(over, dict)):
        return copy.deepcopy(over)
    merged = {key: copy.deepcopy(value) for key, value in base.items() if over.get(key, base) is not None}
    for key, value in over.items():
        if value is not None:
            merged[key] = merge(merged.get(key), value)
    return merged


def _dates(folder: Path) -> list[date]:
    if not folder.is_dir():
        return []
    return sorted(date.fromisoformat(entry.name) for entry in folder.iterdir() if entry.is_dir())


def _exactly(folder: Path, dated: str) -> date | None:
    return next((one for one in _dates(folder) if one.isoformat() == dated), None)


def _in_force(folder: Path, on: date | None) -> date | None:
    return max((one for one in _dates(folder) if on is None or one <= on), default=None)


def _read(folder: Path) -> dict[str, Any]:
    """Read a pack's folder: a file is a section, a sub-folder a section with one key per file."""
    sections: dict[str, Any] = {}
    for entry in sorted(folder.iterdir()):
        if entry.is_dir():
            sections[entry.name] = {file.stem: _yaml(file) for file in sorted(entry.glob("*.yaml"))}
        elif entry.suffix == ".yaml":
            sections[entry.stem] = _yaml(entry)
    return sections


def _yaml(file: Path) -> Any:
    return yaml.load(file.read_text(encoding="utf-8"), Loader=_Loader)


class _Loader(yaml.CSafeLoader):
    """YAML without surprises: dates stay text, `no`, `on` and the like stay words."""


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, regexp)
        for tag, regexp in resolvers
        if tag not in ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool")
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
