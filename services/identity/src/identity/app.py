"""Puts the service together."""

from chassis.service import Runtime, Service

from identity.actions.keys import ensure
from identity.api import authorize, callback, discovery, me, roles, staff, token
from identity.consumers import consumers
from identity.settings import Settings


async def have_a_key(runtime: Runtime) -> None:
    """Make and publish the first signing key, so that tokens can be issued from the start."""
    await ensure(runtime.sessions)


service = Service(
    name="identity",
    title="身份与权限",
    settings=Settings,
    routers=[
        authorize.router,
        callback.router,
        token.router,
        discovery.router,
        me.router,
        roles.router,
        staff.router,
    ],
    pages=[discovery.pages],
    consumers=consumers,
    on_start=have_a_key,
)
