"""Template and context to PDF, in one process; what a worker of the printer runs."""

import datetime
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration

from documents.errors import PrintingFailed
from documents.fetching import Fetcher, Forbidden, media_type
from documents.filters import FILTERS

STYLESHEET = "official.css"


def html(
    folders: Sequence[Path], template: str, context: Mapping[str, Any], images: Sequence[str] = ()
) -> str:
    """The page as markup, every value escaped; raises PrintingFailed for a missing template or value."""
    try:
        return environment(tuple(folders)).get_template(template).render({**context, "images": images})
    except (jinja2.TemplateError, TypeError, ValueError) as error:
        raise PrintingFailed(f"{template} cannot be filled: {error}") from error


def pdf(
    folders: Sequence[Path],
    template: str,
    context: Mapping[str, Any],
    images: Mapping[str, bytes],
    printed_at: datetime.datetime | None,
) -> bytes:
    """The document; the same arguments give the same bytes."""
    page = html(folders, template, context, sorted(images))
    fetcher = Fetcher(folders, images)
    try:
        for content in images.values():
            media_type(content)
        document = HTML(string=page, url_fetcher=fetcher, base_url="denied:").render(
            font_config=fonts(), stylesheets=[stylesheet(tuple(folders))]
        )
        # Without an instant the document carries no date at all: nothing may depend on when it is printed.
        document.metadata.created = printed_at.isoformat(timespec="seconds") if printed_at else None
        identifier = hashlib.sha256(page.encode()).hexdigest()[:32].encode()
        printed = bytes(document.write_pdf(pdf_identifier=identifier, url_fetcher=fetcher))
    except (Forbidden, ValueError) as error:
        raise PrintingFailed(f"{template}: {error}") from error
    if fetcher.denied:
        raise PrintingFailed(f"{template}: denied: {fetcher.denied[0]}")
    return printed


@cache
def environment(folders: tuple[Path, ...]) -> jinja2.Environment:
    """One environment per process; a value that is not there is an error, not a gap in a document."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folders),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(FILTERS)
    return made


@cache
def fonts() -> FontConfiguration:
    """One font configuration per process: building one costs more than a page."""
    return FontConfiguration()


@cache
def stylesheet(folders: tuple[Path, ...]) -> CSS:
    """The shared stylesheet, parsed once per process."""
    loader = environment(folders).loader
    assert loader is not None
    source = loader.get_source(environment(folders), STYLESHEET)[0]
    return CSS(string=source, font_config=fonts(), url_fetcher=Fetcher(folders, {}), base_url="denied:")
