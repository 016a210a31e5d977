"""A phone's camera: the page of a PDF is drawn and its QR code is read from the picture."""

from __future__ import annotations

import asyncio

import pypdfium2  # type: ignore[import-untyped]
import zxingcpp

# PDFium is not made for threads: one page at a time.
_ONE = asyncio.Lock()


async def scanned(pdf: bytes) -> list[str]:
    """What the QR codes on the first page say."""
    async with _ONE:
        return await asyncio.to_thread(_scan, pdf)


def _scan(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        # 144 dots an inch: less than any printer or screen shows.
        picture = document[0].render(scale=2).to_pil().convert("L")
    finally:
        document.close()
    return [code.text for code in zxingcpp.read_barcodes(picture)]
