"""What identity tells: events come twice, late and in any order."""

from uuid import UUID, uuid4

import pytest
from chassis import persons
from contracts.event import Actor
from contracts.identity.v1 import PersonMerged, PersonState, StaffAssigned, StaffRemoved, StaffState
from contracts.units.v1 import PostsConfigured, UnitEdited
from sqlalchemy import select
from units.tables import KnownStaff, PostPlanRow


def assigned(unit_id, person, *, subject=None, revision=1, active=True):
    """A person becomes staff of a unit, or no longer is."""
    state = StaffState(
        unit_id=unit_id, person=person, name="周敏", role_ids=(), super_admin=False, active=active
    )
    event = StaffAssigned if active else StaffRemoved
    return event(subject=subject or uuid4(), revision=revision, actor=Actor(role="HANDLER"), state=state)


async def a_plan(db, unit, *posts):
    row = PostPlanRow(revision=1, unit_id=unit.id, matter="APPLICATION", posts=[
        {"name": name, "persons": [str(person) for person in held]} for name, *held in posts
    ])  # fmt: skip
    db.add(row)
    await db.commit()
    return row


async def test_staff_are_kept_and_a_late_event_changes_nothing(db, deliver):
    unit_id, person, subject = uuid4(), uuid4(), uuid4()
    await deliver(assigned(unit_id, person, subject=subject, revision=2, active=False))
    await deliver.once(assigned(unit_id, person, subject=subject, revision=1))
    [member] = await db.scalars(select(KnownStaff))
    assert (member.id, member.revision, member.active) == (subject, 2, False)


@pytest.mark.req("UNT-13")
async def test_who_left_holds_no_post_and_an_empty_post_is_dropped(db, deliver, emitted, a_unit):
    unit, ann, bob, staff_id = await a_unit(), uuid4(), uuid4(), uuid4()
    await deliver(assigned(unit.id, ann, subject=staff_id), assigned(unit.id, bob))
    await a_plan(db, unit, ("初审", ann), ("复审", ann, bob))

    await deliver(assigned(unit.id, ann, subject=staff_id, revision=2, active=False))
    [event] = await emitted()
    assert isinstance(event, PostsConfigured)
    assert event.revision == 2
    assert [(post.rank, post.name, post.persons) for post in event.state.posts] == [(1, "复审", (bob,))]


async def test_who_still_is_staff_by_another_assignment_keeps_the_post(db, deliver, emitted, a_unit):
    unit, ann, old = await a_unit(), uuid4(), uuid4()
    await deliver(assigned(unit.id, ann, subject=old), assigned(unit.id, ann))
    await a_plan(db, unit, ("初审", ann))
    await deliver(assigned(unit.id, ann, subject=old, revision=2, active=False))
    assert await emitted() == []


async def test_a_merged_person_is_followed_in_posts_and_handlers(db, deliver, emitted, a_unit, a_handler):
    unit = await a_unit()
    old, new = UUID(unit.handlers[0]["person"]), persons.ref("RESIDENT_ID", "corrected")
    row = await a_plan(db, unit, ("初审", old, new))
    merged = PersonMerged(
        subject=old, revision=2, actor=Actor(), state=PersonState(name="周敏", merged_into=new)
    )
    await deliver(merged)
    posts, edited = await emitted()
    assert isinstance(posts, PostsConfigured)
    assert isinstance(edited, UnitEdited)
    assert (posts.subject, posts.state.posts[0].persons) == (row.id, (new,))
    assert (edited.revision, edited.state.handlers) == (2, (new,))
