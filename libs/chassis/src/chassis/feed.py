"""The pull feed: a topic's events for other systems, in one order that never changes, from the outbox.

A place is (life of the database, transaction id, seq). Only events of transactions below `pg_snapshot_xmin` are shown:
whatever commits later has a greater transaction id, so nothing is ever skipped. `seq` alone would not do: a smaller one
may commit later.
"""

import asyncio
import base64
import binascii
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import orjson
from contracts.topics import TOPICS
from fastapi import Query, Request, Response
from pydantic import BaseModel, Field
from refusals import Kind, Refusal
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.access import needs

MAX_EVENTS = 500
MAX_WAIT = 20
_TICK = 1.0  # seconds between two looks while a caller waits


class CursorInvalid(Refusal):
    """游标无效。"""

    slug, kind = "cursor-invalid", Kind.INVALID


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in the order of a topic's events; written as a cursor, which is good for ever."""

    life: int = 0
    xid: int = 0
    seq: int = 0

    @classmethod
    def at(cls, cursor: str) -> "Place":
        """The place a cursor names, the beginning for none; raises `CursorInvalid`."""
        if not cursor:
            return cls()
        try:
            padded = cursor + "=" * (-len(cursor) % 4)
            version, life, xid, seq = base64.b64decode(padded, b"-_", validate=True).decode().split(".")
            place = cls(int(life), int(xid), int(seq))
        except (ValueError, binascii.Error) as error:
            raise CursorInvalid(_ADVICE) from error
        if version != "1" or not (
            0 <= place.life < 2**31 and 0 <= place.xid < 2**63 and 0 <= place.seq < 2**63
        ):
            raise CursorInvalid(_ADVICE)
        return place

    @property
    def cursor(self) -> str:
        """The place as callers keep it."""
        return base64.urlsafe_b64encode(f"1.{self.life}.{self.xid}.{self.seq}".encode()).decode().rstrip("=")

    @property
    def parameters(self) -> dict[str, Any]:
        """For `AFTER`."""
        return {"life": self.life, "xid": str(self.xid), "seq": self.seq}


_ADVICE = "请原样使用上一次返回的 next_cursor；从头读取时不带 cursor。"

AFTER = "(life, xid, seq) > (:life, CAST(CAST(:xid AS text) AS xid8), CAST(:seq AS bigint))"
# Named otherwise than the column, by which the index sorts.
_PLACE = "life, CAST(CAST(xid AS text) AS bigint) AS number, seq"
# Everything of former lives is settled; of this one, what is older than every transaction that still runs.
_SETTLED = "(life < (SELECT max(life) FROM outbox_life) OR xid < pg_snapshot_xmin(pg_current_snapshot()))"
_NOW = """SELECT coalesce(max(life), 0), CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint)
    FROM outbox_life"""


def _end(topic: str) -> str:
    # The topic stands in the text: a plan made for any parameter could not use a partial index.
    return f"""SELECT {_PLACE} FROM outbox WHERE {_of(topic)} AND {_SETTLED}
        ORDER BY life DESC, xid DESC, seq DESC LIMIT 1"""  # noqa: S608 - constants of the code


def _rows(topic: str) -> str:
    return f"""SELECT {_PLACE}, headers, body FROM outbox
        WHERE {_of(topic)} AND {AFTER}
          AND (life, xid, seq) <= (:end_life, CAST(CAST(:end_xid AS text) AS xid8), CAST(:end_seq AS bigint))
          AND (CAST(:types AS text[]) IS NULL OR type = ANY(CAST(:types AS text[])))
        ORDER BY life, xid, seq LIMIT :limit"""  # noqa: S608 - constants of the code


def _of(topic: str) -> str:
    if topic not in TOPICS:
        raise LookupError(f"{topic} is not in the topic registry")
    return f"topic = '{topic}'"


def index_for(topic: str) -> str:
    """The index that serves a topic's feed; a service that mounts one creates it in a migration of its own.

    Partial, so that other topics pay nothing; ordered as places are, so that a page is one short range of it however
    long the topic has grown, and the end is its last entry.
    """
    return f"CREATE INDEX IF NOT EXISTS outbox_feed ON outbox (life, xid, seq) WHERE {_of(topic)}"


@dataclass(frozen=True, slots=True)
class Portion:
    """Some events after a place, as structured CloudEvents in JSON."""

    events: tuple[bytes, ...]
    next: Place
    more: bool


async def portion(
    db: AsyncSession, topic: str, after: Place, *, limit: int, types: Sequence[str] = ()
) -> Portion:
    """The next events of a topic; `next` lies behind everything that was looked at, also what `types` left out."""
    found = (await db.execute(text(_end(topic)))).first()
    end = Place(*found) if found else Place()
    if end <= after:
        return Portion((), after, more=False)
    asked = {
        "types": list(types) or None, "limit": limit + 1, **after.parameters,
        "end_life": end.life, "end_xid": str(end.xid), "end_seq": end.seq,
    }  # fmt: skip
    rows = list(await db.execute(text(_rows(topic)), asked))
    more = len(rows) > limit
    shown = rows[:limit]
    return Portion(tuple(map(_structured, shown)), Place(*shown[-1][:3]) if more else end, more)


async def present(db: AsyncSession) -> Place:
    """The place before everything that is not settled yet: whatever commits from now on comes after it."""
    life, xid = (await db.execute(text(_NOW))).one()
    return Place(life, xid, 0)


def _structured(row: Row[Any]) -> bytes:
    headers = orjson.loads(row.headers) if isinstance(row.headers, str) else row.headers
    return structured(headers, row.body)


def structured(headers: dict[str, str], body: str) -> bytes:
    """A CloudEvent 1.0 in structured JSON; `data` is the record's body as it is on Kafka."""
    context = {name.removeprefix("ce_"): value for name, value in headers.items() if name.startswith("ce_")}
    if "traceparent" in headers:
        context["traceparent"] = headers["traceparent"]
    return orjson.dumps({**context, "datacontenttype": "application/json", "data": orjson.Fragment(body)})


class CloudEvent(BaseModel):
    """A CloudEvent 1.0 in structured JSON."""

    specversion: str = Field(examples=["1.0"])
    id: str = Field(description="Tell events apart by this: one may come more than once.")
    type: str
    source: str
    time: str
    subject: str = Field(description="Id of the aggregate.")
    correlationid: str
    causationid: str | None = None
    traceparent: str | None = None
    datacontenttype: str = "application/json"
    data: dict[str, Any] = Field(
        description="The event as on Kafka; keep the state with the greatest `revision`."
    )


class FeedPage(BaseModel):
    """Events after the cursor, oldest first."""

    events: list[CloudEvent]
    next_cursor: str = Field(description="Keep it and ask with it next time; it stays good for ever.")
    more: bool = Field(description="Whether to ask again at once.")


def feed_routes(topic: str, permission: str, types: Sequence[str], example: dict[str, Any]) -> Any:
    """`GET /feed` of one topic, for systems with this permission."""
    from chassis import web  # the web needs much, the rest of this module nothing of it

    router = web.Router(tags=["feed"])
    answered = {200: {"content": {"application/json": {"example": example}}}}
    known = frozenset(types)

    @router.get(
        "/feed",
        access=needs(permission),
        refuses=[CursorInvalid],
        response_model=FeedPage,
        responses=answered,
    )
    async def read_feed(
        request: Request,
        cursor: Annotated[str, Query(max_length=200, description="`next_cursor` of the answer before.")] = "",
        limit: Annotated[int, Query(ge=1, le=MAX_EVENTS)] = 100,
        types: Annotated[
            str, Query(max_length=500, description=f"Only these, with commas: {', '.join(sorted(known))}.")
        ] = "",
        wait: Annotated[
            int, Query(ge=0, le=MAX_WAIT, description="Seconds to wait for an event when there is none.")
        ] = 0,
    ) -> Response:
        """Read the events of this topic, each once and in one order, from the beginning or from where one was."""
        after, wanted = Place.at(cursor), _wanted(types, known)
        runtime = request.app.state.runtime
        until = time.monotonic() + wait
        while True:
            async with runtime.sessions() as db:  # held for one look only, however long the caller waits
                found = await portion(db, topic, after, limit=limit, types=wanted)
            after = found.next
            left = until - time.monotonic()
            if found.events or left <= 0 or await _closing(runtime.stopping, min(_TICK, left)):
                break
        return Response(_answer(found), media_type="application/json", headers={"Cache-Control": "no-store"})

    return router


def _wanted(types: str, known: frozenset[str]) -> list[str]:
    from chassis.problems import Invalid

    wanted = [name.strip() for name in types.split(",") if name.strip()]
    if strange := set(wanted) - known:
        raise Invalid(f"没有这种事件：{'、'.join(sorted(strange))[:200]}。可选：{'、'.join(sorted(known))}。")
    return wanted


def _answer(found: Portion) -> bytes:
    return orjson.dumps(
        {
            "events": [orjson.Fragment(event) for event in found.events],
            "next_cursor": found.next.cursor,
            "more": found.more,
        }
    )


async def _closing(stopping: asyncio.Event, seconds: float) -> bool:
    """Wait a moment; whether the process begins to drain."""
    try:
        async with asyncio.timeout(seconds):
            await stopping.wait()
    except TimeoutError:
        return False
    return True
