"""Walks every route of a service as nobody, without the permission, and as a stranger to the object.

Nobody's walk is also that of a caller of the wrong kind: a system where people belong, people where systems do.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from contracts.permissions import PERMISSIONS, Holder

from chassis.testing.samples import sample

if TYPE_CHECKING:
    import httpx
    import pytest

    from chassis.service import Service
    from chassis.testing.clients import Api, Client

NOBODY, POWERLESS, STRANGER = "nobody", "without-permission", "stranger"

Stranger = Callable[["Api", "Operation"], "Client"]


@dataclass(frozen=True)
class Operation:
    """One route as the OpenAPI document has it; `path` is relative to `/api/v1/<service>`."""

    method: str
    path: str
    permission: str | None
    relation: str
    login: bool
    parameters: list[dict[str, Any]] = field(hash=False, repr=False)
    body: dict[str, Any] | None = field(hash=False, repr=False)
    schemas: dict[str, Any] = field(hash=False, repr=False)

    @property
    def name(self) -> str:
        """The operation as people say it, and as `objects` and `bodies` may name it."""
        return f"{self.method} {self.path}"

    @property
    def of_person(self) -> bool:
        """Whether persons call it for themselves, not handlers for a unit."""
        if self.permission is None:
            return self.relation in ("own", "seat", "none")
        return self.holders == {Holder.PERSON}

    @property
    def holders(self) -> frozenset[Holder]:
        """Who may hold its permission; nobody in particular when it needs none."""
        return PERMISSIONS[self.permission].holders if self.permission else frozenset()

    @property
    def related(self) -> bool:
        """Whether the path names an object to which the caller must stand in a relation."""
        return self.relation != "none" and "{" in self.path


@dataclass(frozen=True)
class Case:
    """One operation called by one kind of caller who must be refused."""

    operation: Operation
    role: str

    def __str__(self) -> str:
        return f"{self.operation.name} {self.role}"


def operations(service: "Service") -> list[Operation]:
    """Every operation of the service that declares its access."""
    document = service.bare_app().openapi()
    schemas = document.get("components", {}).get("schemas", {})
    found = []
    for path, methods in document["paths"].items():
        for method, described in methods.items():
            if (access := described.get("x-access")) is None:
                continue
            content = described.get("requestBody", {}).get("content", {}).get("application/json", {})
            found.append(
                Operation(
                    method=method.upper(),
                    path=path.removeprefix(f"/api/v1/{service.name}"),
                    permission=access.get("permission"),
                    relation=access["relation"],
                    login=access["login"],
                    parameters=described.get("parameters", []),
                    body=content.get("schema"),
                    schemas=schemas,
                )
            )
    return found


def cases(service: "Service") -> Iterator[Case]:
    """Who must be refused where."""
    for operation in operations(service):
        if operation.login:
            yield Case(operation, NOBODY)
        if operation.permission:
            yield Case(operation, POWERLESS)
        if operation.related:
            yield Case(operation, STRANGER)


def access_cases(service: "Service") -> "list[pytest.param]":  # type: ignore[valid-type]
    """For `@pytest.mark.parametrize("case", access_cases(service))`: one test per operation and role."""
    import pytest

    return [pytest.param(case, id=str(case)) for case in cases(service)]


async def check_case(
    case: Case,
    api: "Api",
    objects: Mapping[str, Any] | None = None,
    *,
    bodies: Mapping[str, Any] | None = None,
    stranger: Stranger | None = None,
) -> None:
    """Assert that this caller is refused as it must be.

    `objects`: path parameter → an object that exists but is foreign to the caller; a key
    `"POST /registrations/{unit_id}/pass"` holding such a mapping goes first for that operation. `bodies`: operation →
    JSON, where the examples of the request model do not pass its own checks. `stranger` makes the caller with the
    permission but without the relation; by default a unit, or person, that nobody knows.
    """
    await _CHECKS[case.role](case.operation, api, _Calls(objects or {}, bodies or {}, stranger or a_stranger))


async def check_access(
    service: "Service",
    api: "Api",
    objects: Mapping[str, Any] | None = None,
    *,
    bodies: Mapping[str, Any] | None = None,
    stranger: Stranger | None = None,
) -> None:
    """Every case in one test; fails with the list of what is wrong."""
    wrong = []
    for case in cases(service):
        try:
            await check_case(case, api, objects, bodies=bodies, stranger=stranger)
        except AssertionError as error:
            wrong.append(str(error))
    assert not wrong, "\n".join(wrong)


def a_stranger(api: "Api", operation: Operation) -> "Client":
    """Somebody who holds the permission but has nothing to do with any object."""
    if operation.of_person:
        return api.as_person()
    if operation.permission and operation.holders == {Holder.SYSTEM}:
        return api.as_system(operation.permission)
    return api.as_unit(uuid4(), *([operation.permission] if operation.permission else []))


@dataclass(frozen=True)
class _Calls:
    """How operations are called in this test."""

    objects: Mapping[str, Any]
    bodies: Mapping[str, Any]
    stranger: Stranger

    async def call(
        self, client: "Client", operation: Operation, *, foreign: bool = False
    ) -> "httpx.Response":
        """Call with a valid request, naming absent objects or, if `foreign`, those of others."""
        path = operation.path
        query: dict[str, Any] = {}
        for parameter in operation.parameters:
            name, place = parameter["name"], parameter["in"]
            if place == "path":
                path = path.replace(f"{{{name}}}", str(self._named(operation, parameter, foreign)))
            elif place == "query" and parameter.get("required"):
                query[name] = _value(parameter, operation)
        body = self.bodies.get(operation.name)
        if body is None and operation.body is not None:
            body = sample(operation.body, operation.schemas)
        return await client.request(
            operation.method, path, params=query, json=body, headers={"If-Match": '"1"'}
        )

    def _named(self, operation: Operation, parameter: dict[str, Any], foreign: bool) -> Any:
        if foreign and (found := self.foreign(operation, parameter["name"])) is not None:
            return found
        return _value(parameter, operation)

    def foreign(self, operation: Operation, name: str) -> Any:
        """The foreign object for a path parameter of an operation, None when the test has none."""
        return {**self.objects, **self.objects.get(operation.name, {})}.get(name)

    def has_foreign(self, operation: Operation) -> bool:
        """Whether the test arranged an object for any path parameter of the operation."""
        named = [p["name"] for p in operation.parameters if p["in"] == "path"]
        return any(self.foreign(operation, name) is not None for name in named)


def _value(parameter: dict[str, Any], operation: Operation) -> Any:
    schema = {**parameter.get("schema", {})}
    if "example" in parameter:
        return parameter["example"]
    return sample(schema, operation.schemas)


async def _refuses_nobody(operation: Operation, api: "Api", calls: _Calls) -> None:
    _expect(operation, NOBODY, await calls.call(api.nobody, operation), 401, "unauthenticated")
    granted = [operation.permission] if operation.permission else []
    if Holder.SYSTEM not in operation.holders:
        told = await calls.call(api.as_system(*granted), operation)
        _expect(operation, "a system", told, 403, "forbidden")
    if operation.holders == {Holder.SYSTEM}:
        told = await calls.call(api.as_unit(uuid4(), *granted), operation)
        _expect(operation, "a unit", told, 403, "forbidden")


async def _refuses_the_powerless(operation: Operation, api: "Api", calls: _Calls) -> None:
    someone = api.as_unit(uuid4())
    _expect(operation, POWERLESS, await calls.call(someone, operation), 403, "forbidden")


async def _refuses_a_stranger(operation: Operation, api: "Api", calls: _Calls) -> None:
    client = calls.stranger(api, operation)
    absent = await calls.call(client, operation)
    _expect(operation, "stranger to an absent object", absent, 404, "not-found")
    if calls.has_foreign(operation):
        foreign = await calls.call(client, operation, foreign=True)
        _expect(operation, "stranger to a foreign object", foreign, 404, "not-found")
        assert _shown(foreign) == _shown(absent), (
            f"{operation.name}: a foreign object looks unlike an absent one"
        )


_CHECKS: dict[str, Callable[[Operation, "Api", _Calls], Awaitable[None]]] = {
    NOBODY: _refuses_nobody,
    POWERLESS: _refuses_the_powerless,
    STRANGER: _refuses_a_stranger,
}


def _expect(operation: Operation, role: str, response: "httpx.Response", status: int, code: str) -> None:
    found = (response.status_code, _shown(response).get("code"))
    assert found == (status, code), (
        f"{operation.name} as {role}: expected {status} {code}, got {found[0]} {response.text[:600]}"
    )


def _shown(response: "httpx.Response") -> dict[str, Any]:
    """The problem document without what differs from call to call."""
    if "json" not in response.headers.get("content-type", ""):
        return {}
    body = response.json()
    return (
        {name: value for name, value in body.items() if name != "trace_id"} if isinstance(body, dict) else {}
    )
