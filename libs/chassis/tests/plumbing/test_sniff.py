"""Files are known by their content, and what could do more than be looked at is refused."""

import io
import zipfile

import pikepdf
import pytest
from chassis import sniff
from PIL import Image
from refusals import Refusal


def a_picture(form: str, size: tuple[int, int] = (8, 8), **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "blue").save(out, form, **options)
    return out.getvalue()


def a_package(*names: str, flag: bytes = b"<x/>") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name in names:
            package.writestr(name, flag)
    return out.getvalue()


WORKBOOK = ("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml")
DOCUMENT = ("[Content_Types].xml", "_rels/.rels", "word/document.xml")


def a_pdf(change: object = None, **save: object) -> bytes:
    document = pikepdf.new()
    document.add_blank_page()
    if callable(change):
        change(document)
    out = io.BytesIO()
    document.save(out, **save)  # type: ignore[arg-type]
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (a_pdf(), sniff.PDF),
        (a_picture("JPEG"), sniff.JPEG),
        (a_picture("PNG"), sniff.PNG),
        (a_picture("GIF"), sniff.GIF),
        (a_package(*WORKBOOK), sniff.XLSX),
        (a_package(*DOCUMENT), sniff.DOCX),
        (a_package("readme.txt"), None),
        (a_package("xl/workbook.xml"), None),
        (b"PK\x03\x04 broken", None),
        (a_picture("BMP"), None),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 an old or encrypted office file", None),
        (b"<svg onload='x()'>", None),
        (b"", None),
    ],
)
def test_the_type_is_told_by_content(content: bytes, media_type: str | None) -> None:
    assert sniff.sniff(io.BytesIO(content)) == media_type


def javascript(document: pikepdf.Pdf) -> None:
    document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")


def launch(document: pikepdf.Pdf) -> None:
    link = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot,
        Subtype=pikepdf.Name.Link,
        Rect=[0, 0, 9, 9],
        A=pikepdf.Dictionary(S=pikepdf.Name.Launch, F="calc.exe"),
    )
    document.pages[0].Annots = pikepdf.Array([link])


def attachment(document: pikepdf.Pdf) -> None:
    document.attachments["x.exe"] = pikepdf.AttachedFileSpec(document, b"MZ")


def hidden_form(document: pikepdf.Pdf) -> None:
    document.Root.AcroForm = pikepdf.Dictionary(XFA=pikepdf.Array([]))


@pytest.mark.parametrize("change", [javascript, launch, attachment, hidden_form])
@pytest.mark.parametrize("objects", [pikepdf.ObjectStreamMode.disable, pikepdf.ObjectStreamMode.generate])
def test_an_active_pdf_is_refused(change: object, objects: pikepdf.ObjectStreamMode) -> None:
    with pytest.raises(sniff.FileTypeRefused):
        sniff.cleaned(io.BytesIO(a_pdf(change, object_stream_mode=objects)), sniff.PDF)


@pytest.mark.parametrize("user", ["secret", ""])
def test_an_encrypted_pdf_is_refused(user: str) -> None:
    content = a_pdf(encryption=pikepdf.Encryption(owner="owner", user=user))
    with pytest.raises(sniff.FileTypeRefused):
        sniff.cleaned(io.BytesIO(content), sniff.PDF)


def turns_to_a_page(document: pikepdf.Pdf) -> None:
    document.Root.OpenAction = pikepdf.Array([document.pages[0].obj, pikepdf.Name.Fit])


def test_a_plain_pdf_is_left_as_it_is() -> None:
    content = a_pdf(turns_to_a_page)
    assert sniff.cleaned(io.BytesIO(content), sniff.PDF).read() == content


def test_a_pdf_without_pages_is_broken() -> None:
    out = io.BytesIO()
    pikepdf.new().save(out)
    with pytest.raises(sniff.FileBroken):
        sniff.cleaned(out, sniff.PDF)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF"])
def test_nothing_hidden_behind_a_picture_survives(form: str) -> None:
    content = a_picture(form, comment=b"secret") + b"<?php evil ?>"
    kept = sniff.cleaned(io.BytesIO(content), f"image/{form.lower()}").read()
    assert b"evil" not in kept
    assert b"secret" not in kept
    with Image.open(io.BytesIO(kept)) as picture:
        assert (picture.format, picture.size) == (form, (8, 8))
        assert picture.convert("RGB").getpixel((4, 4))[2] > 200


def test_a_transparent_png_stays_transparent() -> None:
    out = io.BytesIO()
    picture = Image.new("P", (4, 4))
    picture.info["transparency"] = 0
    picture.save(out, "PNG", transparency=0)
    with Image.open(sniff.cleaned(out, sniff.PNG)) as kept:
        assert kept.convert("RGBA").getpixel((1, 1))[3] == 0


def test_a_picture_bomb_is_refused_unopened() -> None:
    with pytest.raises(sniff.FileTooLarge):
        sniff.cleaned(io.BytesIO(a_picture("PNG", (9000, 9000))), sniff.PNG)


def test_a_moving_picture_is_refused() -> None:
    out = io.BytesIO()
    Image.new("L", (4, 4)).save(out, "GIF", save_all=True, append_images=[Image.new("L", (4, 4), 255)])
    with pytest.raises(sniff.FileTypeRefused):
        sniff.cleaned(out, sniff.GIF)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF"])
def test_a_cut_or_disguised_picture_is_broken(form: str) -> None:
    content = a_picture(form, (200, 200))
    for bad in (content[: len(content) // 2], content[:20]):
        with pytest.raises(sniff.FileBroken):
            sniff.cleaned(io.BytesIO(bad), f"image/{form.lower()}")


def test_a_plain_workbook_is_left_as_it_is() -> None:
    content = a_package(*WORKBOOK)
    assert sniff.cleaned(io.BytesIO(content), sniff.XLSX).read() == content


@pytest.mark.parametrize(
    "part", ["xl/vbaProject.bin", "xl/embeddings/oleObject1.bin", "xl/activeX/activeX1.xml"]
)
def test_a_workbook_with_programs_is_refused(part: str) -> None:
    with pytest.raises(sniff.FileTypeRefused):
        sniff.cleaned(io.BytesIO(a_package(*WORKBOOK, part)), sniff.XLSX)


def test_a_workbook_bomb_is_refused() -> None:
    bomb = a_package(*WORKBOOK, *(f"xl/worksheets/sheet{n}.xml" for n in range(21)), flag=b"0" * (10 << 20))
    assert len(bomb) < 1 << 20
    with pytest.raises(sniff.FileTooLarge):
        sniff.cleaned(io.BytesIO(bomb), sniff.XLSX)


def test_a_damaged_workbook_is_broken() -> None:
    content = bytearray(a_package(*WORKBOOK))
    content[52] ^= 0xFF  # within the first part
    with pytest.raises(Refusal):
        sniff.cleaned(io.BytesIO(bytes(content)), sniff.XLSX)
