"""What a sheet asks for and what a reading of one found."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from refusals import Complaint

Kind = Literal["text", "select", "date", "month", "number"]

# Excel refuses these in the name of a sheet, and names longer than 31 characters.
_NOT_IN_A_TITLE = re.compile(r"[\[\]:*?/\\]")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `max` is characters for text and the largest value for a number."""

    key: str
    label: str
    kind: Kind = "text"
    required: bool = False
    max: int | None = None
    options: tuple[str, ...] = ()
    example: str = ""
    # Gets the normalised text, never blank; answers what is wrong in Chinese, or None.
    check: Callable[[str], str | None] | None = None

    def __post_init__(self) -> None:
        if self.kind == "select" and not self.options:
            raise ValueError(f"column {self.key}: a select needs options")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One importable sheet: `unique` names keys, or tuples of keys taken together, that may occur once."""

    name: str
    title: str
    columns: tuple[Column, ...]
    instructions: tuple[str, ...] | str = ()
    unique: tuple[str | tuple[str, ...], ...] = ()
    max_rows: int = 5000
    # Rules over several columns; runs only on rows whose columns are all right one by one.
    check: Callable[[Mapping[str, str]], Iterable[Complaint]] | None = None

    def __post_init__(self) -> None:
        keys, labels = [c.key for c in self.columns], [c.label for c in self.columns]
        if not keys or len(set(keys)) != len(keys) or len(set(labels)) != len(labels):
            raise ValueError(f"sheet {self.name}: keys and labels of columns are unique")
        if not 0 < len(self.title) <= 31 or _NOT_IN_A_TITLE.search(self.title):
            raise ValueError(f"sheet {self.name}: Excel refuses the title {self.title!r}")
        if unknown := {key for group in self.unique_groups for key in group} - set(keys):
            raise ValueError(f"sheet {self.name}: unique names unknown columns {sorted(unknown)}")

    @property
    def unique_groups(self) -> tuple[tuple[str, ...], ...]:
        """The groups of keys whose values together occur once."""
        return tuple((each,) if isinstance(each, str) else each for each in self.unique)

    def column(self, key: str) -> Column:
        """The column of that key."""
        return next(c for c in self.columns if c.key == key)


@dataclass(frozen=True, slots=True)
class Row:
    """A row that may be imported: every key of the sheet, normalised text, blank as ''."""

    number: int
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that may not: the text as it was typed and what is wrong, each complaint pointing at `/<key>`."""

    number: int
    values: dict[str, str]
    complaints: tuple[Complaint, ...]

    @property
    def reasons(self) -> str:
        """All complaints in one line of Chinese."""
        return "；".join(each.detail for each in self.complaints)


@dataclass(frozen=True, slots=True)
class Reading:
    """What one upload holds: rows keep the numbers they have in the sheet."""

    good: list[Row]
    bad: list[BadRow]
