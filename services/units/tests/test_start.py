"""An empty database begins with the provincial HR office."""

import pytest
from chassis import persons
from contracts.units.v1 import UnitCreated
from units.app import begin
from units.settings import RootUnit


@pytest.fixture
def root(runtime, monkeypatch, a_uscc, a_handler):
    """The topmost unit as the setting names it."""
    handler = a_handler()
    unit = RootUnit(
        uscc=a_uscc(),
        name="四川省人力资源和社会保障厅",
        region="510000L",
        nature="STATE_ORGAN",
        handler=handler,
    )
    monkeypatch.setattr(runtime.settings, "root_unit", unit)
    return unit


@pytest.mark.req("UNT-01")
async def test_the_topmost_unit_is_created_once(runtime, empty, emitted, root):
    await begin(runtime)
    await begin(runtime)
    [event] = await emitted()
    assert isinstance(event, UnitCreated)
    assert (event.state.name, event.state.superior_id, event.state.kinds) == (root.name, None, ("HR",))
    assert event.state.handlers == (persons.ref("RESIDENT_ID", root.handler.id_number),)


async def test_a_database_with_a_unit_is_left_alone(runtime, a_unit, emitted, root):
    await a_unit()
    await begin(runtime)
    assert await emitted() == []


async def test_without_the_setting_nothing_begins(runtime, empty, emitted):
    await begin(runtime)
    assert await emitted() == []
