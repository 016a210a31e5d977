"""Printing: what comes out, what may not get in, and whether it can work here at all."""

import asyncio
import datetime
import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import document_samples as samples
import pikepdf
import pytest
from documents import (
    Printer,
    PrintingFailed,
    PrintingUnavailable,
    check_printing,
    checks,
    embedded_fonts,
    is_pdf,
    pdf_pages,
)

AT = datetime.datetime(2026, 6, 30, 8, 0, tzinfo=datetime.UTC)


@pytest.fixture(scope="module")
def printer() -> Iterator[Printer]:
    with Printer() as printer:
        yield printer


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Printer]]:
    folder = tmp_path_factory.mktemp("templates")
    with Printer(folder, timeout=20) as printer:
        yield folder, printer


def a_template(folder: Path, body: str) -> str:
    name = f"t{len(list(folder.iterdir()))}.html"
    (folder / name).write_text('{% extends "base.html" %}{% block content %}' + body + "{% endblock %}")
    return name


def titles(pdf: bytes) -> str:
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        return str(opened.docinfo["/Title"])


@pytest.mark.req("BEY-37")
@pytest.mark.parametrize("template", sorted(samples.ALL))
def test_each_template_embeds_the_chinese_font(printer: Printer, template: str) -> None:
    pdf = printer.render(template, samples.ALL[template](), printed_at=AT)
    assert is_pdf(pdf)
    fonts = embedded_fonts(pdf)
    assert "Noto-Serif-CJK-SC" in fonts
    assert all(name.startswith(("Noto-Serif-CJK-SC", "Noto-Sans-CJK-SC")) for name in fonts)


@pytest.mark.req("BEY-33")
@pytest.mark.parametrize("landscape", [False, True])
def test_a_certificate_is_one_page_even_with_long_names(printer: Printer, landscape: bool) -> None:
    context = samples.a_certificate(
        landscape=landscape,
        work_unit="示例省长长名称单位" * 6,
        review_body="评审机构" * 7,
        specialty="专业" * 15,
    )
    pdf = printer.render("certificate.html", context, {"photo": samples.a_photo()})
    assert pdf_pages(pdf) == 1
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        box = [round(float(each)) for each in opened.pages[0].mediabox]
        assert (box[2] > box[3]) == landscape
        assert len(opened.pages[0].get_images()) == 1
    assert "2026010100018" in titles(pdf)


@pytest.mark.req("BEY-37")
def test_a_long_list_repeats_its_header_and_numbers_its_pages(printer: Printer) -> None:
    short, long = samples.a_publicity(3), samples.a_publicity(200)
    assert pdf_pages(printer.render("publicity.html", short)) == 1
    assert pdf_pages(printer.render("publicity.html", long)) > 6


def test_the_same_arguments_give_the_same_bytes_in_other_processes(printer: Printer) -> None:
    context, images = samples.a_certificate(), {"photo": samples.a_photo()}
    here = printer.render("certificate.html", context, images, printed_at=AT)
    again = printer.render("certificate.html", context, images, printed_at=AT)
    with Printer() as other:
        elsewhere = other.render("certificate.html", context, images, printed_at=AT)
    assert here == again == elsewhere
    later = printer.render("certificate.html", context, images, printed_at=AT + datetime.timedelta(days=1))
    assert later != here
    assert b"20260630" in raw_dates(here)
    assert raw_dates(printer.render("certificate.html", context, images)) == b""


def raw_dates(pdf: bytes) -> bytes:
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        return str(opened.docinfo.get("/CreationDate", "")).encode()


def test_values_are_escaped(own: tuple[Path, Printer]) -> None:
    folder, printer = own
    name = a_template(folder, "{{ value }}")
    (folder / "plain.css").write_text("")
    attack = '<img src="http://127.0.0.1:9/x"><style>@import url(http://127.0.0.1:9/)</style>'
    assert is_pdf(printer.render(name, {"value": attack}))


@pytest.mark.parametrize(
    "body",
    [
        '<img src="http://127.0.0.1:9/x.png">',
        '<img src="file:///etc/hostname">',
        '<img src="data:image/png;base64,AAAA">',
        '<img src="picture.png">',
        '<img src="asset:../../../../etc/hostname">',
        '<img src="asset:t0.html">',
        '<img src="image:other">',
        '<link rel="stylesheet" href="https://127.0.0.1:9/x.css">',
        "<style>@font-face{font-family:x;src:url(http://127.0.0.1:9/f.otf)}p{font-family:x}</style><p>x</p>",
        '<svg width="9" height="9"><image href="file:///etc/hostname" width="9" height="9"/></svg>',
        '<p style="background:url(file:///etc/hostname)">x</p>',
        '<a rel="attachment" href="file:///etc/hostname">x</a>',
    ],
)
def test_a_document_loads_nothing_from_outside(own: tuple[Path, Printer], body: str) -> None:
    folder, printer = own
    with pytest.raises(PrintingFailed):
        printer.render(a_template(folder, body), {})


def test_images_are_judged_by_content(own: tuple[Path, Printer]) -> None:
    folder, printer = own
    name = a_template(folder, '<img src="image:photo">')
    assert is_pdf(printer.render(name, {}, {"photo": samples.a_photo()}))
    for content in (b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a", b"\x89PNG\r\n\x1a\n"):
        with pytest.raises(PrintingFailed):
            printer.render(name, {}, {"photo": content})


def test_an_asset_beside_the_template_is_loaded(own: tuple[Path, Printer]) -> None:
    folder, printer = own
    (folder / "seal.jpg").write_bytes(samples.a_photo())
    pdf = printer.render(a_template(folder, '<img src="asset:seal.jpg">'), {})
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        assert len(opened.pages[0].get_images()) == 1


def test_a_missing_value_or_template_is_an_error_not_a_gap(printer: Printer) -> None:
    context = samples.a_certificate()
    del context["certificate_number"]
    with pytest.raises(PrintingFailed, match="certificate_number"):
        printer.render("certificate.html", context)
    with pytest.raises(PrintingFailed, match="nowhere"):
        printer.render("nowhere.html", {})


def test_a_document_that_takes_too_long_is_stopped_and_the_next_one_prints(tmp_path: Path) -> None:
    slow = a_template(
        tmp_path, "{% for i in range(9999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}"
    )
    quick = a_template(tmp_path, "x")
    with Printer(tmp_path, timeout=3) as printer:
        with pytest.raises(PrintingFailed, match="longer than 3 seconds"):
            printer.render(slow, {})
        assert is_pdf(printer.render(quick, {}))


def test_workers_are_replaced_and_a_killed_one_costs_nothing(tmp_path: Path) -> None:
    name = a_template(tmp_path, "x")
    with Printer(tmp_path, recycle_after=2) as printer:
        seen = set()
        for _ in range(5):
            assert is_pdf(printer.render(name, {}))
            assert printer._pool is not None
            seen |= set(printer._pool._processes)
        assert len(seen) == 3
        for process in printer._pool._processes.values():
            process.kill()
            process.join()
        assert is_pdf(printer.render(name, {}))


async def test_many_print_at_once_without_blocking_the_loop(printer: Printer) -> None:
    async def ticks(done: asyncio.Event) -> int:
        count = 0
        while not done.is_set():
            await asyncio.sleep(0.01)
            count += 1
        return count

    done = asyncio.Event()
    counting = asyncio.create_task(ticks(done))
    pdfs = await asyncio.gather(
        *(printer.arender("certificate.html", samples.a_certificate(name=f"第{n}人")) for n in range(4))
    )
    done.set()
    assert len(set(pdfs)) == 4
    assert await counting > 4


def test_a_service_that_prints_does_not_load_the_engine_itself() -> None:
    code = "import sys, documents; sys.exit('weasyprint' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_this_machine_can_print() -> None:
    check_printing()


def test_a_machine_without_fonts_is_found_out(tmp_path: Path) -> None:
    (tmp_path / "fonts.conf").write_text(f"<fontconfig><dir>{tmp_path}</dir></fontconfig>")
    run = subprocess.run(
        [sys.executable, "-c", "import documents; documents.check_printing()"],
        env={"FONTCONFIG_FILE": str(tmp_path / "fonts.conf"), "XDG_CACHE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert "PrintingUnavailable: printing a page crashes" in run.stderr


@pytest.mark.parametrize("missing", checks.FAMILIES)
def test_a_font_that_is_not_embedded_is_named(missing: str) -> None:
    other = next(family for family in checks.FAMILIES if family != missing)
    with pytest.raises(PrintingUnavailable, match=missing):
        checks.examine(checks.PAGE.replace(missing, other))


def test_a_missing_subsetter_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from weasyprint.text import ffi

    monkeypatch.setattr(ffi, "harfbuzz_subset", None)
    with pytest.raises(PrintingUnavailable, match="libharfbuzz-subset"):
        checks.examine()


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"PK\x03\x04", b"<html>%PDF-"])
def test_only_a_pdf_that_opens_is_one(content: bytes) -> None:
    assert not is_pdf(content)
    with pytest.raises(ValueError, match="not a PDF"):
        pdf_pages(content)


def test_context_values_may_be_dates_or_text(printer: Printer) -> None:
    as_date: dict[str, Any] = samples.a_certificate()
    as_text = samples.a_certificate(approval_date="2026-06-30", birth_date="1985-03-09")
    assert printer.render("certificate.html", as_date) == printer.render("certificate.html", as_text)
