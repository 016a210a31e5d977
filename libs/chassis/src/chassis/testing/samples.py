"""A request that passes its JSON Schema: from the examples, else from types and limits."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

_TEXTS: dict[str, Callable[[], str]] = {
    "uuid": lambda: str(uuid4()),
    "date": lambda: "2026-09-01",
    "date-time": lambda: "2026-09-01T00:00:00Z",
    "email": lambda: "a@example.cn",
    "uri": lambda: "https://example.cn/",
}


def sample(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """A value for a schema; `schemas` are the document's components."""
    if "$ref" in schema:
        # What stands beside the reference (an example) goes before what it refers to.
        referred = schemas[schema["$ref"].rsplit("/", 1)[-1]]
        return sample({**referred, **{key: value for key, value in schema.items() if key != "$ref"}}, schemas)
    if examples := schema.get("examples"):
        return examples[0]
    for word in ("example", "const", "default"):
        if word in schema:
            return schema[word]
    if "enum" in schema:
        return schema["enum"][0]
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema:
            return sample(schema[word][0], schemas)
    return _of_type(schema, schemas)


def _of_type(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    match schema.get("type"):
        case "object":
            wanted = schema.get("required", [])
            properties = schema.get("properties", {})
            return {name: sample(properties[name], schemas) for name in wanted if name in properties}
        case "array":
            return [sample(schema.get("items", {}), schemas) for _ in range(schema.get("minItems", 0))]
        case "string":
            made = _TEXTS.get(schema.get("format", ""))
            return made() if made else "文" * max(1, schema.get("minLength", 1))
        case "integer" | "number":
            return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
        case "boolean":
            return False
        case "null":
            return None
        case _:
            return {}
