"""A case as JSON-ready data and back, for a JSONB column."""

from datetime import datetime
from typing import Any
from uuid import UUID

from vetting.case import Case
from vetting.route import Node, Opinion, Post, Route, TrailEntry
from vetting.states import Action, State


def to_dict(case: Case) -> dict[str, Any]:
    """Return the case as plain JSON data; `from_dict` gives an equal case back."""
    return {
        "state": case.state.value,
        "node": case.node,
        "post": case.post,
        "subject": _text(case.subject),
        "applicant_unit": _text(case.applicant_unit),
        "returned_by": case.returned_by,
        "route": route_to_list(case.route),
        "trail": [entry_to_dict(entry) for entry in case.trail],
    }


def from_dict(data: dict[str, Any]) -> Case:
    """Rebuild the case that `to_dict` wrote."""
    return Case(
        route=route_from_list(data["route"]),
        state=State(data["state"]),
        node=data["node"],
        post=data["post"],
        subject=_uuid(data["subject"]),
        applicant_unit=_uuid(data["applicant_unit"]),
        returned_by=data["returned_by"],
        trail=tuple(_entry(entry) for entry in data["trail"]),
    )


def route_to_list(route: Route) -> list[dict[str, Any]]:
    """Return the route's nodes as plain JSON data."""
    return [
        {
            "unit": str(node.unit),
            "posts": [
                {"rank": post.rank, "name": post.name, "persons": sorted(map(str, post.persons))}
                for post in node.posts
            ],
        }
        for node in route.nodes
    ]


def route_from_list(data: list[dict[str, Any]]) -> Route:
    """Rebuild the route that `route_to_list` wrote."""
    return Route(
        tuple(
            Node(
                UUID(node["unit"]),
                tuple(
                    Post(post["rank"], post["name"], frozenset(UUID(person) for person in post["persons"]))
                    for post in node["posts"]
                ),
            )
            for node in data
        )
    )


def entry_to_dict(entry: TrailEntry) -> dict[str, Any]:
    """Return one trail entry as plain JSON data, as API responses and events show it."""
    return {
        "at": entry.at.isoformat(),
        "action": entry.action.value,
        "node": entry.node,
        "unit": _text(entry.unit),
        "post": entry.post,
        "actor": _text(entry.actor),
        "opinions": [{"module": opinion.module, "text": opinion.text} for opinion in entry.opinions],
        "to_node": entry.to_node,
        "rule": entry.rule,
    }


def _entry(data: dict[str, Any]) -> TrailEntry:
    return TrailEntry(
        at=datetime.fromisoformat(data["at"]),
        action=Action(data["action"]),
        node=data["node"],
        unit=_uuid(data["unit"]),
        post=data["post"],
        actor=_uuid(data["actor"]),
        opinions=tuple(Opinion(o["module"], o["text"]) for o in data["opinions"]),
        to_node=data["to_node"],
        rule=data["rule"],
    )


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)


def _uuid(value: str | None) -> UUID | None:
    return None if value is None else UUID(value)
