"""certificates, put together."""

from chassis.feed import feed_routes
from chassis.files import file_routes
from chassis.service import Service

from certificates import printing, webhooks
from certificates.api import (
    deliveries,
    issued,
    issuing,
    lookup,
    mine,
    page,
    preparing,
    summary,
    vetting,
)
from certificates.api import webhooks as subscriptions
from certificates.consumers import consumers
from certificates.jobs import jobs
from certificates.rules import FEED_EXAMPLE, FILES
from certificates.settings import Settings

service = Service(
    name="certificates",
    title="职称证书",
    settings=Settings,
    routers=[
        lookup.router,
        mine.router,
        vetting.router,
        preparing.router,
        summary.router,
        issuing.router,
        issued.router,
        feed_routes(webhooks.TOPIC, "certificates.feed.read", webhooks.TYPES, FEED_EXAMPLE),
        subscriptions.router,
        deliveries.router,
        file_routes(FILES),
    ],
    pages=[page.router],
    consumers=consumers,
    jobs=jobs,
    ready={"printing": printing.ready},
)
