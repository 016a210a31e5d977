"""After a change of the sealing key: what older keys sealed in this service's tables is sealed with the newest."""

import re
from typing import TYPE_CHECKING

from contracts.applications.v1 import SealedText
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import persons
from chassis.db import transaction

if TYPE_CHECKING:
    from chassis.service import Service

_BATCH = 500
# Sealed texts lie within JSON wherever a form, a copy or an event needs them; an outbox holds its JSON as text.
_COLUMNS = text("""
    SELECT c.relname AS table, a.attname AS column, t.typname AS type
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
      AND (t.typname = 'jsonb' OR (c.relname, a.attname) = ('outbox', 'body'))
    ORDER BY 1, 2""")
_ID, _BOX = r'"key_id"\s*:\s*"(?P<{}>[\w-]+)"', r'"box"\s*:\s*"(?P<{}>[A-Za-z0-9+/=]+)"'
_SEALED = re.compile(
    r"\{\s*(?:"
    + rf"{_ID.format('id1')}\s*,\s*{_BOX.format('box1')}|{_BOX.format('box2')}\s*,\s*{_ID.format('id2')}"
    + r")\s*\}"
)


class UnknownShape(RuntimeError):
    """A row names a key in a way that nobody here writes; it was left alone."""


async def reseal(service: "Service") -> int:
    """Rewrite what older keys sealed, in short transactions while the service works; returns how many texts."""
    runtime = service.runtime(service.settings_class())
    try:
        async with transaction(runtime.sessions) as db:
            columns = [tuple(row) for row in await db.execute(_COLUMNS)]
        rewritten = 0
        for table, column, kind in columns:
            while True:
                async with transaction(runtime.sessions) as db:
                    count = await _batch(db, table, column, kind)
                if count == 0:
                    break
                rewritten += count
        return rewritten
    finally:
        await runtime.engine.dispose()


async def _batch(db: AsyncSession, table: str, column: str, kind: str) -> int:
    # Names come from the catalogue and are quoted; a row keeps its place while it is locked.
    older = f"""SELECT ctid::text, "{column}"::text FROM "{table}" WHERE "{column}"::text ~ :older
        LIMIT {_BATCH} FOR UPDATE"""  # noqa: S608
    place_is = "ctid = CAST(CAST(:place AS text) AS tid)"
    change = f"""UPDATE "{table}" SET "{column}" = CAST(:text AS {kind}) WHERE {place_is}"""  # noqa: S608
    wanted = {"older": rf'"key_id"\s*:\s*"(?!{persons.newest_key()}")'}
    count = 0
    for place, content in (await db.execute(text(older), wanted)).all():
        changed, found = _SEALED.subn(_anew, content)
        if changed == content:
            raise UnknownShape(f"{table}.{column} holds something sealed that is not a sealed text")
        await db.execute(text(change), {"text": changed, "place": place})
        count += found
    return count


def _anew(found: "re.Match[str]") -> str:
    said = found.groupdict()
    sealed = SealedText(key_id=said["id1"] or said["id2"], box=said["box1"] or said["box2"])
    if sealed.key_id == persons.newest_key():
        return found[0]
    return persons.seal(persons.unseal(sealed)).model_dump_json()
