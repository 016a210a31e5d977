"""Authorisation: one declaration per route, of a permission and of the caller's relation to the object."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from contracts.permissions import PERMISSIONS, Holder
from fastapi import Request

from chassis.caller import Caller
from chassis.problems import Forbidden, Unauthenticated


class Relation(StrEnum):
    """How the caller must stand to the object; who does not gets the answer of an absent one (404)."""

    NONE = "none"  # no object, or one that every holder of the permission may see
    OWN = "own"  # the person's own
    OWN_UNIT = "own-unit"  # belongs to the acting unit
    SUPERIOR = "superior"  # belongs to a direct subordinate of the acting unit
    NODE = "node"  # lies in the acting unit's inbox, or lay there
    ESTABLISHING = "establishing-unit"  # of a committee that the acting unit runs
    AUTHORISING = "authorising-unit"  # of a committee whose results the acting unit confirms
    SEAT = "seat"  # of a meeting in which the person has a seat


@dataclass(frozen=True, slots=True)
class Access:
    """Who may call a route."""

    permission: str | None
    relation: Relation
    login: bool = True

    def described(self) -> dict[str, str | bool | None]:
        """For the route's OpenAPI entry (`x-access`)."""
        return {"permission": self.permission, "relation": self.relation.value, "login": self.login}


def public() -> Access:
    """Anybody, without an account."""
    return Access(None, Relation.NONE, login=False)


def signed_in(relation: Relation = Relation.OWN) -> Access:
    """Whoever is logged in, for what is theirs."""
    return Access(None, relation)


def needs(permission: str, relation: Relation = Relation.NONE) -> Access:
    """Who holds this permission and stands in this relation to the object."""
    if permission not in PERMISSIONS:
        raise LookupError(f"{permission} is not declared in contracts.permissions")
    return Access(permission, relation)


def guard(access: Access) -> Callable[[Request], Awaitable[None]]:
    """The dependency that lets a request pass: 401 for nobody, 403 without the permission."""

    async def authorise(request: Request) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            if not access.login:  # what else stands there (a client's secret) concerns the route alone
                return
            raise Unauthenticated
        caller = await request.app.state.runtime.keys.caller(token.strip())
        request.state.caller = caller
        if access.login:
            _check(access.permission, caller)

    return authorise


def _check(permission: str | None, caller: Caller) -> None:
    """Raise `Forbidden` without the permission, and for a system where people belong or the reverse."""
    system = caller.kind == "system"
    if permission is None:
        if system:
            raise Forbidden("此接口仅供个人和单位使用。")
        return
    declared = PERMISSIONS[permission]
    for_systems = Holder.SYSTEM in declared.holders
    fits = for_systems if system else declared.holders != {Holder.SYSTEM}
    if not fits or permission not in caller.permissions:
        raise Forbidden(f"需要权限：{declared.label}。")
