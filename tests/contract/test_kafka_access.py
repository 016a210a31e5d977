"""What the brokers let a service do is what it says it does: it writes what it owns and reads what it listens to."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from contracts.topics import TOPICS
from zc.kafka_access import FILE, access, grants, said_by, script
from zc.table import SERVICES


@pytest.fixture(scope="module")
def said() -> dict[str, dict[str, list[str]]]:
    """What each service's own command line prints today."""
    names = [row.name for row in SERVICES]
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(names, pool.map(said_by, names), strict=True))


@pytest.mark.parametrize("name", [row.name for row in SERVICES])
def test_the_committed_table_is_the_code(said: dict[str, dict[str, list[str]]], name: str) -> None:
    assert access()[name] == said[name], "run `make schemas`"


def test_the_commands_say_the_same() -> None:
    assert FILE.with_name("acls.sh").read_text() == script(access())


def test_only_its_owner_may_write_a_topic_and_every_topic_has_a_writer() -> None:
    writers = {(grant.name, grant.user) for grant in grants() if grant.operation == "WRITE"}
    assert writers == {(name, topic.owner) for name, topic in TOPICS.items()}


def test_nobody_may_join_the_group_of_another() -> None:
    assert {grant.user for grant in grants() if grant.kind == "GROUP" and grant.name != grant.user} == set()


def test_everything_that_is_read_is_a_topic() -> None:
    assert {topic for may in access().values() for topic in may["reads"]} <= set(TOPICS)
