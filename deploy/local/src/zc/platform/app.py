"""Wires the platform's routes, at the root and under the issuer's path."""

import time

from fastapi import FastAPI

from zc.platform import login, protocol
from zc.platform.flow import Clock
from zc.platform.memory import Platform
from zc.platform.settings import Settings


def create_app(settings: Settings, clock: Clock = time.monotonic) -> FastAPI:
    """Returns the app; a gateway may strip the issuer's path or pass it on."""
    app = FastAPI(title="platform", openapi_url=None, docs_url=None, redoc_url=None)
    app.state.platform = Platform(settings, clock)
    for prefix in dict.fromkeys(["", settings.base_path]):
        app.include_router(login.router, prefix=prefix)
        app.include_router(protocol.router, prefix=prefix)

    @app.get("/livez")
    async def livez() -> dict[str, str]:
        """Says that the process answers."""
        return {"status": "ok"}

    return app
