"""Puts the service together."""

from chassis.service import Service

from committees.api import committees, filing, uploads
from committees.consumers import consumers
from committees.jobs import jobs
from committees.settings import Settings

service = Service(
    "committees",
    title="评委会、专家与评审活动",
    settings=Settings,
    routers=[committees.router, filing.router, uploads.router],
    consumers=consumers,
    jobs=jobs,
)
