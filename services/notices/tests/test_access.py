"""Every route refuses nobody, who lacks the permission, and strangers to the object."""

from uuid import uuid4

import pytest
from chassis import clock
from chassis.testing.access import access_cases, check_case
from notices.app import service
from notices.tables import Announcement, Message, Push


@pytest.mark.parametrize("case", access_cases(service))
async def test_access(case, api, db):
    now, unit = clock.now(), uuid4()
    own = {"unit_id": unit, "kind": "NOTICE", "title": "通知"}
    announcement = Announcement(revision=1, body="正文", attachments=[], state="DRAFT", **own)
    push = Push(audience="UNITS", receivers=1, sent_by=uuid4(), sent_at=now, **own)
    text = {"kind": "NOTICE", "title": "通知", "body": "正文", "state": "SENT"}
    to_unit, to_person = (Message(revision=1, **receiver, **text) for receiver in (
        {"to_unit": unit}, {"to_person": uuid4()}
    ))  # fmt: skip
    db.add_all([announcement, push, to_unit, to_person])
    await db.commit()
    of_person = "/my/" in case.operation.path
    await check_case(
        case,
        api,
        {
            "announcement_id": announcement.id,
            "push_id": push.id,
            "message_id": to_person.id if of_person else to_unit.id,
        },
    )
