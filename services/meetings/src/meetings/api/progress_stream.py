"""The progress of voting as server-sent events."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from chassis.web import Caller, Router
from fastapi import Depends, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from meetings import store
from meetings.api.meetings import OFFICE
from meetings.queries.progress import followed

router = Router(tags=["voting"])


async def _own(meeting_id: UUID, caller: Caller, request: Request) -> None:
    # Before the stream begins: later it could not be answered with 404 any more.
    async with request.app.state.runtime.sessions() as db:
        await store.own_meeting(db, meeting_id, caller.unit)


@router.get("/meetings/{meeting_id}/progress/events", access=OFFICE, response_class=EventSourceResponse)
async def follow_progress(
    meeting_id: UUID, request: Request, _: Annotated[None, Depends(_own)]
) -> AsyncIterator[ServerSentEvent]:
    """Who has submitted, as it changes, until the meeting is counted."""
    runtime = request.app.state.runtime
    async for event in followed(runtime.sessions, runtime.stopping, meeting_id):
        yield event
