"""Merging the services' API documents into one, and reading the refusals out of it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Document = dict[str, Any]

_METHODS = ("get", "post", "put", "patch", "delete")
_REFUSAL = re.compile(r"^`(?P<slug>[a-z0-9-]+)` (?P<title>.+)$", re.MULTILINE)
_SCHEMA = "#/components/schemas/"
_SHARED = "Problem"  # means the same everywhere
_OPERATIONAL = ("/livez", "/readyz", "/metrics")  # of each process, not behind the gateway


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation that may give a refusal."""

    id: str
    method: str
    path: str
    service: str


@dataclass(slots=True)
class Refused:
    """A refusal as the API documents list it."""

    slug: str
    title: str
    status: int
    operations: list[Operation] = field(default_factory=list)


def merge(
    documents: Mapping[str, Document], missing: tuple[str, ...] = (), labels: Mapping[str, str] | None = None
) -> Document:
    """One document of all services; names of schemas carry their service, so that equal names never clash.

    `missing` are services whose document is not there; `labels` are permission → how people call it.
    """
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    schemes: dict[str, Any] = {}
    services, tags = [], []
    for name, document in documents.items():
        components = document.get("components", {})
        schemes |= components.get("securitySchemes", {})
        for schema, content in components.get("schemas", {}).items():
            schemas[_named(name, schema)] = _referring(content, name)
        tagged: dict[str, None] = {}
        for path, item in document.get("paths", {}).items():
            if path not in _OPERATIONAL:
                paths[path] = {
                    key: _operation(key, value, name, labels or {}, tagged) for key, value in item.items()
                }
        services.append({"name": name, "title": document.get("info", {}).get("title", name)})
        tags += [{"name": tag, "x-service": name} for tag in tagged]
    return {
        "openapi": next((document["openapi"] for document in documents.values()), "3.1.0"),
        "info": {
            "title": "职称评审服务",
            "version": "1",
            "description": _description(missing),
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "tags": tags,
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": schemes},
        "x-services": services,
        "x-missing-services": list(missing),
    }


def refusals(document: Document) -> dict[str, Refused]:
    """Slug → every refusal that the document's operations declare, and which operations give it."""
    found: dict[str, Refused] = {}
    for operation, described in operations(document):
        for status, response in described.get("responses", {}).items():
            for match in _REFUSAL.finditer(response.get("description", "")):
                slug = match["slug"]
                refused = found.setdefault(slug, Refused(slug, match["title"], int(status)))
                refused.operations.append(operation)
    return dict(sorted(found.items()))


def operations(document: Document) -> Iterator[tuple[Operation, dict[str, Any]]]:
    """Every operation of a merged document with its description."""
    for path, item in document.get("paths", {}).items():
        for method in _METHODS:
            if described := item.get(method):
                operation_id = described.get("operationId", f"{method} {path}")
                yield Operation(operation_id, method.upper(), path, described.get("x-service", "")), described


def _operation(
    key: str, described: Any, service: str, labels: Mapping[str, str], tagged: dict[str, None]
) -> Any:
    if key not in _METHODS:
        return described
    named = [f"{service}/{tag}" for tag in described.get("tags") or [service]]
    tagged.update(dict.fromkeys(named))
    merged = {**_referring(described, service), "tags": named, "x-service": service}
    access = described.get("x-access")
    if access and access.get("permission") in labels:
        merged["x-access"] = {**access, "label": labels[access["permission"]]}
    return merged


def _referring(value: Any, service: str) -> Any:
    if isinstance(value, dict):
        return {
            key: _SCHEMA + _named(service, inner.removeprefix(_SCHEMA))
            if key == "$ref" and isinstance(inner, str) and inner.startswith(_SCHEMA)
            else _referring(inner, service)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_referring(inner, service) for inner in value]
    return value


def _named(service: str, schema: str) -> str:
    return schema if schema == _SHARED else f"{service}.{schema}"


def _description(missing: tuple[str, ...]) -> str:
    text = (
        "全部服务的接口合并文档。错误一律以 application/problem+json 返回，`type` 指向 /problems/ 下的说明。"
    )
    if missing:
        text += f"以下服务的文档暂时无法取得，未包含在内：{'、'.join(missing)}。"
    return text
