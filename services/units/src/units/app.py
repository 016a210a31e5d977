"""units, put together."""

from chassis import clock
from chassis.db import transaction
from chassis.files import file_routes
from chassis.service import Runtime, Service

from units.actions import seed_root
from units.api import (
    directory,
    drafts,
    own,
    posts,
    province,
    registrations,
    subordinates,
    superior_changes,
    supervision,
    vetting,
)
from units.consumers import consumers
from units.rules import FILES, rules_in_force
from units.settings import Settings


async def begin(runtime: Runtime) -> None:
    """Let an empty database begin with the provincial HR office."""
    settings = runtime.settings
    assert isinstance(settings, Settings)
    if settings.root_unit is None:
        return
    rules = rules_in_force(settings.province, clock.local_date(clock.now()))
    async with transaction(runtime.sessions) as db:
        await seed_root(db, settings.root_unit, rules)


service = Service(
    name="units",
    title="单位管理",
    settings=Settings,
    routers=[
        province.router,
        own.router,
        posts.router,
        supervision.router,
        drafts.router,
        subordinates.router,
        registrations.router,
        vetting.router,
        superior_changes.router,
        file_routes(FILES),
        directory.router,  # last: its `/{unit_id}` would take the others' paths
    ],
    consumers=consumers,
    on_start=begin,
)
