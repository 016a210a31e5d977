"""Opens an uploaded workbook only after looking at every part of it."""

import io
import lzma
import struct
import zipfile
import zlib
from dataclasses import dataclass

from sheets.markup import Markup, Part, inspect
from sheets.refusals import (
    ExternalLinksRefused,
    FormulaRefused,
    MacrosRefused,
    NotAWorkbook,
    WorkbookTooLarge,
)

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """How much an upload may cost before anything parses it."""

    content: int = 20 * MIB
    entries: int = 500
    unpacked: int = 100 * MIB
    # XML of wide, mostly blank sheets packs about 60 to 1; the format's ceiling is about 1000 to 1.
    ratio: int = 200
    ratio_from: int = MIB
    text: int = 50_000_000
    columns: int = 100


LIMITS = Limits()

# What zipfile raises over damaged, encrypted and exotic archives.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    LookupError,
    OverflowError,
    OSError,
)

_MACROS = ("vbaproject", "macrosheets/", "activex/", "embeddings/", "customui/", "dialogsheets/")
_LINKS = ("xl/externallinks/", "xl/connections.xml", "xl/querytables/", "xl/model/", "xl/webextensions/")


@dataclass(frozen=True, slots=True)
class Package:
    """A workbook without anything but inspected markup, packed anew so that every reader sees the same."""

    content: bytes
    date1904: bool
    sheets: dict[str, Part]


def opened(content: bytes, limits: Limits = LIMITS) -> Package:
    """Inspect the workbook and answer a clean copy; raises the refusals of this library."""
    if len(content) > limits.content:
        raise WorkbookTooLarge(f"文件不能超过 {limits.content // MIB} MB。")
    parts = _unpacked(content, limits)
    markups = _inspected(parts, limits)
    _refuse_by_content_type(markups)
    _refuse_links(markups)
    if (book := markups.get("xl/workbook.xml")) is None or book.root != "workbook":
        raise NotAWorkbook("文件内容不是 xlsx 工作簿，请用下载的模板另存为 .xlsx 后上传。")
    sheets = {name: m.part for name, m in markups.items() if m.root == "worksheet"}
    _refuse_formulas(sheets, book, markups)
    return Package(_packed(parts, markups), book.date1904, sheets)


def _unpacked(content: bytes, limits: Limits) -> dict[str, bytes]:
    if not content.startswith(b"PK\x03\x04"):
        raise NotAWorkbook("文件内容不是 xlsx 工作簿（旧版 .xls 与 .csv 请另存为 .xlsx）。")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = [each for each in archive.infolist() if not each.is_dir()]
            _refuse_shape(infos, limits)
            return _parts(archive, infos)
    except _BROKEN as error:
        raise NotAWorkbook("文件已损坏、已加密或不是 xlsx 工作簿。") from error


def _refuse_shape(infos: list[zipfile.ZipInfo], limits: Limits) -> None:
    """Judge by the directory alone; what it claims is checked again while unpacking."""
    if len(infos) > limits.entries:
        raise WorkbookTooLarge(f"工作簿包含的部件超过 {limits.entries} 个。")
    if sum(each.file_size for each in infos) > limits.unpacked:
        raise WorkbookTooLarge(f"工作簿解压后超过 {limits.unpacked // MIB} MB。")
    for each in infos:
        if each.file_size > limits.ratio_from and each.file_size > limits.ratio * max(each.compress_size, 1):
            raise WorkbookTooLarge("工作簿的压缩比异常。")
    names = [each.filename.replace("\\", "/").lstrip("/").casefold() for each in infos]
    if len(set(names)) != len(names):
        raise NotAWorkbook("工作簿中有重名部件。")
    for name in names:
        if any(mark in name for mark in _MACROS):
            raise MacrosRefused(f"工作簿含有 {name}，请另存为不含宏的 .xlsx 后上传。")
        if name.startswith(_LINKS):
            raise ExternalLinksRefused(f"工作簿含有 {name}，请断开外部链接和数据连接后上传。")


def _parts(archive: zipfile.ZipFile, infos: list[zipfile.ZipInfo]) -> dict[str, bytes]:
    # ZipExtFile never answers more than the directory claims, so the sum above is a true bound.
    return {each.filename.replace("\\", "/").lstrip("/"): archive.read(each) for each in infos}


def _inspected(parts: dict[str, bytes], limits: Limits) -> dict[str, Markup]:
    """Parse everything that is markup, shared strings first: sheets are weighed by those they repeat."""
    markups: dict[str, Markup] = {}
    lengths: list[int] = []
    for name in sorted(parts, key=lambda each: "sharedstrings" not in each.casefold()):
        if not _is_markup(name, parts[name]):
            continue
        try:
            found = inspect(name, parts[name], lengths)
        except NotAWorkbook:
            if name.casefold().endswith((".xml", ".rels")):
                raise
            # Drawings of comments (.vml) are often not XML; like everything uninspected they are left behind.
            continue
        markups[name] = found
        lengths.extend(found.strings)
        if found.part.text > limits.text:
            raise WorkbookTooLarge("工作表的文字总量超出上限。")
    return markups


def _is_markup(name: str, part: bytes) -> bool:
    head = part[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    utf16 = part[:2] in (b"\xff\xfe", b"\xfe\xff", b"\x00<")
    return head.startswith(b"<") or utf16 or name.casefold().endswith((".xml", ".rels"))


def _refuse_by_content_type(markups: dict[str, Markup]) -> None:
    types = markups.get("[Content_Types].xml")
    if types is None or types.root != "Types":
        raise NotAWorkbook("文件内容不是 xlsx 工作簿。")
    for each in types.content_types:
        low = each.casefold()
        if "macroenabled" in low or "vba" in low or "activex" in low or "oleobject" in low:
            raise MacrosRefused("工作簿启用了宏，请另存为不含宏的 .xlsx 后上传。")
        if "externallink" in low or "connections+xml" in low:
            raise ExternalLinksRefused("工作簿含有外部链接或数据连接，请断开后上传。")


def _refuse_links(markups: dict[str, Markup]) -> None:
    """A hyperlink is only text (Excel makes one of every mail address); every other way out is refused."""
    for markup in markups.values():
        for kind, target in markup.outward:
            if not kind.casefold().endswith("/hyperlink"):
                raise ExternalLinksRefused(f"工作簿引用了外部资源：{target[:100]}")
        for kind in markup.relations:
            if kind.casefold().endswith(("/externallinkpath", "/externallink", "/connections")):
                raise ExternalLinksRefused("工作簿含有外部链接或数据连接，请断开后上传。")
            if kind.casefold().endswith(("/vbaproject", "/oleobject", "/xlmacrosheet")):
                raise MacrosRefused("工作簿含有宏或嵌入对象，请另存为不含宏的 .xlsx 后上传。")


def _refuse_formulas(sheets: dict[str, Part], book: Markup, markups: dict[str, Markup]) -> None:
    """Refuse with the cell's name; the title of its sheet helps, but every sheet counts, named or not."""
    relations = markups.get("xl/_rels/workbook.xml.rels", Markup())
    titles = {
        relations.targets.get(each, "").rpartition("/")[2]: title for title, each in book.sheet_relations
    }
    for name, part in sheets.items():
        if part.formula:
            title = titles.get(name.rpartition("/")[2])
            where = f"工作表“{title}”的单元格" if title else "单元格"
            raise FormulaRefused(f"{where} {part.formula} 是公式，请改为数值后再上传。")


def _packed(parts: dict[str, bytes], markups: dict[str, Markup]) -> bytes:
    """Pack the inspected parts again: what another reader might find between or behind them is gone."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in markups:
            archive.writestr(name, parts[name])
    return out.getvalue()
