"""What a domain says when it says no: pure exceptions that the chassis turns into problem+json."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


class Kind(StrEnum):
    """Why something is refused; only the chassis knows which HTTP status that is."""

    INVALID = "invalid"  # the input cannot be accepted as it is
    UNAUTHENTICATED = "unauthenticated"  # nobody, or a stale or forged token
    FORBIDDEN = "forbidden"  # known, but may not do this
    MISSING = "missing"  # absent, or foreign: the two look the same
    CONFLICT = "conflict"  # the state does not allow it now
    STALE = "stale"  # somebody else changed it meanwhile
    UNCONDITIONAL = "unconditional"  # a revision must be named (If-Match)
    LIMITED = "limited"  # too often; `retry_at` says when again


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that is wrong: a JSON pointer into the input, the rule's name, and what to do about it."""

    pointer: str
    rule: str
    detail: str


class Refusal(Exception):
    """操作被拒绝。"""

    # The subclass's docstring is the title people read; the slug is permanent.
    slug: ClassVar[str] = "refused"
    kind: ClassVar[Kind] = Kind.CONFLICT

    def __init__(
        self, detail: str = "", *, complaints: tuple[Complaint, ...] = (), retry_at: str | None = None
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.complaints = complaints
        self.retry_at = retry_at

    @property
    def title(self) -> str:
        """The first line of the subclass's docstring."""
        return (self.__doc__ or "").strip().splitlines()[0]
