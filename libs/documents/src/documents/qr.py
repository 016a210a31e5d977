"""QR codes as markup, so that they print as sharp as the text."""

import segno
from markupsafe import Markup


def qr_svg(text: str, *, border: int = 2) -> Markup:
    """The text as an inline SVG without size of its own; its box decides (BEY-33)."""
    if not text:
        raise ValueError("a QR code needs a text")
    code = segno.make(text, error="m", micro=False, encoding="utf-8" if not text.isascii() else None)
    return Markup(code.svg_inline(border=border, omitsize=True, dark="#000", light="#fff"))
