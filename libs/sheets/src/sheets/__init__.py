"""The import wizard and exports over xlsx."""

from sheets.export import escaped, export
from sheets.reading import check_values, read
from sheets.refusals import (
    EmptySheet,
    ExternalLinksRefused,
    FormulaRefused,
    MacrosRefused,
    NotAWorkbook,
    TooManyColumns,
    TooManyRows,
    WorkbookTooLarge,
    WrongHeader,
)
from sheets.shapes import BadRow, Column, Kind, Reading, Row, Sheet
from sheets.template import REASONS, failures, template

__all__ = [
    "REASONS",
    "BadRow",
    "Column",
    "EmptySheet",
    "ExternalLinksRefused",
    "FormulaRefused",
    "Kind",
    "MacrosRefused",
    "NotAWorkbook",
    "Reading",
    "Row",
    "Sheet",
    "TooManyColumns",
    "TooManyRows",
    "WorkbookTooLarge",
    "WrongHeader",
    "check_values",
    "escaped",
    "export",
    "failures",
    "read",
    "template",
]
