"""Good files open; bad files are bad in exactly the way that is promised."""

import io
import time
import zipfile

import pikepdf
import pytest
from PIL import Image
from zc.world import Person, World, files


@pytest.fixture(scope="module")
def person() -> Person:
    return World(1, 1, 7).applicants[0].person


def test_a_photo_is_a_one_inch_jpeg_on_white(person: Person) -> None:
    content = files.photo(person)
    with Image.open(io.BytesIO(content)) as image:
        assert (image.format, image.size, image.mode) == ("JPEG", (295, 413), "RGB")
        corner = image.getpixel((2, 2))
        assert isinstance(corner, tuple)
        assert min(corner) > 250
    assert len(content) < files.PHOTO_LIMIT
    assert files.photo(person) == content


def test_different_people_look_different() -> None:
    photos = {files.photo(one.person) for one in World(2).applicants}
    assert len(photos) == 40


def test_bad_photos_are_bad(person: Person) -> None:
    with Image.open(io.BytesIO(files.bad_photo_png(person))) as image:
        assert image.format == "PNG"
    for size in (files.PHOTO_LIMIT + 1, 2_000_000, len(files.photo(person)) + 65_003):
        large = files.oversize_photo(person, size)
        assert len(large) == size
        with Image.open(io.BytesIO(large)) as image:
            image.load()
            assert (image.format, image.size) == ("JPEG", (295, 413))
    with (
        Image.open(io.BytesIO(files.truncated_photo(person))) as image,
        pytest.raises(OSError, match="truncated"),
    ):
        image.load()


def test_the_bomb_is_small_and_explodes() -> None:
    bomb = files.bomb_png()
    assert len(bomb) < 500_000
    with pytest.raises(Image.DecompressionBombError):
        Image.open(io.BytesIO(bomb))


def test_a_pdf_opens_and_holds_its_text() -> None:
    lines = [f"第{number}项：水稻绿色高产示范" for number in range(80)]
    content = files.pdf("学历证书", lines)
    with pikepdf.open(io.BytesIO(content)) as document:
        assert not document.check_pdf_syntax()
        assert len(document.pages) == 3
        drawn = b"".join(page.Contents.read_bytes() for page in document.pages)
    for text in ("学历证书", lines[0], lines[-1]):
        assert text.encode("utf-16-be").hex().encode() in drawn
    assert len(content) < 30_000


def test_hundreds_of_files_take_a_moment() -> None:
    started = time.perf_counter()
    for number in range(500):
        files.pdf(f"附件{number}", ["内容"])
    assert time.perf_counter() - started < 5


def test_pdfs_for_refusals_are_what_they_say() -> None:
    with pikepdf.open(io.BytesIO(files.scripted_pdf())) as document:
        assert document.Root.OpenAction.S == "/JavaScript"
    large = files.oversize_pdf(3_000_000)
    assert 3_000_000 < len(large) < 3_010_000
    with pikepdf.open(io.BytesIO(large)) as document:
        assert not document.check_pdf_syntax()


def test_disguised_files_are_no_pdf() -> None:
    with zipfile.ZipFile(io.BytesIO(files.docx_in_disguise())) as archive:
        assert "word/document.xml" in archive.namelist()
    assert files.html_in_disguise().startswith(b"<!doctype html>")
