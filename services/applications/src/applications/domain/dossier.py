"""What binds a submission: its files and the hash over everything."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

Path = tuple[str | int, ...]


def files_in(value: Any, path: Path = ()) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield every file in a module's data with its path; a file is a mapping that names a `file_id`."""
    if isinstance(value, dict):
        if "file_id" in value:
            yield path, value
            return
        for key, inner in value.items():
            yield from files_in(inner, (*path, key))
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from files_in(inner, (*path, i))


def digest(header: Mapping[str, Any], modules: Mapping[str, Any]) -> str:
    """Return the SHA-256 over choices and modules; files count by their own hashes inside the modules."""
    text = json.dumps({"header": header, "modules": modules}, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
