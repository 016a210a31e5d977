"""Workbooks as downloads."""

from typing import Any
from urllib.parse import quote

from fastapi import Response

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOWNLOAD: dict[str, Any] = {
    "response_class": Response,
    "responses": {200: {"content": {XLSX: {}}, "description": "The workbook, as an attachment."}},
}
"""What a route that answers with a workbook declares."""


def workbook(content: bytes, name: str) -> Response:
    """A workbook as an attachment under a Chinese name."""
    headers = {
        "Content-Disposition": f"attachment; filename=\"download.xlsx\"; filename*=UTF-8''{quote(name)}.xlsx"
    }
    return Response(content, media_type=XLSX, headers=headers)
