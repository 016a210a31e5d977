"""What a committee may review, how large it is, and which units may authorise and file it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from refusals import Complaint

JUNIOR, INTERMEDIATE, DEPUTY_SENIOR, FULL_SENIOR = LEVELS = (
    "JUNIOR",
    "INTERMEDIATE",
    "DEPUTY_SENIOR",
    "FULL_SENIOR",
)
BY_SERIES, BY_SPECIALTY = "BY_SERIES", "BY_SPECIALTY"


def rank(level: str) -> int:
    """Return how high a level stands."""
    return LEVELS.index(level)


def highest(levels: tuple[str, ...]) -> str:
    """Return the highest of these levels."""
    return max(levels, key=rank)


@dataclass(frozen=True, slots=True)
class SizeRule:
    """The least number of experts, and whether a smaller or even number is refused or only warned of."""

    senior: Mapping[str, int]  # composition → least size (LAW-05)
    other: Mapping[str, int]
    odd: bool = True
    blocks: bool = True

    def least(self, levels: tuple[str, ...], composition: str) -> int:
        """Return the least prescribed size of a committee for these levels."""
        senior = rank(highest(levels)) >= rank(DEPUTY_SENIOR)
        return (self.senior if senior else self.other)[composition]


@dataclass(frozen=True, slots=True)
class SeriesFacts:
    """What the catalogue has for one series."""

    name: str
    levels: frozenset[str]
    specialties: frozenset[str]


@dataclass(frozen=True, slots=True)
class Scope:
    """A committee's review scope and size, as typed in."""

    name: str
    levels: tuple[str, ...]
    composition: str
    series: str
    specialties: tuple[str, ...]
    related_series: tuple[str, ...]
    area: str
    unit_natures: tuple[str, ...]
    prescribed_size: int
    consent_number: str  # of the provincial consent to a smaller body (LAW-05)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the province's pack says that a scope is checked against."""

    series: Mapping[str, SeriesFacts]
    areas: frozenset[str]
    natures: frozenset[str]
    size: SizeRule
    level_labels: Mapping[str, str]


def complaints(scope: Scope, facts: Facts) -> tuple[Complaint, ...]:
    """Return everything that is wrong with a scope (COM-02, LAW-05, LAW-17)."""
    said = tuple(_scope_complaints(scope, facts))
    if said or not facts.size.blocks:
        return said
    return tuple(_size_complaints(scope, facts.size))


def warnings(scope: Scope, facts: Facts) -> tuple[str, ...]:
    """Return what is advised otherwise: the name's parts (COM-04), and the size where it does not block."""
    said = []
    series = facts.series.get(scope.series)
    if series and series.name not in scope.name:
        said.append(f"评委会名称建议包含系列“{series.name}”。")
    label = facts.level_labels.get(highest(scope.levels), "")[:2]
    if label and label not in scope.name:
        said.append(f"评委会名称建议包含级别“{label}”。")
    if not facts.size.blocks:
        said += [complaint.detail for complaint in _size_complaints(scope, facts.size)]
    return tuple(said)


def _scope_complaints(scope: Scope, facts: Facts) -> Iterator[Complaint]:
    series = facts.series.get(scope.series)
    if series is None:
        yield Complaint("/series", "catalogue", "职称目录中没有该系列，请从目录中选择。")
        return
    if missing := [level for level in scope.levels if level not in series.levels]:
        yield Complaint("/levels", "catalogue", f"该系列没有级别：{'、'.join(missing)}。")
    if scope.composition == BY_SPECIALTY and not scope.specialties:
        yield Complaint("/specialties", "required", "按专业组建时须选择专业。")
    if scope.composition == BY_SERIES and scope.specialties:
        yield Complaint("/specialties", "by_series", "按系列组建时不选择专业。")
    if foreign := [one for one in scope.specialties if one not in series.specialties]:
        yield Complaint("/specialties", "one_series", f"不属于该系列的专业：{'、'.join(foreign)}。")
    for one in scope.related_series:
        if one not in facts.series or one == scope.series:
            yield Complaint("/related_series", "catalogue", "相近系列须是目录中的其他系列。")
    if scope.area not in facts.areas:
        yield Complaint("/area", "region", "没有该行政区域。")
    if unknown := [one for one in scope.unit_natures if one not in facts.natures]:
        yield Complaint("/unit_natures", "options", f"没有该单位性质：{'、'.join(unknown)}。")


def _size_complaints(scope: Scope, rule: SizeRule) -> Iterator[Complaint]:
    if rule.odd and scope.prescribed_size % 2 == 0:
        yield Complaint("/prescribed_size", "odd", "评委会人数须为单数。")
    least = rule.least(scope.levels, scope.composition)
    if scope.prescribed_size < least and not scope.consent_number:
        detail = f"评委会人数不少于 {least} 人；确需减少的，请填写省级人社部门同意的文号。"
        yield Complaint("/prescribed_size", "minimum", detail)


@dataclass(frozen=True, slots=True)
class Office:
    """A unit as the rules see it: `height` is PROVINCE, CITY or COUNTY, `region` its GB/T 2260 code."""

    id: UUID
    name: str
    hr: bool
    supervising: bool
    authorised: bool
    height: str
    region: str


def check_units(
    levels: tuple[str, ...], area_path: tuple[str, ...], authorising: Office, filing: Office
) -> tuple[Complaint, ...]:
    """Return what keeps these units from authorising and filing (COM-05, COM-06).

    `area_path`: GB codes from the province down to the review area.
    """
    top = highest(levels)
    senior = rank(top) >= rank(DEPUTY_SENIOR)
    said = []
    for office, pointer in ((authorising, "/authorising_unit_id"), (filing, "/filing_unit_id")):
        if not office.authorised or not (office.hr or office.supervising):
            said.append(Complaint(pointer, "kind", f"“{office.name}”不是已获授权的人社部门或主管部门。"))
        elif office.region not in area_path:
            said.append(Complaint(pointer, "area", f"评审区域不在“{office.name}”的管辖范围之内。"))
    if not _may_authorise(authorising, top):
        who = "省级单位" if senior else "市级以上单位"
        said.append(Complaint("/authorising_unit_id", "authority", f"该级别的评审权由{who}授予。"))
    if not _may_file(filing, top):
        said.append(Complaint("/filing_unit_id", "authority", _FILERS[top]))
    return tuple(said)


_FILERS = {
    FULL_SENIOR: "高级评委会由省级人社部门备案。",
    DEPUTY_SENIOR: "高级评委会由省级人社部门备案。",
    INTERMEDIATE: "中级评委会由市级以上人社部门或省级主管部门备案。",
    JUNIOR: "初级评委会由县级以上人社部门或省级主管部门备案。",
}


def _may_authorise(office: Office, top: str) -> bool:
    if rank(top) >= rank(DEPUTY_SENIOR):
        return office.height == "PROVINCE"
    return office.height in ("PROVINCE", "CITY") or top == JUNIOR


def _may_file(office: Office, top: str) -> bool:
    if rank(top) >= rank(DEPUTY_SENIOR):
        return office.hr and office.height == "PROVINCE"
    if office.height == "PROVINCE":
        return True
    return office.hr and (office.height == "CITY" or top == JUNIOR)
