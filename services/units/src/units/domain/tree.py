"""Who may stand below whom, with which kinds."""

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from refusals import Complaint, Kind, Refusal


class SuperiorInvalid(Refusal):
    """所选单位不能作为上级单位。"""

    slug, kind = "superior-invalid", Kind.INVALID


class KindNotOffered(Refusal):
    """单位类别超出上级单位可授予的范围。"""

    slug, kind = "kind-not-offered", Kind.INVALID


class SuperiorBelow(Refusal):
    """上级单位不能是本单位或本单位的下级。"""

    slug, kind = "superior-below", Kind.CONFLICT


def offered_kinds(held: Iterable[str], handed_down: Mapping[str, Collection[str]]) -> frozenset[str]:
    """The kinds that a superior may give: those it holds, and those that these comprise (UNT-06)."""
    return frozenset(kind for own in held for kind in (own, *handed_down.get(own, ())))


def check_kinds(wanted: Iterable[str], offered: Collection[str]) -> None:
    """Raise `KindNotOffered` unless the superior may give all of them (UNT-06)."""
    if excess := sorted(set(wanted) - set(offered)):
        detail = f"上级单位可授予的类别为：{'、'.join(sorted(offered))}。"
        complaint = Complaint("/kinds", "not-offered", f"不能选择：{'、'.join(excess)}。")
        raise KindNotOffered(detail, complaints=(complaint,))


def check_superior(unit_id: UUID, line: Iterable[UUID]) -> None:
    """Raise `SuperiorBelow` if the unit stands in the wanted superior's line up to the top: no cycles (UNT-01)."""
    if unit_id in set(line):
        raise SuperiorBelow("请选择不在本单位之下的单位。")
