"""notices, put together."""

import asyncio

from chassis.files import file_routes
from chassis.service import Runtime, Service

from notices.api import announcements, home, inbox, pages, portal, pushes
from notices.api.documents import documents
from notices.consumers import consumers
from notices.rules import FILES
from notices.settings import Settings

_running: set[asyncio.Task[None]] = set()  # the loop itself keeps only weak references


async def begin(runtime: Runtime) -> None:
    """Read the services' API documents from now on, beside the requests."""
    assert isinstance(runtime.settings, Settings)
    task = asyncio.create_task(
        documents.keep_fresh(runtime.settings.openapi_sources, runtime.stopping), name="api-documents"
    )
    _running.add(task)
    task.add_done_callback(_running.discard)


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
        pages.router,
        file_routes(FILES),
    ],
    pages=[pages.pages],
    consumers=consumers,
    on_start=begin,
)
