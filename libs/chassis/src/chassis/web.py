"""What routes are written with: router, models, the transaction, the caller."""

import inspect
import re
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, model_validator
from refusals import Refusal
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from chassis import idempotency, problems
from chassis.access import Access, guard
from chassis.caller import Caller as CallerClaims
from chassis.concurrency import IfMatch, expect
from chassis.context import Cause, caused_by
from chassis.db import transaction
from chassis.failpoint import doing
from chassis.files import Files as FileStore
from chassis.paging import Page, Paging
from chassis.settings import Settings

if TYPE_CHECKING:
    from chassis.service import Runtime

__all__ = ["Caller", "Db", "Files", "IfMatch", "Model", "Page", "Paging", "Router", "View", "expect"]

MAX_BODY = 1024 * 1024


class Model(BaseModel):
    """A request: an imperative; unknown fields are refused, texts are stripped."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, str_max_length=20_000)

    @model_validator(mode="before")
    @classmethod
    def _storable(cls, value: Any) -> Any:
        if _unstorable(value):
            raise ValueError("文本中含有不能保存的字符。")
        return value


_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # NUL, and halves of characters


def _unstorable(value: Any) -> bool:
    """Whether a text at any depth holds what PostgreSQL cannot."""
    if isinstance(value, str):
        return _UNSTORABLE.search(value) is not None
    if isinstance(value, dict):
        return any(_unstorable(key) or _unstorable(item) for key, item in value.items())
    return isinstance(value, list) and any(map(_unstorable, value))


class View(BaseModel):
    """A response that shows an aggregate; its revision becomes the ETag."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    state: str
    revision: int
    allowed_actions: list[str]


async def _session(request: Request) -> AsyncIterator[AsyncSession]:
    with doing(f"{request.method} {request.scope['route'].path}"):
        async with transaction(_runtime(request).sessions) as db:
            request.state.db = db
            yield db


async def _caller(request: Request) -> CallerClaims:
    return request.state.caller  # type: ignore[no-any-return]


async def _optional_caller(request: Request) -> CallerClaims | None:
    return getattr(request.state, "caller", None)


def _runtime(request: Request) -> "Runtime":
    return request.app.state.runtime  # type: ignore[no-any-return]


async def _files(request: Request) -> FileStore:
    return _runtime(request).files


async def _settings(request: Request) -> Settings:
    return _runtime(request).settings


# scope="function": the commit happens after serialisation and before the response is sent.
Db = Annotated[AsyncSession, Depends(_session, scope="function")]
Caller = Annotated[CallerClaims, Depends(_caller)]
OptionalCaller = Annotated[CallerClaims | None, Depends(_optional_caller)]
Files = Annotated[FileStore, Depends(_files)]
Config = Annotated[Settings, Depends(_settings)]


# Declared by `_header`: a client must know which commands demand it, and a missing one is refused in our own words.
_Key = Annotated[str | None, Header(max_length=100, include_in_schema=False)]


async def _replay(request: Request, db: Db, idempotency_key: _Key = None) -> None:
    await idempotency.replay(request, db)


async def _replay_if_keyed(request: Request, db: Db, idempotency_key: _Key = None) -> None:
    """A replacement or removal may carry a key too: who does not know whether it was done asks again under it."""
    if idempotency_key:
        await idempotency.replay(request, db)


async def _secret_answer(request: Request) -> None:
    idempotency.keep_secret(request)


class _Route(APIRoute):
    """Remembers answers of commands and names the revision, before the transaction commits."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handler(request: Request) -> Response:
            with caused_by(Cause(uuid7())):
                try:
                    response = await handle(request)
                except idempotency.Replay as seen:
                    return seen.response
            _name_revision(response)
            if getattr(request.state, "idempotency", None):
                idempotency.remember(request, response)
            return response

        return handler


def _name_revision(response: Response) -> None:
    body = getattr(response, "body", None)
    if not body or response.media_type != "application/json" or b'"revision"' not in body:
        return
    content = orjson.loads(body)
    if isinstance(content, dict) and isinstance(content.get("revision"), int):
        response.headers["ETag"] = f'"{content["revision"]}"'


class Router(APIRouter):
    """A resource's routes: each says who may call it, and commands are idempotent."""

    def __init__(self, name: str = "", *, prefix: str = "", **kwargs: Any) -> None:
        kwargs.setdefault("tags", [name] if name else None)
        super().__init__(prefix=prefix, route_class=_Route, **kwargs)

    def _declare(
        self,
        method: str,
        path: str,
        access: Access,
        idempotent: bool,
        refuses: Sequence[type[Refusal]],
        kwargs: dict[str, Any],
    ) -> Callable[[Any], Any]:
        replays = _replay if idempotent else _replay_if_keyed if method in ("PUT", "DELETE") else None
        dependencies = [Depends(guard(access)), *([Depends(replays)] if replays else [])]
        dependencies += kwargs.pop("dependencies", ())
        declared: list[type[Refusal]] = [problems.Invalid, *refuses]
        if access.login:
            declared += [problems.Unauthenticated, problems.Forbidden]
        if "{" in path:
            declared.append(problems.Missing)
        if idempotent:
            declared.append(idempotency.KeyRequired)
        if replays:
            declared += [idempotency.KeyReused, idempotency.InFlight]
        headers = [_header("Idempotency-Key", _KEY, required=idempotent)] if replays else []
        responses = kwargs.pop("responses", {})

        def route(endpoint: Callable[..., Any]) -> Callable[..., Any]:
            if revised := _names_a_revision(endpoint):
                headers.append(_header("If-Match", _SEEN, required=True))
            extra: dict[str, Any] = {"x-access": access.described()}
            extra |= {"parameters": headers} if headers else {}
            extra |= {} if access.login else {"security": []}
            refused = [*declared, *([problems.Stale, problems.RevisionRequired] if revised else [])]
            return super(Router, self).api_route(
                path,
                methods=[method],
                dependencies=dependencies,
                openapi_extra=extra,
                responses={**_responses(refused), **responses},
                **kwargs,
            )(endpoint)

        return route

    def get(  # type: ignore[override]
        self, path: str, *, access: Access, refuses: Sequence[type[Refusal]] = (), **kw: Any
    ) -> Callable[..., Any]:
        """A read."""
        return self._declare("GET", path, access, False, refuses, kw)

    def post(  # type: ignore[override]
        self,
        path: str,
        *,
        access: Access,
        refuses: Sequence[type[Refusal]] = (),
        idempotent: bool = True,
        secret: bool = False,
        **kw: Any,
    ) -> Callable[..., Any]:
        """A command that creates or decides; `idempotent=False` only for searches, `secret` for an answer with one."""
        if secret:
            kw["dependencies"] = [*kw.get("dependencies", ()), Depends(_secret_answer)]
        return self._declare("POST", path, access, idempotent, refuses, kw)

    def put(  # type: ignore[override]
        self, path: str, *, access: Access, refuses: Sequence[type[Refusal]] = (), **kw: Any
    ) -> Callable[..., Any]:
        """A replacement of something whose revision the caller names; a key is honoured, not demanded."""
        return self._declare("PUT", path, access, False, refuses, kw)

    def delete(  # type: ignore[override]
        self, path: str, *, access: Access, refuses: Sequence[type[Refusal]] = (), **kw: Any
    ) -> Callable[..., Any]:
        """A removal; a key is honoured, not demanded."""
        return self._declare("DELETE", path, access, False, refuses, kw)


_KEY = "A new one for each command, the same one when a command is sent again."
_SEEN = "The ETag of what the caller has seen: its `revision` in quotes."


def _header(name: str, description: str, *, required: bool) -> dict[str, Any]:
    schema = {"type": "string", "maxLength": 100}
    return {"name": name, "in": "header", "required": required, "description": description, "schema": schema}


def _names_a_revision(endpoint: Callable[..., Any]) -> bool:
    named = inspect.signature(endpoint, eval_str=True).parameters.values()
    return any(parameter.annotation == IfMatch for parameter in named)


def _responses(refusals: list[type[Refusal]]) -> dict[int | str, dict[str, Any]]:
    by_status: dict[int | str, list[str]] = {}
    for refusal in dict.fromkeys(refusals):
        title = (refusal.__doc__ or "").strip().splitlines()[0]
        by_status.setdefault(problems.STATUS[refusal.kind], []).append(f"`{refusal.slug}` {title}")
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {
        status: {"description": "\n\n".join(lines), "content": {"application/problem+json": schema}}
        for status, lines in sorted(by_status.items())
    }
