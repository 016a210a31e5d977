"""Fills the modules of a province's form: known values first, plausible ones where something is required."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from provinces import FieldKind, FormField, Module

from zc.world import files
from zc.world.model import Person

MEDIA_TYPES = {"pdf": "application/pdf", "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png"}


@dataclass(frozen=True)
class File:
    """A file that is to be uploaded."""

    name: str
    media_type: str
    content: bytes

    @property
    def size(self) -> int:
        """Returns the number of bytes."""
        return len(self.content)


Attach = Callable[[File], Any]
Known = Mapping[str, Any]


def keep(file: File) -> Any:
    """Leaves the file in the data, for `attached` to upload later."""
    return file


async def attached(data: Any, upload: Callable[[File], Awaitable[Any]]) -> Any:
    """Returns the data with each file replaced by what its upload answers."""
    if isinstance(data, File):
        return await upload(data)
    if isinstance(data, dict):
        return {key: await attached(value, upload) for key, value in data.items()}
    if isinstance(data, list):
        return [await attached(value, upload) for value in data]
    return data


@dataclass(frozen=True)
class Filler:
    """Fills modules for one person; `day` is a past day for dates that nobody knows."""

    person: Person
    attach: Attach
    day: str

    def module(self, module: Module, known: Known | Iterable[Known]) -> dict[str, Any]:
        """Returns the module's data; `known` is a mapping, or the entries of a repeated module.

        Values under names the module does not have are left out, so one set of facts serves many forms.
        """
        if not module.repeated:
            assert isinstance(known, Mapping)
            return self._object(module.fields, known)
        entries = [known] if isinstance(known, Mapping) else list(known)
        while len(entries) < module.min_items:
            entries.append({})
        return {"items": [self._entry(module, entry) for entry in entries[: module.max_items]]}

    def _entry(self, module: Module, known: Known) -> dict[str, Any]:
        entry = self._object(module.fields, known)
        if module.templates:
            name = known.get("template") or next(iter(module.templates))
            content = self._object(module.templates[name].fields, known.get("content", {}))
            entry |= {"template": name, "content": content}
        return entry

    def _object(self, fields: Iterable[FormField], known: Known) -> dict[str, Any]:
        data: dict[str, Any] = {}
        conditional = []
        for field in fields:
            if field.name in known or field.required:
                data[field.name] = self._value(field, known.get(field.name))
            elif field.required_if:
                conditional.append(field)
        for field in conditional:
            if all(data.get(name) == value for name, value in field.required_if.items()):
                data[field.name] = self._value(field, None)
        return {name: value for name, value in data.items() if value is not None}

    def _value(self, field: FormField, known: Any) -> Any:
        match field.kind:
            case FieldKind.FILE:
                file = self.attach(known if isinstance(known, File) else self._file(field))
                return [file] if field.many else file
            case FieldKind.SELECT:
                code = _code(field, known)
                return [code] if field.many else code
            case FieldKind.GROUP:
                return self._object(field.fields, known or {})
            case FieldKind.LIST:
                entries = list(known) if known else [{}] * max(field.min_items, 1)
                return [self._object(field.fields, entry) for entry in entries]
            case FieldKind.TEXT | FieldKind.TEXTAREA:
                text = "无" if known is None else str(known)
                return text[: field.max] if field.max else text
            case _:
                return self._plain(field) if known is None else _cut(field, known)

    def _plain(self, field: FormField) -> Any:
        match field.kind:
            case FieldKind.DATE | FieldKind.MONTH | FieldKind.YEAR:
                return _cut(field, self.day)
            case FieldKind.BOOL:
                return False
            case _:
                least = field.minimum if field.minimum is not None else 1
                return float(least) if field.decimals else int(least)

    def _file(self, field: FormField) -> File:
        """Returns a PDF where the field takes one, else the portrait."""
        if "pdf" in field.types:
            return document(field.label, self.person)
        return portrait(self.person)


def document(label: str, person: Person) -> File:
    """Returns a one-page PDF that names what it proves and whose it is."""
    return File(f"{label}.pdf", MEDIA_TYPES["pdf"], files.pdf(label, [f"姓名：{person.name}", "原件扫描件"]))


def portrait(person: Person) -> File:
    """Returns the person's photo."""
    return File("照片.jpg", MEDIA_TYPES["jpg"], files.photo(person))


def _code(field: FormField, known: Any) -> str:
    """Returns the code of a known code or label, else the first choice."""
    if known in field.choices:
        return str(known)
    by_label = {label: code for code, label in field.choices.items()}
    if known is not None and known not in by_label:
        raise LookupError(f"{field.name}: {known} is no choice of {field.label}")
    return by_label[known] if known is not None else next(iter(field.choices))


def _cut(field: FormField, known: Any) -> Any:
    """Returns as much of a date as the field asks for."""
    if field.kind is FieldKind.MONTH:
        return str(known)[:7]
    return int(str(known)[:4]) if field.kind is FieldKind.YEAR else known
