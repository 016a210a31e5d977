"""Every golden sample of every listened event is taken: twice and once more, and nothing is parked."""

import contracts.all  # noqa: F401 - fills the registry
from chassis.inbox import ParkedRow
from contracts.event import registry
from contracts.topics import TOPICS
from notices.consumers import consumers
from sqlalchemy import func, select

# Of no concern to persons or units: key, roles, other systems, posts, ballots, and what notices itself tells.
UNHEARD = {
    "identity.role",
    "identity.system",
    "units.posts",
    "units.supervision",
    "meetings.ballot",
    "notices.announcement",
    "notices.message",
}


def test_all_topics_are_listened_to_but_a_few():
    assert set(TOPICS) - set(consumers.topics) <= UNHEARD | {"identity.key"}


def test_every_event_of_a_topic_is_heard():
    heard = {topic for topic in consumers.topics if topic not in UNHEARD}
    unheard = {name for name, event in registry().items() if event.topic in heard} - set(consumers.events)
    assert unheard == {"meetings.seat.changed.v1"}  # groups and recusals are between expert and office


async def test_every_sample_is_taken(db, deliver, a_fact):
    for event in consumers.events.values():
        if event.topic != "identity.key":  # the chassis' own
            await deliver(a_fact(event))
    assert await db.scalar(select(func.count()).select_from(ParkedRow)) == 0
