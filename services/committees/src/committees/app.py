"""Puts the service together."""

from chassis.service import Service

from committees.api import (
    campaign_modules,
    campaign_vetting,
    campaigns,
    committees,
    expert_imports,
    expert_vetting,
    experts,
    filing,
    public,
    requirement_sheets,
    uploads,
)
from committees.consumers import consumers
from committees.jobs import jobs
from committees.settings import Settings

service = Service(
    "committees",
    title="评委会、专家与评审活动",
    settings=Settings,
    routers=[
        committees.router,
        filing.router,
        experts.router,
        expert_imports.router,
        expert_vetting.router,
        campaigns.router,
        campaign_modules.router,
        requirement_sheets.router,
        campaign_vetting.router,
        public.router,
        uploads.router,
    ],
    consumers=consumers,
    jobs=jobs,
)
