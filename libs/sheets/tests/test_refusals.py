"""Workbooks that are refused before anything is read from them."""

import contextlib
import io
import struct
import time
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import Kind, Refusal
from sheets import (
    ExternalLinksRefused,
    FormulaRefused,
    MacrosRefused,
    NotAWorkbook,
    TooManyRows,
    WorkbookTooLarge,
    WrongHeader,
    read,
    refusals,
)
from sheets.package import Limits
from workbooks import GOOD, PERSONS, a_workbook, repacked, with_text

SHEET = "xl/worksheets/sheet1.xml"
TYPES = "[Content_Types].xml"
RELATIONS = "xl/_rels/workbook.xml.rels"


def with_a_name_twice() -> bytes:
    with pytest.warns(UserWarning, match="Duplicate name"):
        return repacked(a_workbook(GOOD), {}, twice=SHEET)


def test_every_refusal_has_a_slug_a_title_and_a_kind() -> None:
    own = [each for each in vars(refusals).values() if isinstance(each, type) and issubclass(each, Refusal)]
    own.remove(Refusal)
    assert len(own) == 9
    assert len({each.slug for each in own}) == 9
    for each in own:
        assert each.slug.startswith("sheet-")
        assert each.kind is Kind.INVALID
        assert each().title.endswith("。")


@pytest.mark.req("XCT-06")
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04",
        b"PK\x05\x06" + bytes(18),
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        "姓名,身份证号".encode(),
        b"%PDF-1.7",
        a_workbook(GOOD)[:-30],
        repacked(a_workbook(GOOD), {"xl/workbook.xml": b"<document/>"}),
        repacked(a_workbook(GOOD), {"xl/workbook.xml": b"not xml"}),
        repacked(a_workbook(GOOD), {SHEET: with_text("<row", "<row><")}),
        repacked(a_workbook(GOOD), {SHEET: with_text('r="A1"', 'r="A-1"')}),
        repacked(a_workbook(GOOD), {TYPES: b"<x/>"}),
        with_a_name_twice(),
        repacked(a_workbook(GOOD), {SHEET.upper(): b"<worksheet/>"}),
        repacked(a_workbook(GOOD), {RELATIONS: b"<Relationships/>"}),
    ],
)
def test_what_is_not_a_workbook_by_content_is_refused(content: bytes) -> None:
    with pytest.raises((NotAWorkbook, WrongHeader)):
        read(PERSONS, content)


def test_a_word_document_is_not_a_workbook() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(TYPES, b'<Types xmlns="x"/>')
        archive.writestr("word/document.xml", b"<document/>")
    with pytest.raises(NotAWorkbook):
        read(PERSONS, out.getvalue())


@pytest.mark.req("XCT-06")
@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("xl/vbaProject.bin", b"\x00"),
        ("XL/VBAPROJECT.BIN", b"\x00"),
        ("xl/macrosheets/sheet1.xml", b"<x/>"),
        ("xl/activeX/activeX1.xml", b"<x/>"),
        ("xl/embeddings/oleObject1.bin", b"\x00"),
        (TYPES, with_text("spreadsheetml.sheet.main+xml", "ms-excel.sheet.macroEnabled.main+xml")),
        (
            RELATIONS,
            with_text(
                "</Relationships>",
                '<Relationship Id="m" Type="http://schemas.microsoft.com/office/2006/relationships/vbaProject" '
                'Target="other.bin"/></Relationships>',
            ),
        ),
    ],
)
def test_macros_and_embedded_objects_are_refused(part: str, change: bytes) -> None:
    with pytest.raises(MacrosRefused):
        read(PERSONS, repacked(a_workbook(GOOD), {part: change}))


@pytest.mark.req("XCT-06")
@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("xl/externalLinks/externalLink1.xml", b"<externalLink/>"),
        ("xl/connections.xml", b"<connections/>"),
        (
            RELATIONS,
            with_text(
                "</Relationships>",
                '<Relationship Id="e" Type="x/image" Target="http://127.0.0.1/a.png" TargetMode="External"/>'
                "</Relationships>",
            ),
        ),
        (
            RELATIONS,
            with_text(
                "</Relationships>",
                '<Relationship Id="e" Type="x/externalLink" Target="links/one.xml"/></Relationships>',
            ),
        ),
    ],
)
def test_external_links_are_refused(part: str, change: bytes) -> None:
    with pytest.raises(ExternalLinksRefused):
        read(PERSONS, repacked(a_workbook(GOOD), {part: change}))


def test_a_hyperlink_is_only_text() -> None:
    content = a_workbook(GOOD, more=lambda _, page: page.write_url(2, 0, "mailto:a@b.cn", None, "李四"))
    assert [bad.values["name"] for bad in read(PERSONS, content).bad] == ["李四"]


@pytest.mark.req("XCT-06")
def test_a_formula_refuses_the_workbook_and_names_the_cell() -> None:
    content = a_workbook(GOOD, more=lambda _, page: page.write_formula("C7", "=HYPERLINK(1)", None, "x"))
    with pytest.raises(FormulaRefused, match="人员名单”的单元格 C7"):
        read(PERSONS, content)


def test_a_formula_on_any_other_sheet_is_refused_too() -> None:
    def more(book: object, _: object) -> None:
        book.add_worksheet("别的").write_array_formula("B2:B3", "{=SUM(A1:A2)}")  # type: ignore[attr-defined]

    with pytest.raises(FormulaRefused, match="别的”的单元格 B2"):
        read(PERSONS, a_workbook(GOOD, more=more))


def test_a_formula_is_found_whatever_its_prefix_and_position() -> None:
    strange = (
        '<m:worksheet xmlns:m="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><m:sheetData>'
        "<m:row><m:c/><m:c><m:f>1+1</m:f><m:v>2</m:v></m:c></m:row></m:sheetData></m:worksheet>"
    )
    for encoded in (strange.encode(), strange.encode("utf-16")):
        with pytest.raises(FormulaRefused, match="B1"):
            read(PERSONS, repacked(a_workbook(GOOD), {SHEET: encoded}))


def test_rules_of_drop_downs_are_no_formulas() -> None:
    def more(_: object, page: object) -> None:
        page.data_validation("C2:C9", {"validate": "list", "source": "=$A$1:$A$2"})  # type: ignore[attr-defined]
        page.conditional_format("A1:A9", {"type": "formula", "criteria": "=$A1>1"})  # type: ignore[attr-defined]

    assert len(read(PERSONS, a_workbook(GOOD, more=more)).good) == 1


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">',
    ],
)
@pytest.mark.parametrize("part", [SHEET, "xl/sharedStrings.xml", "xl/workbook.xml", TYPES])
def test_no_entity_is_ever_expanded(doctype: str, part: str) -> None:
    with pytest.raises(NotAWorkbook, match="文档类型"):
        read(
            PERSONS,
            repacked(a_workbook(GOOD), {part: lambda old: old.replace(b"?>", f"?>{doctype}".encode(), 1)}),
        )


def test_an_encoding_that_the_format_does_not_know_is_refused() -> None:
    with pytest.raises(NotAWorkbook, match="编码"):
        read(PERSONS, repacked(a_workbook(GOOD), {SHEET: with_text("UTF-8", "gb18030")}))


def test_a_drawing_that_is_not_xml_is_left_behind() -> None:
    content = repacked(a_workbook(GOOD), {"xl/drawings/vmlDrawing1.vml": b"<xml><br></xml>"})
    assert len(read(PERSONS, content).good) == 1


def test_a_sheet_that_was_not_inspected_is_never_read() -> None:
    hidden = {
        "xl/worksheets/sheet1.vml": b"<worksheet><br></worksheet>",
        RELATIONS: with_text("worksheets/sheet1.xml", "worksheets/sheet1.vml"),
    }
    with pytest.raises(NotAWorkbook):
        read(PERSONS, repacked(a_workbook(GOOD), hidden))


def test_deep_markup_is_refused() -> None:
    with pytest.raises(NotAWorkbook, match="嵌套"):
        read(PERSONS, repacked(a_workbook(GOOD), {"xl/deep.xml": b"<a>" * 100_000 + b"</a>" * 100_000}))


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = repacked(a_workbook(GOOD), {"xl/media/image1.png": bytes(90_000_000)})
    started = time.monotonic()
    with pytest.raises(WorkbookTooLarge, match="压缩比"):
        read(PERSONS, bomb)
    assert time.monotonic() - started < 1
    many = repacked(a_workbook(GOOD), {f"xl/media/{n}.png": b"" for n in range(600)})
    with pytest.raises(WorkbookTooLarge, match="部件超过"):
        read(PERSONS, many)
    with pytest.raises(WorkbookTooLarge, match="文件不能超过"):
        read(PERSONS, bytes(30_000_000))
    with pytest.raises(WorkbookTooLarge, match="解压后"):
        read(PERSONS, a_workbook(GOOD), Limits(unpacked=1000))


def test_a_bomb_that_lies_about_its_size_unpacks_to_no_more_than_it_says() -> None:
    bomb = repacked(a_workbook(GOOD), {"xl/media/image1.png": bytes(50_000_000)})
    honest, lie = struct.pack("<L", 50_000_000), struct.pack("<L", 100)
    assert bomb.count(honest) >= 2
    with pytest.raises(NotAWorkbook):
        read(PERSONS, bomb.replace(honest, lie))


def test_one_long_string_repeated_in_every_cell_is_refused() -> None:
    rows = [["长" * 30_000] * 6 for _ in range(900)]
    content = a_workbook(*rows)
    assert len(content) < 200_000
    with pytest.raises(WorkbookTooLarge, match="文字总量"):
        read(PERSONS, content)


def test_a_cell_beyond_its_row_is_counted_where_it_says() -> None:
    content = repacked(a_workbook(GOOD), {SHEET: with_text('r="A2"', 'r="A1048000"')})
    with pytest.raises(TooManyRows):
        read(PERSONS, content)


def test_an_encrypted_workbook_is_not_read() -> None:
    content = bytearray(a_workbook(GOOD))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(signature)
        while at >= 0:
            content[at + offset] |= 1
            at = content.find(signature, at + 4)
    with pytest.raises(NotAWorkbook):
        read(PERSONS, bytes(content))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_workbook_is_refused_or_read_but_never_an_error(data: st.DataObject) -> None:
    content = bytearray(a_workbook(GOOD))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(Refusal):
        read(PERSONS, bytes(content))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_markup_is_refused_or_read_but_never_an_error(data: st.DataObject) -> None:
    def damage(part: bytes) -> bytes:
        at = data.draw(st.integers(0, len(part) - 1))
        return part[:at] + data.draw(st.binary(max_size=4)) + part[at + data.draw(st.integers(0, 9)) :]

    name = data.draw(st.sampled_from([SHEET, "xl/sharedStrings.xml", "xl/workbook.xml", RELATIONS, TYPES]))
    with contextlib.suppress(Refusal):
        read(PERSONS, repacked(a_workbook(GOOD), {name: damage}))
