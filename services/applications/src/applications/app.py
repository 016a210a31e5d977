"""The composition root of applications: the only place that wires."""

from chassis.service import Service

from applications.api import (
    applications,
    desk_lists,
    dossiers,
    form,
    opinions,
    query,
    settings,
    submission,
    uploads,
    vetting,
)
from applications.consumers import consumers
from applications.jobs import jobs
from applications.settings import Settings

service = Service(
    name="applications",
    title="申报服务",
    settings=Settings,
    routers=[
        settings.router,
        applications.router,
        form.router,
        submission.router,
        uploads.router,
        opinions.router,
        query.router,
        dossiers.router,
        *vetting.routers,
        *desk_lists.routers,
    ],
    consumers=consumers,
    jobs=jobs,
)
