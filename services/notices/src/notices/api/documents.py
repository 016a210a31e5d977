"""The services' API documents as they run: fetched beside the requests, merged, kept until newer ones come."""

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
import structlog
from contracts.permissions import PERMISSIONS

from notices.domain.openapi import Document, Refused, merge, refusals

log = structlog.get_logger()

_EVERY = 60.0  # seconds between looks at services whose document is known
_SOON = 2.0  # while one is missing
_LABELS = {permission.name: permission.label for permission in PERMISSIONS.values()}


@dataclass(frozen=True, slots=True)
class Merged:
    """The merged document with what is computed from it once."""

    document: Document
    body: bytes
    etag: str
    refusals: Mapping[str, Refused]

    @classmethod
    def of(cls, document: Document) -> "Merged":
        """Serialise a merged document and read its refusals."""
        body = orjson.dumps(document)
        return cls(document, body, f'"{hashlib.sha256(body).hexdigest()[:16]}"', refusals(document))


@dataclass
class Documents:
    """The last known document of each service; one that is away keeps what it said before."""

    known: dict[str, Document] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    merged: Merged = field(default_factory=lambda: Merged.of(merge({})))

    async def refresh(self, sources: Mapping[str, str], client: httpx.AsyncClient) -> None:
        """Ask every service once; never raises because one is away."""
        found = await asyncio.gather(*(_fetch(client, name, url) for name, url in sources.items()))
        known = {
            name: document for name, document in zip(sources, found, strict=True) if document is not None
        }
        known = {
            name: known.get(name) or self.known[name]
            for name in sources
            if name in known or name in self.known
        }
        missing = tuple(name for name in sources if name not in known)
        if known != self.known or missing != self.missing:
            self.known, self.missing = known, missing
            self.merged = await asyncio.to_thread(lambda: Merged.of(merge(known, missing, _LABELS)))

    async def keep_fresh(self, sources: Mapping[str, str], stopping: asyncio.Event) -> None:
        """Refresh until the process drains: soon while a document is missing, else every minute."""
        async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
            while not stopping.is_set():
                await self.refresh(sources, client)
                try:
                    await asyncio.wait_for(stopping.wait(), _SOON if self.missing else _EVERY)
                except TimeoutError:
                    continue


async def _fetch(client: httpx.AsyncClient, name: str, url: str) -> Document | None:
    try:
        answer = await client.get(url)
        answer.raise_for_status()
        document: Any = orjson.loads(answer.content)
    except (httpx.HTTPError, orjson.JSONDecodeError) as error:
        log.info("openapi.source-away", source=name, error=type(error).__name__)
        return None
    return document if isinstance(document, dict) and "paths" in document else None


documents = Documents()
