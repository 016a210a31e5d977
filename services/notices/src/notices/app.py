"""notices, put together."""

from chassis.files import file_routes
from chassis.service import Service

from notices.api import announcements, home, inbox, portal, pushes
from notices.consumers import consumers
from notices.rules import FILES
from notices.settings import Settings

service = Service(
    name="notices",
    title="消息与门户",
    settings=Settings,
    routers=[
        portal.router,
        home.router,
        inbox.router,
        pushes.router,
        announcements.router,
        file_routes(FILES),
    ],
    consumers=consumers,
)
