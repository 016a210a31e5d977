"""Looks into a PDF no farther than needed."""

import io

import pikepdf


def is_pdf(content: bytes) -> bool:
    """Whether the content, not its name, is a PDF that opens without a password."""
    if not content.startswith(b"%PDF-"):
        return False
    try:
        with pikepdf.open(io.BytesIO(content)) as pdf:
            return len(pdf.pages) > 0
    except pikepdf.PdfError:
        return False


def pdf_pages(content: bytes) -> int:
    """How many pages a PDF has; raises ValueError if it is none."""
    try:
        with pikepdf.open(io.BytesIO(content)) as pdf:
            return len(pdf.pages)
    except pikepdf.PdfError as error:
        raise ValueError("not a PDF that opens") from error
