"""The portal without login (NTC-01, NTC-09) and review supervision (NTC-07)."""

from uuid import uuid4

import pytest
from contracts.committees import v1 as committees
from contracts.meetings import v1 as meetings
from contracts.units import v1 as units
from notices.domain import links


@pytest.mark.req("NTC-01", "NTC-09")
async def test_a_published_campaign_is_on_the_portal_with_policy_and_arrangement(api, deliver, a_fact):
    campaign, committee = uuid4(), uuid4()
    state = {"committee_id": committee, "public": True, "name": "2026年度农业系列评审", "year": 2026}
    files = {"policy_file": "ab" * 32, "arrangement_file": None}
    await deliver(a_fact(committees.CommitteeFiled, committee, name="成都市农业中级评委会"))
    await deliver(a_fact(committees.CampaignSubmitted, campaign, **state, **files, state="VETTING"))
    assert (await api.nobody.get("/portal/campaigns")).json()["total"] == 0
    await deliver(a_fact(committees.CampaignPublished, campaign, 2, **state, **files, state="PUBLISHED"))
    (card,) = (await api.nobody.get("/portal/campaigns", params={"year": 2026})).json()["items"]
    assert (card["name"], card["committee_name"]) == ("2026年度农业系列评审", "成都市农业中级评委会")
    assert (card["policy_url"], card["arrangement_url"]) == (links.policy_file(campaign), None)
    published_at = card["published_at"]
    await deliver(a_fact(committees.CampaignReceiving, campaign, 3, **state, **files, state="RECEIVING"))
    (card,) = (await api.nobody.get("/portal/campaigns", params={"state": "RECEIVING"})).json()["items"]
    assert (card["state_label"], card["published_at"]) == ("材料接收中", published_at)
    (policy,) = (await api.nobody.get("/portal/policies")).json()["items"]
    assert (policy["source"], policy["url"]) == ("CAMPAIGN", links.policy_file(campaign))
    assert (await api.nobody.get("/portal/campaigns", params={"year": 2025})).json()["total"] == 0


async def test_a_campaign_that_is_not_public_is_not_on_the_portal(api, deliver, a_fact):
    await deliver(a_fact(committees.CampaignPublished, public=False, state="PUBLISHED"))
    assert (await api.nobody.get("/portal/campaigns")).json()["total"] == 0
    assert (await api.nobody.get("/portal/policies")).json()["total"] == 0


@pytest.mark.req("NTC-01", "MTG-30")
async def test_a_publicity_is_on_the_portal_with_its_document(api, deliver, a_fact):
    publicity = uuid4()
    await deliver(a_fact(meetings.PublicityPublished, publicity, title="评审结果公示", state="PUBLISHED"))
    (card,) = (await api.nobody.get("/portal/publicities")).json()["items"]
    assert (card["title"], card["document_url"]) == ("评审结果公示", links.publicity_document(publicity))
    await deliver(a_fact(meetings.PublicityOver, publicity, 2, title="评审结果公示", state="ENDED"))
    assert (await api.nobody.get("/portal/publicities", params={"state": "PUBLISHED"})).json()["total"] == 0


@pytest.mark.req("NTC-01")
async def test_the_first_page_shows_the_newest_of_everything_and_where_the_rest_is(api, deliver, a_fact):
    for _ in range(6):
        await deliver(a_fact(committees.CampaignPublished, public=True, state="PUBLISHED"))
    portal = (await api.nobody.get("/portal")).json()
    assert (len(portal["campaigns"]), portal["announcements"], portal["publicities"]) == (5, [], [])
    assert portal["links"]["certificate_lookup"] == links.CERTIFICATE_LOOKUP
    assert portal["links"]["committee_directory"] == links.COMMITTEE_DIRECTORY
    assert portal["announcement_types"]["NOTICE"] == "通知公告"


@pytest.mark.req("NTC-07")
async def test_supervision_counts_and_rows_for_who_stands_above_or_takes_part(api, deliver, a_fact):
    province, city, bureau, authorises, files, stranger = (uuid4() for _ in range(6))
    for unit, superior in ((province, None), (city, province), (bureau, city), (authorises, province)):
        await deliver(a_fact(units.UnitCreated, unit, superior_id=superior, state="AUTHORISED", handlers=[]))
    committee, other, campaign = uuid4(), uuid4(), uuid4()
    roles = {"authorising_unit_id": authorises, "filing_unit_id": files}
    filed = {"state": "FILED", "valid_from": "2026-01-01", "valid_until": "2028-12-31", "area": "510100"}
    await deliver(
        a_fact(
            committees.CommitteeFiled, committee, establishing_unit_id=bureau, name="甲", **roles, **filed
        ),
        a_fact(
            committees.FilingReturned, other, establishing_unit_id=city, name="乙", **roles, state="RETURNED"
        ),
        a_fact(
            committees.CampaignReceiving,
            campaign,
            committee_id=committee,
            name="2026年度评审",
            state="RECEIVING",
            start="2026-09-01T00:00:00+08:00",
            first_deadline="2026-10-01T00:00:00+08:00",
        ),
    )

    async def panel(unit):
        return (await api.as_unit(unit, "notices.message.unit-inbox").get("/supervision")).json()

    whole = {"committees": 2, "filed": 1, "not_filed": 1, "campaigns_running": 1}
    for unit in (province, city, authorises, files):
        assert (await panel(unit))["counts"] == whole
    assert (await panel(bureau))["counts"] == {**whole, "committees": 1, "not_filed": 0}
    assert (await panel(stranger))["counts"] == dict.fromkeys(whole, 0)
    rows = (await panel(province))["rows"]["items"]
    assert [(row["committee_name"], row["filing_label"], row["progress"]) for row in rows] == [
        ("乙", "审核不通过", "未设置评审活动"),
        ("甲", "已备案", "材料接收中"),
    ]
    assert (rows[1]["valid_until"], rows[1]["campaign_name"]) == ("2028-12-31", "2026年度评审")
    assert rows[1]["applications_from"].startswith("2026-08-31T16:00")
    await deliver(a_fact(meetings.VotingOpened, campaign_id=campaign, kind="ORDINARY", state="VOTING"))
    assert (await panel(bureau))["rows"]["items"][0]["progress"] == "投票中"
