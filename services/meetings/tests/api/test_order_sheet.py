"""The order of applicants as a workbook: downloaded, filled in, checked, imported."""

import httpx
import pytest
from meetings.api.order_sheet import COLUMNS
from sheets import export


async def upload(office, content):
    client = office.staff
    body = {"purpose": "applicant-order", "name": "顺序.xlsx", "size": len(content)}
    opened = (await client.post("/files", body)).json()
    async with httpx.AsyncClient(trust_env=False) as http:
        assert (await http.put(opened["put_url"], content=content)).is_success
    done = await client.post(f"/files/{opened['id']}/complete")
    assert done.is_success, done.text
    return opened["id"]


@pytest.mark.req("MTG-12", "XCT-06")
async def test_the_order_is_imported_from_the_template(office):
    await office.told()
    meeting = (await office.attending())["id"]
    template = await office.staff.get(f"/meetings/{meeting}/order/template")
    as_is = await office.post("/order/import", {"file_id": await upload(office, template.content)}, meeting)
    assert (as_is["good"], as_is["bad"], as_is["imported"]) == (3, [], True)
    labels = [column.label for column in COLUMNS]
    first, second, third = (str(one) for one in office.applicants)
    faulty = export("顺序", labels, [[1, first, "", ""], [1, second, "", ""], ["三", "x", "", ""]])
    checked = await office.post("/order/import", {"file_id": await upload(office, faulty)}, meeting)
    assert (checked["imported"], [row["row"] for row in checked["bad"]]) == (False, [2, 3, 4])
    assert checked["failures"]["url"]
    turned = export("顺序", labels, [[1, third, "", ""], [2, second, "", ""], [3, first, "", ""]])
    file_id = await upload(office, turned)
    tried = await office.post("/order/import", {"file_id": file_id, "dry_run": True}, meeting)
    assert (tried["good"], tried["imported"]) == (3, False)
    done = await office.post("/order/import", {"file_id": file_id}, meeting)
    assert [one["application_id"] for one in done["order"]["applicants"]] == [third, second, first]
    incomplete = export("顺序", labels, [[1, third, "", ""]])
    body = {"file_id": await upload(office, incomplete)}
    await office.refused("/order/import", body, meeting, 422, "order-invalid")
