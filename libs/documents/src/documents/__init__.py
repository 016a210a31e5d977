"""HTML to PDF, QR codes, and whether printing works here."""

from documents.checks import PrintingUnavailable, check_printing, embedded_fonts
from documents.errors import PrintingFailed
from documents.pdf import is_pdf, pdf_pages
from documents.printer import TEMPLATES, Printer
from documents.qr import qr_svg

__all__ = [
    "TEMPLATES",
    "Printer",
    "PrintingFailed",
    "PrintingUnavailable",
    "check_printing",
    "embedded_fonts",
    "is_pdf",
    "pdf_pages",
    "qr_svg",
]
