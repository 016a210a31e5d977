"""Public lookup, verification, the QR page, and revocation."""

import httpx
import pytest
from certificate_builders import an_id_number, issuing_information, surroundings
from contracts.certificates.v1 import CertificateIssued, CertificateRevoked

pytestmark = pytest.mark.asyncio(loop_scope="session")

DISCLOSED = {
    "number", "name", "title_name", "level", "series", "specialty", "approval_date", "issuing_unit",
    "state", "label", "revoked_on", "sha256",
}  # fmt: skip


@pytest.fixture
async def issued(issuer, deliver, an_application, run_jobs, emitted):
    """An issued certificate's event, and its holder's ID number."""
    number = an_id_number()
    accepted = an_application(name="王晓芳", number=number)
    told = issuing_information(accepted)
    for event in [*surroundings(), accepted, told]:
        await deliver.once(event)
    await issuer.prepare(told.subject)
    await issuer.must("POST", f"/batches/{told.subject}/issue", batch_id=told.subject)
    await run_jobs()
    [event] = [event for event in await emitted() if isinstance(event, CertificateIssued)]
    return event, number


def wrong(number):
    return number[:-1] + ("0" if number[-1] != "0" else "1")


@pytest.mark.req("CRT-07", "BEY-33")
async def test_it_discloses_validity_and_nothing_else(issued, api):
    event, id_number = issued
    by_number = (await api.nobody.get(f"/lookup/{event.state.number}")).json()
    assert set(by_number) == DISCLOSED
    assert (by_number["name"], by_number["state"], by_number["label"]) == ("**芳", "ISSUED", "有效")
    assert by_number["sha256"] == event.state.sha256
    for body in (
        {"name": "王晓芳", "id_number": id_number},
        {"number": event.state.number},
        {"number": event.state.number, "name": "王晓芳"},
    ):
        assert (await api.nobody.post("/lookup", body)).json() == {"certificates": [by_number]}


async def test_nobody_learns_why_nothing_is_found(issued, api):
    event, id_number = issued
    answers = [
        await api.nobody.post("/lookup", body)
        for body in (
            {"name": "王晓芬", "id_number": id_number},
            {"name": "王晓芳", "id_number": an_id_number()},
            {"name": "李娜", "number": event.state.number},
        )
    ]
    assert [(a.status_code, a.json()) for a in answers] == [(200, {"certificates": []})] * 3


async def test_slips_of_the_pen_are_refused_before_any_search(issued, api):
    event, id_number = issued
    for body, code in (
        ({"number": wrong(event.state.number)}, "certificate-number-invalid"),
        ({"name": "王晓芳", "id_number": wrong(id_number)}, "id-number-invalid"),
        ({"name": "王晓芳"}, "invalid"),
        ({}, "invalid"),
    ):
        refused = await api.nobody.post("/lookup", body)
        assert (refused.status_code, refused.json()["code"]) == (422, code), body
        assert id_number not in refused.text
    assert (await api.nobody.get(f"/lookup/{wrong(event.state.number)}")).status_code == 422


async def test_a_number_that_was_never_given_is_not_found(api, empty):
    from provinces import certificate_number

    absent = certificate_number("510000", 2026, "JUNIOR", 999)
    assert (await api.nobody.get(f"/lookup/{absent}")).status_code == 404


async def test_what_is_not_printed_yet_is_not_disclosed(issuer, a_batch, api):
    batch_id = await a_batch(1)
    await issuer.prepare(batch_id)
    started = await issuer.must("POST", f"/batches/{batch_id}/issue", batch_id=batch_id)
    number = started["people"][0]["certificate_number"]
    assert (await api.nobody.get(f"/lookup/{number}")).status_code == 404


async def test_a_pdf_is_recognised_by_its_hash(issued, api):
    event, _ = issued
    genuine = (await api.nobody.post("/verify", {"sha256": event.state.sha256})).json()
    assert (genuine["genuine"], genuine["certificate"]["number"]) == (True, event.state.number)
    forged = (await api.nobody.post("/verify", {"sha256": "0" * 64})).json()
    assert forged == {"genuine": False, "certificate": None}


@pytest.mark.req("CRT-07")
async def test_who_scans_the_code_sees_a_page(issued, api):
    event, id_number = issued
    async with httpx.AsyncClient(transport=httpx.ASGITransport(api.app), base_url="http://test") as phone:
        page = await phone.get(f"/c/{event.state.number}")
        absent = await phone.get("/c/5100002026300009990")
        mistyped = await phone.get(f"/c/{wrong(event.state.number)}")
    assert (page.status_code, absent.status_code in (404, 422), mistyped.status_code) == (200, True, 422)
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "证书有效" in page.text
    assert "**芳" in page.text
    assert "王晓芳" not in page.text
    assert id_number not in page.text
    assert "未查到" in mistyped.text
    assert "http" not in page.text.replace("https://", "http").split("<main>")[0]


@pytest.mark.req("LAW-21")
async def test_a_revoked_certificate_is_shown_as_revoked(issued, issuer, api, emitted):
    event, _ = issued
    path = f"/issued/{event.subject}"
    seen = (await issuer.client.get(path)).json()
    body = {"reason": "经查实存在业绩造假", "file_id": await issuer.upload("revocation-document")}
    unread = await issuer.client.post(f"{path}/revoke", body)
    assert unread.status_code == 428
    revoked = await issuer.client.post(f"{path}/revoke", body, if_match=seen["revision"])
    assert (revoked.status_code, revoked.json()["state"]) == (200, "REVOKED")
    last = (await emitted())[-1]
    assert isinstance(last, CertificateRevoked)
    assert (last.revision, last.reason) == (2, "经查实存在业绩造假")
    shown = (await api.nobody.get(f"/lookup/{event.state.number}")).json()
    assert (shown["state"], shown["label"], shown["revoked_on"]) == ("REVOKED", "已撤销", "2026-12-18")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(api.app), base_url="http://test") as phone:
        assert "证书已撤销" in (await phone.get(f"/c/{event.state.number}")).text
    again = await issuer.client.post(f"{path}/revoke", body, if_match=2)
    assert (again.status_code, again.json()["code"]) == (409, "illegal-move")
