"""What a form module is made of, as a pack's YAML says it."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, model_validator

MAX_ITEMS = 100  # of a list whose pack names no limit
MAX_TEXT = 2000  # characters of a text whose pack names no limit


class FieldKind(StrEnum):
    """How a field is filled in."""

    TEXT = "text"
    TEXTAREA = "textarea"
    SELECT = "select"
    DATE = "date"  # 2026-09-19
    MONTH = "month"  # 2026-09
    YEAR = "year"  # 2026, a number
    NUMBER = "number"
    BOOL = "bool"
    FILE = "file"
    LIST = "list"  # several entries of nested fields
    GROUP = "group"  # one set of nested fields


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RuleUse(_Strict):
    """A named rule with its parameters."""

    name: str
    params: dict[str, Any] = {}

    @model_validator(mode="before")
    @classmethod
    def _from_yaml(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"name": value}
        if isinstance(value, Mapping) and "params" not in value:
            return {"name": value["name"], "params": {k: v for k, v in value.items() if k != "name"}}
        return value


class FormField(_Strict):
    """One field of a module."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    label: str
    kind: FieldKind = FieldKind.TEXT
    required: bool = False
    required_if: dict[str, str | bool | int] = {}  # sibling field → the value that makes this one required
    max: int | None = None  # characters of a text
    pattern: str | None = None
    pattern_hint: str | None = None  # what to type, in the complaint
    options: str | None = None  # a code list's name
    choices: dict[str, str] = {}  # code → label, filled in from the code list
    minimum: float | None = None
    maximum: float | None = None
    decimals: int = 0  # of a number
    types: tuple[str, ...] = ("jpg", "jpeg", "png", "pdf")  # of a file
    max_kb: int | None = None  # of a file
    many: bool = False  # several files, or several choices
    min_items: int = 0
    max_items: int | None = None
    fields: tuple["FormField", ...] = ()  # of a list or group
    locked: str | None = None  # `identity`: given by the identity provider; `history`: by earlier titles
    help: str | None = None

    @model_validator(mode="after")
    def _consistent(self) -> "FormField":
        nested = self.kind in (FieldKind.LIST, FieldKind.GROUP)
        if nested != bool(self.fields):
            raise ValueError(f"{self.name}: nested fields belong to list and group, and only there")
        if self.kind is FieldKind.SELECT and not (self.options or self.choices):
            raise ValueError(f"{self.name}: a select needs options")
        return self


class Template(_Strict):
    """One shape that an entry of a module may take, e.g. a paper."""

    label: str
    fields: tuple[FormField, ...]
    rules: tuple[RuleUse, ...] = ()


class Module(_Strict):
    """One page of a form: single (data = its fields) or repeated (data = {"items": [...]}).

    With templates an entry is {"template": …, "content": {…}} plus the module's own fields.
    """

    name: str
    label: str
    schema_id: str
    fields: tuple[FormField, ...] = ()
    repeated: bool = False
    min_items: int = 0
    max_items: int | None = None
    templates: dict[str, Template] = {}
    rules: tuple[RuleUse, ...] = ()
    readonly: bool = False  # filled from outside, never typed
    help: str | None = None

    _compiled: dict[bool, Any] = PrivateAttr(default_factory=dict)

    @property
    def compiled(self) -> dict[bool, Any]:
        """The validators that `forms` has made of this module, by strictness."""
        return self._compiled


def build_module(
    name: str,
    sources: Mapping[str, Any],
    ref: str,
    code_list: Callable[[str], dict[str, str]],
    attachment: Mapping[str, Any],
) -> Module:
    """Make a module from its YAML; `templates_of` borrows another module's templates.

    `attachment` = {types, max_mb} holds for file fields that say nothing of their own.
    """
    source = dict(sources[name])
    borrowed = source.pop("templates_of", None)
    if borrowed:
        source["templates"] = sources[borrowed]["templates"]
    filled = _filled(source, code_list, attachment)
    return Module.model_validate({**filled, "name": name, "schema_id": f"urn:form:{ref}:{name}"})


def _filled(value: Any, code_list: Callable[[str], dict[str, str]], attachment: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        filled = {key: _filled(inner, code_list, attachment) for key, inner in value.items()}
        if isinstance(filled.get("options"), str):
            filled["choices"] = code_list(filled["options"])
        if filled.get("kind") == "file":
            filled = {"types": attachment["types"], "max_kb": attachment["max_mb"] * 1024, **filled}
        return filled
    if isinstance(value, list):
        return [_filled(inner, code_list, attachment) for inner in value]
    return value
