"""Nobody, the powerless and strangers are refused everywhere."""

from uuid import uuid4

from chassis.testing.access import check_access
from meetings.app import service
from meetings.tables import Meeting, Publicity, Seat

BODIES = {
    "PUT /meetings/{meeting_id}/groups": {
        "groups": [
            {"name": "农学组", "leader": str(uuid4()), "members": [str(uuid4())], "specialties": ["农学"]}
        ]
    },
    "PUT /meetings/{meeting_id}/order": {"applicants": [str(uuid4())]},
    "PUT /meetings/{meeting_id}/reviewers": {
        "reviewers": [{"application_id": str(uuid4()), "lead": str(uuid4())}]
    },
    "POST /seats/{seat_id}/opinions": {"opinions": [{"application_id": str(uuid4()), "text": "同意"}]},
    "POST /publicities/{publicity_id}/objections": {
        "application_id": str(uuid4()),
        "reason": "不实",
        "received_on": "2026-11-02",
        "evidence": [str(uuid4())],
    },
}


async def test_access(api, db):
    meeting = Meeting(
        revision=1,
        campaign_id=uuid4(),
        committee_id=uuid4(),
        establishing_unit_id=uuid4(),
        year=2026,
        prescribed_size=7,
        grouped=False,
        pack="sichuan@2026-01-01",
    )
    db.add(meeting)
    await db.flush()
    seat = Seat(
        revision=1,
        meeting_id=meeting.id,
        expert_id=uuid4(),
        person=uuid4(),
        name="专家",
        duty="CHAIR",
        work_unit="",
        specialty="农学",
        title_name="农艺师",
    )
    publicity = Publicity(
        revision=1,
        meeting_id=meeting.id,
        campaign_id=meeting.campaign_id,
        establishing_unit_id=meeting.establishing_unit_id,
        title="公示",
        contact="张",
        phone="028",
        days=5,
    )
    db.add_all([seat, publicity])
    await db.commit()
    objects = {"meeting_id": meeting.id, "seat_id": seat.id, "publicity_id": publicity.id}
    await check_access(service, api, objects, bodies=BODIES)
