"""meetings, put together."""

from chassis.service import Service

from meetings.api import attendance, drawing, meetings
from meetings.consumers import consumers
from meetings.settings import Settings

service = Service(
    name="meetings",
    title="评审会议、公示与确认",
    settings=Settings,
    routers=[meetings.router, drawing.router, attendance.router],
    consumers=consumers,
)
