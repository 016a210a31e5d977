"""The walk over a service's routes notices what lets strangers in, or tells them apart."""

from uuid import UUID, uuid4

import pytest
from chassis.access import Relation, needs, public, signed_in
from chassis.problems import Missing
from chassis.service import Service
from chassis.settings import Settings
from chassis.testing.access import access_cases, check_access, check_case
from chassis.testing.clients import Api
from chassis.testing.samples import sample
from chassis.web import IfMatch, Model, Router
from pydantic import Field

FOREIGN = uuid4()


class Rename(Model):
    """A name."""

    name: str = Field(min_length=3, pattern="^[a-z]+$", examples=["abc"])
    tags: list[UUID] = Field(min_length=1)


def a_service(**routes):
    router = Router(tags=["x"])
    for name, (access, handle) in routes.items():
        router.put(f"/{name}/{{thing_id}}", access=access, name=name)(handle)
    return Service("notebook", title="x", settings=Settings, routers=[router])


async def closed(thing_id: UUID, body: Rename, if_match: IfMatch) -> dict[str, str]:
    """Nobody's."""
    raise Missing


async def wide_open(thing_id: UUID, body: Rename) -> dict[str, str]:
    """Everybody's."""
    return {}


async def telling(thing_id: UUID, body: Rename) -> dict[str, str]:
    """Tells that a foreign object exists."""
    raise Missing("这是他人的。" if thing_id == FOREIGN else "")


def api_of(service, runtime):
    app = service.bare_app()
    app.state.runtime = runtime
    return Api(app, service.name, runtime.settings.issuer)


async def test_a_closed_service_passes(runtime, empty):
    service = a_service(
        mine=(signed_in(Relation.OWN), closed), unit=(needs("units.unit.edit", Relation.OWN_UNIT), closed)
    )
    await check_access(service, api_of(service, runtime), {"thing_id": FOREIGN})


@pytest.mark.parametrize(
    ("access", "handle", "told"),
    [
        (signed_in(Relation.OWN), wide_open, "stranger to an absent object: expected 404"),
        (signed_in(Relation.OWN), telling, "a foreign object looks unlike an absent one"),
    ],
)
async def test_a_leak_is_noticed(runtime, empty, access, handle, told):
    service = a_service(thing=(access, handle))
    with pytest.raises(AssertionError, match=told):
        await check_access(service, api_of(service, runtime), {"thing_id": FOREIGN})


async def test_systems_and_people_are_kept_apart(runtime, empty):
    feed = "certificates.feed.read"
    service = a_service(
        feed=(needs(feed), wide_open),
        mine=(signed_in(), wide_open),
        unit=(needs("units.unit.edit"), wide_open),
    )
    api = api_of(service, runtime)
    body = {"name": "abc", "tags": [str(uuid4())]}

    async def asked(client, path):
        return (await client.put(f"/{path}/{uuid4()}", body)).status_code

    system, unit = api.as_system(feed, "units.unit.edit"), api.as_unit(uuid4(), feed, "units.unit.edit")
    assert [await asked(system, path) for path in ("feed", "mine", "unit")] == [200, 403, 403]
    assert [await asked(unit, path) for path in ("feed", "mine", "unit")] == [403, 200, 200]
    assert await asked(api.as_system(), "feed") == 403


async def test_a_public_route_may_read_another_scheme_for_itself(runtime, empty):
    service = a_service(all=(public(), wide_open), mine=(signed_in(), wide_open))
    api = api_of(service, runtime)
    body = {"name": "abc", "tags": [str(uuid4())]}
    for path, status in (("all", 200), ("mine", 401)):
        told = await api.nobody.put(f"/{path}/{uuid4()}", body, headers={"Authorization": "Basic YTpi"})
        assert told.status_code == status
    forged = await api.nobody.put(f"/all/{uuid4()}", body, headers={"Authorization": "Bearer x.y.z"})
    assert forged.status_code == 401


async def test_each_operation_and_role_is_a_case(runtime, empty):
    service = a_service(unit=(needs("units.unit.edit", Relation.OWN_UNIT), closed), all=(public(), wide_open))
    cases = [param.values[0] for param in access_cases(service)]
    ours = [case for case in cases if "thing_id" in case.operation.path]
    assert [str(case) for case in ours] == [
        "PUT /unit/{thing_id} nobody",
        "PUT /unit/{thing_id} without-permission",
        "PUT /unit/{thing_id} stranger",
    ]
    for case in ours:
        await check_case(case, api_of(service, runtime))


def test_a_sample_passes_its_model():
    schema = Rename.model_json_schema()
    Rename.model_validate(sample(schema, schema.get("$defs", {})))
