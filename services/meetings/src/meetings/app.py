"""meetings, put together."""

from chassis.service import Service

from meetings import printing
from meetings.api import (
    arranging,
    attendance,
    ballots,
    confirmation,
    drawing,
    exports,
    issuing,
    meetings,
    objections,
    order_sheet,
    progress_stream,
    public,
    publicity,
    qualification,
    results,
    seats,
    uploads,
    voting,
)
from meetings.consumers import consumers
from meetings.jobs import jobs
from meetings.settings import Settings

service = Service(
    name="meetings",
    title="评审会议、公示与确认",
    settings=Settings,
    routers=[
        meetings.router,
        drawing.router,
        attendance.router,
        arranging.router,
        order_sheet.router,
        voting.router,
        progress_stream.router,
        results.router,
        seats.router,
        ballots.router,
        publicity.router,
        objections.router,
        public.router,
        # Before the routes of one person: `/confirmations/meetings/…` is no person.
        qualification.router,
        confirmation.router,
        issuing.router,
        exports.router,
        uploads.router,
    ],
    consumers=consumers,
    jobs=jobs,
    ready={"printing": printing.ready},
)
