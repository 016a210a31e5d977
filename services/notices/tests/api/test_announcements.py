"""Announcement management (NTC-02) and how it shows on the portal (NTC-01, NTC-08)."""

import io
from uuid import uuid4

import httpx
import pikepdf
import pytest
from contracts.units import v1 as units

TYPES = ["NOTICE", "POLICY", "PUBLISHED_FILE", "STANDARD", "UPLOAD", "FAQ", "PUBLICITY", "CONDITION"]


def a_pdf():
    """A page with nothing on it."""
    content = io.BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page()
        document.save(content)
    return content.getvalue()


PDF = a_pdf()


@pytest.fixture
def unit_id():
    return uuid4()


@pytest.fixture
def office(api, unit_id):
    return api.as_unit(unit_id, "notices.announcement.manage")


def written(**changes):
    return {"kind": "NOTICE", "title": "关于开展评审工作的通知", "body": "各有关单位：", **changes}


async def a_draft(office, **changes):
    added = await office.post("/announcements", written(**changes))
    assert added.status_code == 201, added.text
    return added.json()


async def move(office, announcement, verb):
    return await office.post(f"/announcements/{announcement['id']}/{verb}", if_match=announcement["revision"])


@pytest.mark.req("NTC-02", "NTC-01")
@pytest.mark.parametrize("kind", TYPES)
async def test_an_announcement_is_added_edited_published_revoked_and_deleted(
    api, office, unit_id, emitted, deliver, a_fact, kind
):
    await deliver(a_fact(units.UnitCreated, unit_id, name="四川省人社厅", handlers=[]))
    draft = await a_draft(office, kind=kind)
    assert draft["allowed_actions"] == ["edit", "publish", "delete"]
    path = f"/portal/announcements/{draft['id']}"
    assert (await api.nobody.get(path)).status_code == 404
    edited = await office.put(
        f"/announcements/{draft['id']}", json=written(kind=kind, title="新标题"), if_match=draft["revision"]
    )
    published = await move(office, edited.json(), "publish")
    assert (published.json()["state"], published.json()["title"]) == ("PUBLISHED", "新标题")
    (card,) = (await api.nobody.get("/portal/announcements", params={"kind": kind})).json()["items"]
    assert (card["title"], card["unit_name"], card["kind"]) == ("新标题", "四川省人社厅", kind)
    assert (await api.nobody.get(path)).json()["body"] == "各有关单位："
    revoked = await move(office, published.json(), "revoke")
    assert (await api.nobody.get(path)).status_code == 404
    assert (await api.nobody.get("/portal/announcements")).json()["total"] == 0
    again = await move(office, revoked.json(), "publish")
    gone = await office.delete(f"/announcements/{draft['id']}", if_match=again.json()["revision"])
    assert gone.json() == {"id": draft["id"]}
    assert (await api.nobody.get(path)).status_code == 404
    assert (await office.get(f"/announcements/{draft['id']}")).status_code == 404
    told = [(event.type.split(".")[2], event.revision, event.state.state) for event in await emitted()]
    assert told == [
        ("published", 3, "PUBLISHED"),
        ("revoked", 4, "REVOKED"),
        ("published", 5, "PUBLISHED"),
        ("revoked", 6, "REVOKED"),
    ]


async def test_what_is_on_the_portal_is_not_edited(office):
    published = (await move(office, await a_draft(office), "publish")).json()
    refused = await office.put(
        f"/announcements/{published['id']}", json=written(), if_match=published["revision"]
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "illegal-move")
    refused = await move(office, published, "publish")
    assert (refused.status_code, refused.json()["code"]) == (409, "illegal-move")


async def test_an_unknown_type_and_bad_fields_are_refused(office):
    refused = await office.post("/announcements", written(kind="GOSSIP"))
    assert (refused.status_code, [error["pointer"] for error in refused.json()["errors"]]) == (422, ["/kind"])
    refused = await office.post("/announcements", written(title="", body="长" * 20_001))
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/title", "/body"]


async def test_nobody_overwrites_what_they_have_not_seen(office):
    draft = await a_draft(office)
    path = f"/announcements/{draft['id']}"
    assert (await office.put(path, json=written())).status_code == 428
    await office.put(path, json=written(), if_match=1)
    assert (await office.put(path, json=written(), if_match=1)).status_code == 412
    assert (await move(office, draft, "publish")).status_code == 412
    assert (await office.delete(path, if_match=1)).status_code == 412


@pytest.mark.req("NTC-08")
async def test_attachments_are_downloaded_from_the_portal(api, office):
    upload = {"purpose": "attachment", "name": "个人操作手册.pdf", "size": len(PDF)}
    opened = (await office.post("/files", upload)).json()
    early = await office.post("/announcements", written(attachments=[opened["id"]]))
    assert (early.status_code, early.json()["code"]) == (422, "file-not-uploaded")
    async with httpx.AsyncClient(trust_env=False) as browser:
        assert (await browser.put(opened["put_url"], content=PDF)).is_success
        completed = (await office.post(f"/files/{opened['id']}/complete")).json()
        draft = await a_draft(office, kind="UPLOAD", attachments=[completed["id"]])
        await move(office, draft, "publish")
        (download,) = (await api.nobody.get("/portal/downloads")).json()["items"]
        (file,) = download["attachments"]
        assert (file["name"], file["media_type"]) == ("个人操作手册.pdf", "application/pdf")
        assert (await browser.get(file["url"])).content == PDF
    foreign = api.as_unit(uuid4(), "notices.announcement.manage")
    stolen = await foreign.post("/announcements", written(attachments=[completed["id"]]))
    assert stolen.status_code == 404


async def test_the_own_list_has_filters_and_types(office):
    await a_draft(office, title="甲")
    await move(office, await a_draft(office, kind="FAQ", title="乙"), "publish")
    assert list((await office.get("/announcement-types")).json()) == TYPES
    for query, found in (
        ({}, ["乙", "甲"]), ({"kind": "FAQ"}, ["乙"]), ({"state": "DRAFT"}, ["甲"]), ({"title": "甲"}, ["甲"]),
    ):  # fmt: skip
        page = (await office.get("/announcements", params=query)).json()
        assert [item["title"] for item in page["items"]] == found
