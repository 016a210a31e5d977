"""Pages lie at the gateway's root, beside the service's own path."""

import httpx
from chassis.access import public
from chassis.service import Service
from chassis.settings import Settings
from chassis.web import Router


async def test_a_page_keeps_its_full_path():
    page = Router()

    @page.get("/c/{number}", access=public(), include_in_schema=False)
    async def show(number: str) -> str:
        """Say it."""
        return number

    service = Service(name="notebook", title="记事", settings=Settings, routers=[], pages=[page])
    transport = httpx.ASGITransport(service.bare_app())
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        assert (await client.get("/c/51")).json() == "51"
        assert (await client.get("/api/v1/notebook/c/51")).status_code == 404
