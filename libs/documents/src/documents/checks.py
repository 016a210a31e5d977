"""Whether this machine can print Chinese: without the font a PDF succeeds silently, with empty boxes."""

import io
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import pikepdf

FAMILIES = ("Noto Sans CJK SC", "Noto Serif CJK SC")

PAGE = (
    "<html lang='zh-CN'><style>@page{size:60mm 30mm;margin:2mm}p{margin:0}</style>"
    "<p style=\"font-family:'Noto Sans CJK SC'\">职称证书</p>"
    "<p style=\"font-family:'Noto Serif CJK SC'\">评审委员会</p></html>"
)
_passed = False


class PrintingUnavailable(RuntimeError):
    """Something that printing needs is missing from the system; the message names it."""


def check_printing() -> None:
    """Raise PrintingUnavailable unless libraries load and both Chinese fonts are really embedded.

    Blocks for about two seconds in a process of its own; a pass is remembered.
    """
    global _passed
    if _passed:
        return
    # Pango brings the process down where there is no font at all, so that process is not this one.
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        try:
            pool.submit(examine).result()
        except BrokenProcessPool as error:
            raise PrintingUnavailable("printing a page crashes: no font at all (fonts-noto-cjk)?") from error
    _passed = True


def examine(page: str = PAGE) -> None:
    """The same in this process, printing that page."""
    _check_libraries()
    names = embedded_fonts(_printed(page))
    for family in FAMILIES:
        if not any(family.replace(" ", "") in name.replace("-", "") for name in names):
            raise PrintingUnavailable(
                f"the font {family!r} is not embedded (fonts-noto-cjk); found {sorted(names)}"
            )


def embedded_fonts(content: bytes) -> set[str]:
    """The names, without subset tags, of all fonts whose programs lie in the PDF."""
    names: set[str] = set()
    with pikepdf.open(io.BytesIO(content)) as pdf:
        for each in pdf.objects:
            if not isinstance(each, pikepdf.Dictionary) or each.get("/Type") != pikepdf.Name.FontDescriptor:
                continue
            if any(key in each for key in ("/FontFile", "/FontFile2", "/FontFile3")):
                names.add(str(each.FontName).lstrip("/").rpartition("+")[2])
    return names


def _check_libraries() -> None:
    try:
        from weasyprint.text import ffi
    except OSError as error:
        raise PrintingUnavailable(
            f"a library cannot be loaded (libpango-1.0-0, libpangoft2-1.0-0): {error}"
        ) from error
    loaded: Any = ffi
    if loaded.harfbuzz_subset is None:
        raise PrintingUnavailable("libharfbuzz-subset cannot be loaded: a page would cost seconds")


def _printed(page: str) -> bytes:
    from weasyprint import HTML

    from documents.fetching import Fetcher

    return bytes(HTML(string=page, url_fetcher=Fetcher((), {}), base_url="denied:").write_pdf())
