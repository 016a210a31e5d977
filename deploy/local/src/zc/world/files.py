"""Files that people upload: good photos and PDFs, and bad ones that a service must refuse."""

import io
import struct
import zipfile
import zlib
from collections.abc import Sequence
from random import Random

from PIL import Image, ImageDraw

from zc.world.model import Person

PHOTO_SIZE = (295, 413)
PHOTO_LIMIT = 500 * 1024

_SKIN = ("#f2d3b8", "#e9c3a2", "#f5dcc6")
_HAIR = ("#1c1a19", "#2b2522", "#38302a")
_COAT = ("#22384f", "#3c4a3a", "#4a3b4f", "#2f2f33", "#5b4636")


def photo(person: Person) -> bytes:
    """Returns a one-inch portrait on white as JPEG; each person has another, always the same."""
    return _jpeg(_portrait(person))


def bad_photo_png(person: Person) -> bytes:
    """Returns the portrait as PNG, which Sichuan refuses for photos."""
    out = io.BytesIO()
    _portrait(person).save(out, "PNG")
    return out.getvalue()


def oversize_photo(person: Person, size: int = PHOTO_LIMIT + 1) -> bytes:
    """Returns a valid JPEG of exactly that many bytes, one more than allowed by default."""
    picture = photo(person)
    # A comment segment holds at most 65,533 bytes, so there are several; they stand after the SOI marker.
    missing, comments = size - len(picture), []
    if missing < 8:
        raise ValueError("the photo is not smaller than that")
    while missing > 0:
        length = min(missing, 65_000)
        length -= 8 if 0 < missing - length < 8 else 0
        comments.append(b"\xff\xfe" + struct.pack(">H", length - 2) + b" " * (length - 4))
        missing -= length
    return picture[:2] + b"".join(comments) + picture[2:]


def truncated_photo(person: Person) -> bytes:
    """Returns the first half of a portrait: the signature is right, the picture is not."""
    picture = photo(person)
    return picture[: len(picture) // 2]


def bomb_png(side: int = 30_000) -> bytes:
    """Returns a small PNG that unpacks to nearly a thousand million pixels."""
    row = b"\0" + b"\0" * ((side + 7) // 8)
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(row * 1000) for _ in range(side // 1000)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side // 1000 * 1000, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in chunks)


def docx_in_disguise() -> bytes:
    """Returns a word-processor document, to be uploaded under a `.pdf` or `.jpg` name."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in _DOCX.items():
            archive.writestr(zipfile.ZipInfo(name), f'<?xml version="1.0" encoding="UTF-8"?>{content}')
    return out.getvalue()


def html_in_disguise() -> bytes:
    """Returns a web page with a script, to be uploaded under a `.pdf` name."""
    return "<!doctype html><title>证明</title><script>alert(document.domain)</script>".encode()


def pdf(title: str, lines: Sequence[str] = ()) -> bytes:
    """Returns a PDF of A4 pages with Chinese text in the standard font STSong-Light, a few kilobytes."""
    pages = [list(lines[at : at + _LINES]) for at in range(0, max(len(lines), 1), _LINES)]
    return _pdf([_content(title, page) for page in pages])


def scripted_pdf(title: str = "附件") -> bytes:
    """Returns a PDF that would run a script when it is opened."""
    return _pdf([_content(title, [])], "/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>")


def oversize_pdf(size: int) -> bytes:
    """Returns a valid PDF of at least that many bytes that cannot be packed any smaller."""
    noise = Random(size).randbytes(size)
    return _pdf([_content("附件", [])], extra=noise)


def _portrait(person: Person) -> Image.Image:
    draw = Random(f"portrait {person.key} {person.name}")
    image = Image.new("RGB", PHOTO_SIZE, "white")
    pen = ImageDraw.Draw(image)
    skin, hair, coat = draw.choice(_SKIN), draw.choice(_HAIR), draw.choice(_COAT)
    wide, left, top = draw.randrange(104, 124), 0, draw.randrange(74, 90)
    left = (PHOTO_SIZE[0] - wide) // 2
    right, chin = left + wide, top + 156
    if person.sex == "FEMALE":
        pen.rounded_rectangle((left - 16, top - 14, right + 16, chin + 44), 58, fill=hair)
    pen.rounded_rectangle((26, chin + 46, 269, 470), 84, fill=coat)
    pen.rectangle((122, chin - 24, 173, chin + 66), fill=skin)
    pen.polygon([(104, chin + 48), (191, chin + 48), (147, chin + 118)], fill="#fbfbfb")
    pen.ellipse((left, top, right, chin), fill=skin)
    pen.chord((left - 6, top - 20, right + 6, top + 116), 180, 360, fill=hair)
    for eye in (left + wide // 4, right - wide // 4):
        pen.ellipse((eye - 5, top + 74, eye + 5, top + 84), fill="#222222")
        pen.line((eye - 11, top + 64, eye + 11, top + 63), fill=hair, width=3)
    pen.arc((132, top + 112, 163, top + 130), 15, 165, fill="#a8584f", width=3)
    return image


def _jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=88, dpi=(300, 300))
    return out.getvalue()


def _chunk(name: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)


_LINES = 36


def _content(title: str, lines: Sequence[str]) -> bytes:
    """Returns the drawing commands of one page: a heading and lines of text."""
    commands = [b"BT /F1 20 Tf 72 770 Td <", _hex(title), b"> Tj /F1 12 Tf 0 -34 Td"]
    for line in lines:
        commands += [b" <", _hex(line[:60]), b"> Tj 0 -19 Td"]
    return b"".join([*commands, b" ET"])


def _hex(text: str) -> bytes:
    return text.encode("utf-16-be").hex().encode()


def _pdf(contents: Sequence[bytes], catalog: str = "", extra: bytes = b"") -> bytes:
    """Returns the file: catalogue, page tree, font, then a page and its content for each page."""
    first = 7 if extra else 6
    kids = " ".join(f"{first + 2 * index} 0 R" for index in range(len(contents)))
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R {catalog} >>".encode(),
        f"<< /Type /Pages /Kids [{kids}] /Count {len(contents)} >>".encode(),
        *_FONT,
    ]
    if extra:
        objects.append(_stream(extra))
    for index, content in enumerate(contents):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> "
            f"/Contents {first + 2 * index + 1} 0 R >>".encode()
        )
        objects.append(_stream(content))
    return _joined(objects)


def _stream(content: bytes) -> bytes:
    return f"<< /Length {len(content)} >>\nstream\n".encode() + content + b"\nendstream"


def _joined(objects: Sequence[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
    table = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{offset:010d} 00000 n \n".encode() for offset in offsets)
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n".encode()
    return bytes(out)


_FONT = (
    b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UTF16-H "
    b"/DescendantFonts [4 0 R] >>",
    b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /FontDescriptor 5 0 R /DW 1000 "
    b"/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> >>",
    b"<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] "
    b"/ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>",
)

_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_MEDIA = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_DOCX = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{_MEDIA}"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>'
    ),
    "word/document.xml": (
        f'<w:document xmlns:w="{_WORD}"><w:body><w:p><w:r><w:t>公示证明</w:t></w:r></w:p></w:body>'
        "</w:document>"
    ),
}
