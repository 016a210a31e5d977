"""Who may talk to whom in Kubernetes: nobody, except as said here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zc.compose import INSIDE_PORT
from zc.manifests_parts import Manifest, labels_of, meta
from zc.table import SERVICES, Service

POSTGRES, KAFKA, STORE, COLLECTOR = 5432, 9092, 9000, 4318
"""Ports of the servers, which lie where the operator put them; an overlay may narrow the addresses."""
OUTSIDE = {"identity": (443,), "certificates": (443,)}
"""Which service reaches further: identity asks the provincial identity platform, certificates calls webhooks."""
MONITORING = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
_DNS = [{"port": 53, "protocol": protocol} for protocol in ("UDP", "TCP")]
_SYSTEM = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}


def shared_policies() -> list[Manifest]:
    """Nobody talks to anybody; everybody may ask for names."""
    return [
        _policy("nobody", {}, ingress=[], egress=[]),
        _policy("names", {}, egress=[{"to": [_SYSTEM], "ports": _DNS}]),
        _policy("topics", {"name": "topics"}, egress=[_to_ports(KAFKA)]),
    ]


def service_policy(row: Service) -> Manifest:
    """The gateway calls a service's API, notices reads its API document, Prometheus its numbers."""
    callers = [_pods("gateway"), _pods("notices"), MONITORING]
    reached = [_to_ports(POSTGRES, KAFKA, STORE, COLLECTOR, *OUTSIDE.get(row.name, ()))]
    if row.name == "notices":
        reached.append(_to(*(other.name for other in SERVICES)))
    return _policy(row.name, {"name": row.name}, ingress=[_from(callers, INSIDE_PORT)], egress=reached)


def gateway_policy() -> Manifest:
    """Everybody calls the gateway; it calls the services and the store."""
    return _policy(
        "gateway",
        {"name": "gateway"},
        ingress=[{"ports": [{"port": 8080}]}, _from([MONITORING], 8099)],
        egress=[_to(*(row.name for row in SERVICES)), _to_ports(STORE, COLLECTOR)],
    )


def _policy(
    called: str,
    pods: dict[str, str],
    *,
    ingress: Sequence[dict[str, Any]] | None = None,
    egress: Sequence[dict[str, Any]] | None = None,
) -> Manifest:
    directions = {"Ingress": ingress, "Egress": egress}
    rules = {name.lower(): list(rows) for name, rows in directions.items() if rows is not None}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": meta(called, **pods),
        "spec": {
            "podSelector": {"matchLabels": labels_of(**pods)} if pods else {},
            "policyTypes": [name for name, rows in directions.items() if rows is not None],
            **rules,
        },
    }


def _pods(name: str) -> dict[str, Any]:
    return {"podSelector": {"matchLabels": labels_of(name=name)}}


def _from(callers: list[dict[str, Any]], port: int) -> dict[str, Any]:
    return {"from": callers, "ports": [{"port": port}]}


def _to(*names: str) -> dict[str, Any]:
    return {"to": [_pods(name) for name in names], "ports": [{"port": INSIDE_PORT}]}


def _to_ports(*ports: int) -> dict[str, Any]:
    return {"ports": [{"port": port} for port in ports]}
