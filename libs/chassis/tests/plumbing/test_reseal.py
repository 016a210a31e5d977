"""The sealing key changes while the service works: old boxes open, new ones are sealed by the newest, none is lost."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from chassis import persons
from chassis.db import transaction
from chassis.outbox import OutboxRow
from chassis.reseal import UnknownShape, reseal
from chassis.service import Runtime, Service
from contracts.applications.v1 import SealedText
from pydantic import ValidationError
from sqlalchemy import text

NEW = "cd" * 32
NUMBER = "510101199001011237"


@pytest.fixture
def rotated(bed: Runtime, specimen: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[type]:
    """The specimen's settings as they are after the change; before it ends the process knows the old ones again."""
    old = bed.settings
    told = old.model_dump() | {
        "seal_key": NEW, "seal_key_id": "k2", "seal_keys_other": f"k1:{old.seal_key}",
    }  # fmt: skip
    monkeypatch.setattr(specimen, "settings_class", lambda: type(old)(**told))
    yield specimen.settings_class
    persons.configure(old)


async def sealed_ids(bed: Runtime) -> set[str]:
    """The keys that the rows of this test name."""
    async with transaction(bed.sessions) as db:
        found = await db.execute(
            text(
                "SELECT (regexp_matches(body, '\"key_id\": *\"(\\w+)\"', 'g'))[1] FROM outbox UNION"
                " SELECT (regexp_matches(content::text, '\"key_id\": *\"(\\w+)\"', 'g'))[1] FROM sealing"
            )
        )
        return {row[0] for row in found}


@pytest.fixture
async def rows(bed: Runtime, postgres: Any) -> Any:
    """A table of the service and an event that hold what the old key sealed."""
    import psycopg

    with psycopg.connect(bed.settings.owner_database_url, autocommit=True) as owner:
        owner.execute("CREATE TABLE sealing (id int PRIMARY KEY, content jsonb)")
    box = persons.seal(NUMBER).model_dump()
    async with transaction(bed.sessions) as db:
        for number in range(3):
            content = (
                f'{{"people": [{{"id_number": {persons.seal(NUMBER).model_dump_json()}}}], "n": {number}}}'
            )
            await db.execute(
                text("INSERT INTO sealing VALUES (:id, CAST(:content AS jsonb))"),
                {"id": number, "content": content},
            )
        body = f'{{"state":{{"id_number":{SealedText(**box).model_dump_json()},"name":"张\\u4e09"}}}}'
        told = OutboxRow(
            id=uuid4(), topic="identity.staff", type="identity.staff.assigned.v1", subject=uuid4(), revision=1,
            headers={}, body=body, occurred_at=datetime.now(UTC), published_at=datetime.now(UTC),
        )  # fmt: skip
        db.add(told)
    yield body
    with psycopg.connect(bed.settings.owner_database_url, autocommit=True) as owner:
        owner.execute("DROP TABLE sealing")
        owner.execute("DELETE FROM outbox WHERE id = %s", (told.id,))


async def test_what_the_old_key_sealed_is_sealed_anew_and_says_the_same(
    bed: Runtime, specimen: Service, rows: str, rotated: type
) -> None:
    assert await sealed_ids(bed) == {"k1"}
    assert await reseal(specimen) == 4
    assert await sealed_ids(bed) == {"k2"}
    async with transaction(bed.sessions) as db:
        contents = [row[0] for row in await db.execute(text("SELECT content FROM sealing ORDER BY id"))]
        (body,) = (await db.execute(text("SELECT body FROM outbox WHERE body LIKE '%张%'"))).one()
    for number, content in enumerate(contents):
        assert content["n"] == number
        assert persons.unseal(SealedText(**content["people"][0]["id_number"])) == NUMBER
    head, _, tail = rows.partition('{"key_id"')
    assert body.startswith(head)
    assert body.endswith(tail.partition("}")[2])  # not a byte of the rest has changed
    assert await reseal(specimen) == 0


async def test_an_old_box_opens_before_it_is_sealed_anew(
    bed: Runtime, specimen: Service, rotated: type
) -> None:
    old = persons.seal(NUMBER)
    persons.configure(rotated())
    assert (old.key_id, persons.unseal(old)) == ("k1", NUMBER)
    assert persons.seal(NUMBER).key_id == "k2"


def test_a_key_that_nobody_told_is_named() -> None:
    with pytest.raises(persons.SealKeyMissing, match="k9"):
        persons.unseal(SealedText(key_id="k9", box="AAAA"))


async def test_what_it_does_not_understand_is_left_alone(
    bed: Runtime, specimen: Service, rows: str, rotated: type
) -> None:
    async with transaction(bed.sessions) as db:
        await db.execute(text("""INSERT INTO sealing VALUES (9, '{"key_id": "k1", "hue": "red"}')"""))
    with pytest.raises(UnknownShape, match=r"sealing\.content"):
        await reseal(specimen)
    async with transaction(bed.sessions) as db:
        left = (await db.execute(text("SELECT content FROM sealing WHERE id = 9"))).scalar_one()
    assert left == {"key_id": "k1", "hue": "red"}


@pytest.mark.parametrize("wrong", ["k1", "k1:zz", "k 1:" + "ab" * 32])
def test_keys_that_are_none_are_refused(bed: Runtime, wrong: str) -> None:
    with pytest.raises(ValidationError):
        type(bed.settings)(**(bed.settings.model_dump() | {"seal_keys_other": wrong}))
