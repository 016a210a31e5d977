"""An application's form: which modules it has and what is wrong with them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from contracts.committees.v1 import CampaignState, MaterialState
from provinces import Module, forms
from provinces.materials import about_file
from provinces.rules import STANDARD_RULES
from refusals import Complaint

from applications.domain.form_rules import FORM_RULES
from applications.rules.pack import ApplicationRules

# Rules that a draft must already keep: what they refuse could never become right by filling in more.
_AT_ONCE = ("achievement_template",)


@dataclass(frozen=True)
class Form:
    """The modules of one application and the facts that its rules look at."""

    rules: ApplicationRules
    names: tuple[str, ...]
    identity: Mapping[str, str]
    campaign: CampaignState | None
    unit_nature: str
    today: date
    current_title_since: date | None = None

    def module(self, name: str) -> Module:
        """Return one module."""
        return self.rules.module(name)

    @property
    def context(self) -> dict[str, Any]:
        """What the rules of forms may look at."""
        known: dict[str, Any] = {
            "today": self.today,
            "identity": self.identity,
            "unit_nature": self.unit_nature,
            "requirements": self.clauses("requirements"),
            "conditions": self.clauses("exceptional_conditions"),
            "materials": self.materials(),
        }
        if self.current_title_since is not None:
            known["current_title_date"] = self.current_title_since
        return known

    def clauses(self, kind: str) -> dict[str, list[str]]:
        """Return clause id → templates allowed for it (APP-25); none named means all."""
        every = list(self.module("achievements").templates)
        given = getattr(self.campaign, kind) if self.campaign else ()
        return {str(one.serial): list(one.templates) or every for one in given}

    def materials(self) -> list[dict[str, Any]]:
        """Return the campaign's table of required materials (APP-26)."""
        return [
            {
                "id": one.key,
                "name": one.name,
                "media_types": sorted(self._rule(one).types),
                "max_mb": one.max_mb,
                "required": one.required,
            }
            for one in (self.campaign.materials if self.campaign else ())
        ]

    def _rule(self, one: MaterialState) -> Any:
        return self.rules.material_rule(one.type, one.max_mb)

    def check_draft(self, name: str, data: Any) -> list[Complaint]:
        """Return what keeps a module from being saved."""
        module, context = self.module(name), self.context
        complaints = forms.check_draft(module, data, context)
        if complaints or not isinstance(data, dict):
            return complaints
        for use in module.rules:
            if use.name in _AT_ONCE:
                said = STANDARD_RULES[use.name](_named_only(data), context, **use.params)
                complaints += [
                    one for one in said if not one.pointer.endswith("/template") or _has(data, one.pointer)
                ]
        if name == "materials":
            complaints += self._about_materials(data)
        return complaints

    def _about_materials(self, data: Mapping[str, Any]) -> list[Complaint]:
        table = {row["id"]: row for row in self.materials()}
        complaints = []
        for i, item in enumerate(data.get("items") or []):
            row = table.get(item.get("material") or "")
            if row is None:
                detail = "本次评审活动不需要该材料，请删除。"
                complaints.append(Complaint(f"/items/{i}/material", "required_materials", detail))
                continue
            for k, file in enumerate(item.get("files") or []):
                complaints += about_file(file, row, ("items", i, "files", k))
        return complaints

    def check_submission(self, modules: Mapping[str, Any]) -> list[Complaint]:
        """Return everything that keeps the form from being submitted, pointers from `/modules/<name>` on."""
        complaints = []
        context = self.context
        for name in self.names:
            module = self.module(name)
            if module.readonly:
                continue
            data = modules.get(name) or ({"items": []} if module.repeated else {})
            found = forms.check_submission(module, data, FORM_RULES, context)
            complaints += [replace(one, pointer=f"/modules/{name}{one.pointer}") for one in found]
        return complaints


def _named_only(data: Mapping[str, Any]) -> dict[str, Any]:
    return {"items": [item or {} for item in data.get("items") or []]}


def _has(data: Mapping[str, Any], pointer: str) -> bool:
    """Say whether the value that a complaint points at is filled in."""
    value: Any = data
    for step in pointer.strip("/").split("/"):
        value = value[int(step)] if isinstance(value, list) else value.get(step)
        if value is None:
            return False
    return True
