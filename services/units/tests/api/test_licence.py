"""A business licence: uploaded, checked, shown with an address to download it from."""

from io import BytesIO

import httpx
import pytest
from PIL import Image

MANAGE = "units.subordinate.manage"


@pytest.fixture
def scan():
    """A scanned licence."""
    out = BytesIO()
    Image.new("RGB", (60, 80), "white").save(out, "PNG")
    return out.getvalue()


async def uploaded(client, content, name):
    """Upload a file as a portal does."""
    wanted = {"purpose": "business-licence", "name": name, "size": len(content)}
    upload = (await client.post("files", wanted)).json()
    async with httpx.AsyncClient() as http:
        assert (await http.put(upload["put_url"], content=content)).is_success
    return upload["id"], await client.post(f"files/{upload['id']}/complete")


@pytest.mark.req("UNT-02", "UNT-08")
async def test_a_licence_is_kept_and_can_be_downloaded(api, a_unit, basics, a_handler, scan):
    hr = await a_unit()
    client = api.as_unit(hr.id, MANAGE)
    file_id, checked = await uploaded(client, scan, "营业执照.png")
    draft = (await client.post("drafts", basics(licence_file_id=file_id))).json()
    done = await client.post(f"drafts/{draft['id']}/complete", {"handlers": [a_handler()]}, if_match=1)
    licence = done.json()["licence"]
    assert (licence["name"], licence["sha256"]) == ("营业执照.png", checked.json()["sha256"])
    async with httpx.AsyncClient() as http:
        download = await http.get(licence["url"])
    assert Image.open(BytesIO(download.content)).size == (60, 80)


async def test_another_kind_of_file_is_refused(api, a_unit):
    hr = await a_unit()
    _, refused = await uploaded(api.as_unit(hr.id, MANAGE), b"MZ" + b"\0" * 500, "营业执照.pdf")
    assert (refused.status_code, refused.json()["code"]) == (422, "file-type-refused")


async def test_the_licence_of_another_unit_cannot_be_used(api, a_unit, basics, scan):
    hr, other = await a_unit(), await a_unit()
    file_id, _ = await uploaded(api.as_unit(other.id), scan, "营业执照.png")
    answer = await api.as_unit(hr.id, MANAGE).post("drafts", basics(licence_file_id=file_id))
    assert answer.status_code == 404
