"""An empty database begins with the provincial HR office."""

import asyncio
import json

import pytest
from chassis import persons
from contracts.units.v1 import UnitCreated
from provinces.uscc import UsccInvalid
from units.app import begin
from units.settings import RootUnit, Settings


@pytest.fixture
def root(runtime, monkeypatch, a_uscc, a_handler):
    """The topmost unit as the setting names it."""
    named = {
        "uscc": a_uscc(),
        "name": "四川省人力资源和社会保障厅",
        "region": "510000L",
        "nature": "STATE_ORGAN",
        "handler": a_handler(),
    }
    monkeypatch.setenv("UNITS_ROOT_UNIT", json.dumps(named))
    monkeypatch.setattr(runtime.settings, "root_unit", Settings().root_unit)
    return runtime.settings.root_unit


@pytest.mark.req("UNT-01")
async def test_the_topmost_unit_is_created_once(runtime, empty, emitted, root):
    await asyncio.gather(begin(runtime), begin(runtime))  # API and worker start together
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


def test_a_wrong_code_is_noticed_at_the_start(a_handler):
    with pytest.raises(UsccInvalid):
        RootUnit(uscc="1", name="省厅", region="510000L", nature="STATE_ORGAN", handler=a_handler())
