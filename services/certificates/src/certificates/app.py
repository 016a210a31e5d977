"""certificates, put together."""

from chassis.files import file_routes
from chassis.service import Service

from certificates import printing
from certificates.api import issued, issuing, lookup, mine, page, preparing, summary, vetting
from certificates.consumers import consumers
from certificates.jobs import jobs
from certificates.rules import FILES
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
        file_routes(FILES),
    ],
    pages=[page.router],
    consumers=consumers,
    jobs=jobs,
    ready={"printing": printing.ready},
)
