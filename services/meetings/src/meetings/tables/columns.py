"""What the tables' columns are made of."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy.dialects.postgresql import JSONB

Json = dict[str, Any]
Nullable = JSONB(none_as_null=True)


def among(column: str, values: Iterable[Any]) -> str:
    """Return the condition that a text column holds one of these values."""
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"
