"""Creating a subordinate in three steps; nothing exists before the last one (UNT-03, UNT-07)."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from refusals import Kind, Refusal


class Step(StrEnum):
    """What is to be filled in next."""

    LEGAL_PERSON = "LEGAL_PERSON"
    HANDLERS = "HANDLERS"


class LegalPersonNeeded(Refusal):
    """请先填写法人信息。"""

    slug, kind = "legal-person-needed", Kind.CONFLICT


class LegalPersonNotNeeded(Refusal):
    """该单位无需填写法人信息。"""

    slug, kind = "legal-person-not-needed", Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class Draft:
    """A unit in the making: its kinds, whether the identity platform knows it, whether step ② is filled in."""

    kinds: frozenset[str]
    registered_at_platform: bool
    legal_person_given: bool

    def needs_legal_person(self, exempt: Collection[str]) -> bool:
        """Whether step ② exists: not for exempt kinds (HR), nor for a unit known to the platform (UNT-07)."""
        return not self.registered_at_platform and self.kinds.isdisjoint(exempt)

    def step(self, exempt: Collection[str]) -> Step:
        """The step that comes next."""
        if self.needs_legal_person(exempt) and not self.legal_person_given:
            return Step.LEGAL_PERSON
        return Step.HANDLERS

    def check_complete(self, exempt: Collection[str]) -> None:
        """Raise `LegalPersonNeeded` while step ② is open."""
        if self.step(exempt) is Step.LEGAL_PERSON:
            raise LegalPersonNeeded("请先完成第二步，再添加经办人。")

    def check_legal_person(self, exempt: Collection[str]) -> None:
        """Raise `LegalPersonNotNeeded` where step ② is skipped."""
        if not self.needs_legal_person(exempt):
            raise LegalPersonNotNeeded("请直接添加经办人。")
