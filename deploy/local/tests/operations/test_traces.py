"""One trace leads from the gateway through the service that decided to everybody who heard of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from zc.deployables import ROOT
from zc.season.play import opened
from zc.season.root import root_login
from zc.stack import Stack
from zc.world import World

ROUTE = "/api/v1/units/own"
HEARING = {"applications", "committees", "identity", "certificates", "notices"}
"""Services of which at least two keep a copy of units."""


async def edit(suite: Stack, folder: Path) -> None:
    """The provincial office changes its own address, through the gateway."""
    async with opened(suite, World(1), root_login(), folder) as season:
        office = season.handler(season.world.province_hr)
        await office.permitted("units.unit.edit")
        own = await office.get("/units/own")
        kept = ("nature", "jurisdiction", "location", "contact_person", "phone")
        body = {name: own[name] for name in kept} | {"postal_address": "成都市青羊区一号"}
        await office.put("/units/own", body, if_match=own["revision"])


async def test_a_trace_leads_from_the_gateway_to_the_consumers(
    suite: Stack, collector: Any, until: Callable[..., Any], tmp_path: Path
) -> None:
    await edit(suite, tmp_path)
    (served,) = until(lambda: [s for s in collector.spans if _is_the_edit(s)])

    def whole() -> dict[str, Any] | None:
        spans = {span.id: span for span in collector.spans if span.trace == served.trace}
        heard = {s.service for s in spans.values() if s.name == "consume units.unit.edited.v1"}
        entered = [s for s in spans.values() if s.service == "gateway"]
        return spans if entered and len(heard & HEARING) >= 2 else None

    spans = until(whole)
    assert "gateway" in {span.service for span in above(spans, served)}
    for span in spans.values():
        if span.name.startswith("consume "):
            assert span.attributes["messaging.destination.name"] == "units.unit"  # it came by the broker
            way = [step.service for step in above(spans, span)]
            assert "units" in way
            assert way[-1] == "gateway"
            assert way.index("units") < way.index("gateway")


def _is_the_edit(span: Any) -> bool:
    told = span.attributes
    return span.service == "units" and told.get("http.route") == ROUTE and "PUT" in told.values()


def above(spans: dict[str, Any], span: Any) -> list[Any]:
    """The span, what it belongs to, and so on to the root."""
    way = [span]
    while way[-1].parent:
        way.append(spans[way[-1].parent])
    return way


async def test_what_the_gateway_says_too_much_is_deleted_on_the_way(
    suite: Stack, collector: Any, until: Callable[..., Any], tmp_path: Path
) -> None:
    """Services scrub their own spans; the gateway cannot, so the collector does it before anybody keeps them."""
    await edit(suite, tmp_path)
    until(lambda: any(span.service == "gateway" for span in collector.spans))
    said = {name for span in collector.spans if span.service == "gateway" for name in span.attributes}
    settings = yaml.safe_load((ROOT / "deploy" / "observability" / "collector.yml").read_text())
    deleted = {row["key"] for row in settings["processors"]["attributes/unsaid"]["actions"]}
    personal = {
        name
        for name in said
        if name.startswith(("client.", "network.peer.", "user_agent.", "url.query", "url.full"))
    }
    assert personal
    assert personal <= deleted
