"""The only things a document may load: assets beside the templates and images handed over with it."""

import io
import mimetypes
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from PIL import Image
from weasyprint.urls import (
    FatalURLFetchingError,
    URLFetcher,
    URLFetcherResponse,
)

_FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg"}
_PIXELS = 40_000_000
_ASSETS = {".png", ".jpg", ".jpeg", ".svg", ".css", ".otf", ".ttf", ".woff2"}


class Forbidden(FatalURLFetchingError):  # type: ignore[misc]
    """A document asked for something from outside: the rendering stops."""


class Fetcher(URLFetcher):  # type: ignore[misc]
    """Answers `image:NAME` from the images and `asset:NAME` from the folders; everything else is denied."""

    def __init__(self, folders: Sequence[Path], images: Mapping[str, bytes]) -> None:
        super().__init__(allowed_protocols=())
        self.folders = [folder.resolve() for folder in folders]
        self.images = images
        # WeasyPrint swallows everything that is raised inside an SVG, so denials are also kept.
        self.denied: list[str] = []

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> Any:
        """Answer the resource; raises Forbidden, which WeasyPrint does not swallow."""
        scheme, _, name = url.partition(":")
        name = unquote(name)
        if scheme == "image" and name in self.images:
            return _response(url, self.images[name], media_type(self.images[name]))
        if scheme == "asset" and (path := self._asset(name)) is not None:
            return _response(url, path.read_bytes(), mimetypes.guess_type(path.name)[0] or "font/otf")
        self.denied.append(url[:200])
        raise Forbidden(f"denied: {url[:200]}")

    def _asset(self, name: str) -> Path | None:
        for folder in self.folders:
            path = (folder / name).resolve()
            if path.is_relative_to(folder) and path.suffix in _ASSETS and path.is_file():
                return path
        return None


def media_type(content: bytes) -> str:
    """The type of an image by its content; raises ValueError unless it is a PNG or JPEG of sane size."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(io.BytesIO(content), formats=tuple(_FORMATS)) as image:
                if image.width * image.height > _PIXELS:
                    raise ValueError("the image has too many pixels")
                return _FORMATS[str(image.format)]
    except (OSError, Warning, Image.DecompressionBombError) as error:
        raise ValueError("an image is neither PNG nor JPEG") from error


def _response(url: str, body: bytes, kind: str) -> Any:
    return URLFetcherResponse(url, body=body, headers={"Content-Type": kind})
