"""Events that the tests of the feed write."""

from typing import Any
from uuid import uuid4

from chassis.db import transaction
from chassis.outbox import emit
from contracts.event import Actor
from contracts.units.v1 import UnitAuthorised, UnitEdited, UnitState, UnitStatus
from contracts.vocabulary import UnitKind

TOPIC = UnitEdited.topic


def an_event(name: str, kind: type[UnitEdited] | type[UnitAuthorised] = UnitEdited) -> UnitEdited:
    state = UnitState(
        uscc="", name=name, kinds=(UnitKind.HR,), nature="", jurisdiction="", jurisdiction_path=(),
        superior_id=None, state=UnitStatus.AUTHORISED,
    )  # fmt: skip
    return kind(subject=uuid4(), revision=1, actor=Actor(), state=state)  # type: ignore[return-value]


async def written_to(sessions: Any, *names: str, kind: Any = UnitEdited) -> None:
    for name in names:
        async with transaction(sessions) as db:
            emit(db, an_event(name, kind))
