"""What the modules of a campaign may hold."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from refusals import Complaint

from committees.domain.refusals import GroupMethodRefused, ModuleRefused, OpenedOutsideFiling
from committees.domain.scope import BY_SPECIALTY


def check_groups(specialty_groups: bool, group_method: str | None) -> None:
    """Refuse a group method without groups, or groups without one (COM-32); raises GroupMethodRefused."""
    if specialty_groups != (group_method is not None):
        detail = "请选择专家投票或专家打分。" if specialty_groups else "不设置专业组时请不要选择分组方式。"
        raise GroupMethodRefused(detail, complaints=(Complaint("/group_method", "groups", detail),))


@dataclass(frozen=True, slots=True)
class Filed:
    """What a committee's filing covers."""

    levels: tuple[str, ...]
    composition: str
    specialties: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """One title of one specialty that may be applied for."""

    level: str
    specialty: str
    title_name: str


def check_opened(
    opened: Sequence[Opened], filed: Filed, in_catalogue: Callable[[str, str, str], bool]
) -> None:
    """Refuse levels, specialties or titles outside the filing or the catalogue (COM-38).

    `in_catalogue` takes level, specialty and title name of the committee's series. Raises OpenedOutsideFiling.
    """
    said = []
    for place, one in enumerate(opened):
        if one.level not in filed.levels:
            said.append(Complaint(f"/opened/{place}/level", "filed", "该级别不在评委会备案的级别之内。"))
        elif filed.composition == BY_SPECIALTY and one.specialty not in filed.specialties:
            said.append(Complaint(f"/opened/{place}/specialty", "filed", "该专业不在评委会备案的专业之内。"))
        elif not in_catalogue(one.level, one.specialty, one.title_name):
            said.append(
                Complaint(
                    f"/opened/{place}/title_name", "catalogue", "该系列没有此级别、专业和资格名称的组合。"
                )
            )
        elif one in opened[:place]:
            said.append(Complaint(f"/opened/{place}", "unique", "与前面的条目重复。"))
    if said:
        raise OpenedOutsideFiling("请按备案的评审范围重新选择。", complaints=tuple(said))


@dataclass(frozen=True, slots=True)
class Clause:
    """A requirement or an exceptional condition."""

    serial: int
    title: str
    templates: tuple[str, ...]


def check_clauses(
    clauses: Iterable[Clause], field: str, titles: Iterable[str], templates: Iterable[str]
) -> None:
    """Refuse repeated serials, unknown display titles or templates (COM-39 to COM-41); raises ModuleRefused."""
    said, serials = [], set()
    known_titles, known_templates = set(titles), set(templates)
    for place, one in enumerate(clauses):
        if one.serial in serials:
            said.append(Complaint(f"/{field}/{place}/serial", "unique", "序号重复。"))
        serials.add(one.serial)
        if one.title not in known_titles:
            said.append(Complaint(f"/{field}/{place}/title", "options", "请从列表中选择展示标题。"))
        if unknown := [each for each in one.templates if each not in known_templates]:
            said.append(
                Complaint(f"/{field}/{place}/templates", "options", f"没有模板：{'、'.join(unknown)}。")
            )
    if said:
        raise ModuleRefused("请按提示修改后重新保存。", complaints=tuple(said))


def check_materials(names: Sequence[str], keys: Sequence[str], sizes: Sequence[int], max_mb: int) -> None:
    """Refuse repeated materials and sizes above the province's limit (COM-42); raises ModuleRefused."""
    said = []
    for place, (name, key, size) in enumerate(zip(names, keys, sizes, strict=True)):
        if name in names[:place]:
            said.append(Complaint(f"/materials/{place}/name", "unique", "材料名称重复。"))
        if key in keys[:place]:
            said.append(Complaint(f"/materials/{place}/key", "unique", "材料标识重复。"))
        if size > max_mb:
            said.append(Complaint(f"/materials/{place}/max_mb", "maximum", f"不能超过 {max_mb} MB。"))
    if said:
        raise ModuleRefused("请按提示修改后重新保存。", complaints=tuple(said))
