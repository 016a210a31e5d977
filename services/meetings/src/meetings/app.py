"""meetings, put together."""

from chassis.service import Service

from meetings.api import (
    arranging,
    attendance,
    ballots,
    drawing,
    meetings,
    order_sheet,
    progress_stream,
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
        uploads.router,
    ],
    consumers=consumers,
    jobs=jobs,
)
