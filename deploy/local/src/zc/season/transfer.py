"""Files between a person and the store, by presigned addresses: what breaks off is begun anew."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import httpx

from zc.season.entrance import unrouted
from zc.season.session import PATIENCE, Broken, Refused, Session

if TYPE_CHECKING:
    from zc.season.season import Season

_LOST = {"file-not-uploaded"}


class Transfer:
    """Uploads and downloads of a season."""

    def __init__(self, season: Season) -> None:
        self._season = season

    async def upload(
        self, session: Session, service: str, purpose: str, name: str, content: bytes, subject: Any
    ) -> dict[str, Any]:
        """Upload and have it checked; returns {id, sha256, name, size, media_type}."""
        deadline = self._deadline()
        while True:
            file_id = await self.put(session, service, purpose, name, content, subject)
            try:
                return dict(await session.post(f"/{service}/files/{file_id}/complete"))
            except Refused as refused:
                # A store that died after it had said yes may have lost it: a portal uploads once more.
                if refused.code not in _LOST or time.monotonic() > deadline:
                    raise

    async def put(
        self, session: Session, service: str, purpose: str, name: str, content: bytes, subject: Any
    ) -> str:
        """Put a file into quarantine; the id of the upload."""
        body = {"purpose": purpose, "name": name, "size": len(content)}
        if subject is not None:
            body["subject"] = str(subject)
        opened = await session.post(f"/{service}/files", body)
        answer = await self._patiently("PUT", opened["put_url"], content)
        if not answer.is_success:
            raise Broken(f"the store refused {name}: {answer.status_code} {answer.text[:200]}")
        return str(opened["id"])

    async def download(self, url: str) -> bytes:
        """Fetch a presigned address."""
        answer = await self._patiently("GET", url)
        if not answer.is_success:
            raise Broken(f"a download answered {answer.status_code}")
        return answer.content

    async def _patiently(self, method: str, url: str, content: bytes | None = None) -> httpx.Response:
        """Ask the store, again when it stumbles."""
        deadline, pause = self._deadline(), 0.2
        while True:
            broken: Exception | None = None
            try:
                answer = await self._season.http.request(method, url, content=content)
                if not (answer.status_code >= 500 or unrouted(answer)) or time.monotonic() > deadline:
                    return answer
            except httpx.TransportError as error:
                broken = error
            if broken is not None and time.monotonic() > deadline:
                raise Broken(f"{method} to the store: no answer: {broken!r}") from broken
            await asyncio.sleep(pause)
            pause = min(pause * 1.6, 2.0)

    def _deadline(self) -> float:
        return time.monotonic() + (self._season.manner.patience or PATIENCE)
