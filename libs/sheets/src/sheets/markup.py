"""Walks through the XML of a workbook without building trees and without any entity."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from xml.parsers import expat

from sheets.refusals import NotAWorkbook

_CELL = re.compile(r"^([A-Z]{1,3})([0-9]{1,7})$")
_DEEPEST = 64


@dataclass(slots=True)
class Part:
    """What a worksheet holds: the last row and column with a value, its text, its first formula."""

    rows: int = 0
    columns: int = 0
    text: int = 0
    formula: str = ""


@dataclass(slots=True)
class Markup:
    """What one part of the package says."""

    root: str = ""
    part: Part = field(default_factory=Part)
    strings: list[int] = field(default_factory=list)
    content_types: set[str] = field(default_factory=set)
    outward: list[tuple[str, str]] = field(default_factory=list)
    relations: set[str] = field(default_factory=set)
    targets: dict[str, str] = field(default_factory=dict)
    sheet_relations: list[tuple[str, str]] = field(default_factory=list)
    date1904: bool = False


def inspect(name: str, content: bytes, lengths: Sequence[int]) -> Markup:
    """Parse one part; `lengths` are the lengths of the workbook's shared strings."""
    walk = _Walk(lengths)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = walk.start
    parser.EndElementHandler = walk.end
    parser.CharacterDataHandler = walk.characters
    # Every entity needs a DOCTYPE, and no workbook has one.
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.XmlDeclHandler = _refuse_encoding
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise NotAWorkbook(f"工作簿的部件 {name} 不是有效的 XML。") from error
    return walk.markup


def _refuse_doctype(*_: object) -> None:
    raise NotAWorkbook("工作簿的 XML 含有文档类型声明，不能导入。")


def _refuse_encoding(_: str, encoding: str | None, __: int) -> None:
    """The format knows two encodings; in any other, two readers may see two texts."""
    if encoding is not None and encoding.casefold() not in ("utf-8", "utf-16"):
        raise NotAWorkbook(f"工作簿的 XML 使用了不支持的编码 {encoding[:20]}。")


def _local(tag: str) -> str:
    return tag.rpartition(" ")[2]


class _Walk:
    """Collects what matters from the events of the parser."""

    def __init__(self, lengths: Sequence[int]) -> None:
        self.markup = Markup()
        self.lengths = lengths
        self.path: list[str] = []
        self.row = self.column = self.length = 0
        self.kind = self.index = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        local = _local(tag)
        parent = self.path[-1] if self.path else ""
        if not self.path:
            self.markup.root = local
        self.path.append(local)
        if len(self.path) > _DEEPEST:
            raise NotAWorkbook("工作簿的 XML 嵌套过深。")
        plain = {_local(key): value for key, value in attributes.items()}
        if self.markup.root == "worksheet":
            self._in_sheet(local, parent, plain)
        elif local == "si":
            self.length = 0
        else:
            self._elsewhere(local, plain)

    def _in_sheet(self, local: str, parent: str, attributes: dict[str, str]) -> None:
        if local == "row":
            number = attributes.get("r", "")
            self.row = int(number) if number.isdecimal() and len(number) < 9 else self.row + 1
            self.column = 0
        elif local == "c":
            self._cell(attributes)
        elif parent == "c" and local == "f":
            # An `f` elsewhere belongs to a drop-down or a format, not to a cell.
            self.markup.part.formula = self.markup.part.formula or f"{_letters(self.column)}{self.row}"
        elif parent == "c" and local in ("v", "is"):
            self.index = ""
            self.markup.part.rows = max(self.markup.part.rows, self.row)
            self.markup.part.columns = max(self.markup.part.columns, self.column)

    def _cell(self, attributes: dict[str, str]) -> None:
        self.kind = attributes.get("t", "n")
        if "r" not in attributes:
            self.column += 1
            return
        if (match := _CELL.match(attributes["r"])) is None:
            raise NotAWorkbook("工作表中有无法识别的单元格位置。")
        self.column, self.row = _number(match[1]), int(match[2])

    def _elsewhere(self, local: str, attributes: dict[str, str]) -> None:
        if local in ("Default", "Override"):
            self.markup.content_types.add(attributes.get("ContentType", ""))
        elif local == "Relationship":
            kind, target = attributes.get("Type", ""), attributes.get("Target", "")
            self.markup.relations.add(kind)
            self.markup.targets[attributes.get("Id", "")] = target
            if attributes.get("TargetMode", "").casefold() == "external":
                self.markup.outward.append((kind, target))
        elif local == "workbookPr":
            self.markup.date1904 = attributes.get("date1904", "") in ("1", "true")
        elif local == "sheet":
            self.markup.sheet_relations.append((attributes.get("name", ""), attributes.get("id", "")))

    def characters(self, text: str) -> None:
        if self.markup.root == "sst":
            self.length += len(text)
        elif self.markup.root == "worksheet" and "c" in self.path:
            self.markup.part.text += len(text)
            if self.kind == "s" and self.path[-1] == "v" and len(self.index) < 10:
                self.index += text.strip()

    def end(self, tag: str) -> None:
        local = self.path.pop()
        if self.markup.root == "sst" and local == "si":
            self.markup.strings.append(self.length)
        elif self.markup.root == "worksheet" and local == "v" and self.kind == "s":
            at = int(self.index) if self.index.isdecimal() else -1
            if 0 <= at < len(self.lengths):
                self.markup.part.text += self.lengths[at]


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _letters(number: int) -> str:
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
