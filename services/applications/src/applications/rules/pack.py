"""Sections of the province pack → the rules of applications."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property, lru_cache
from typing import Any

from chassis.files import FileRule
from provinces import Module, Pack, forms, load_pack, working_days
from provinces.forms import media_types
from vetting import Reenter, WithdrawalRule

from applications.domain.form_rules import FORM_RULES

_MB = 1024 * 1024
_PAGES = {
    "HEALTH": "health_page",
    "TEACHER": "school_teacher_page",
    "VOCATIONAL_TEACHER": "vocational_teacher_page",
}
_MATERIAL_TYPES = {
    "PDF": ("pdf",),
    "IMAGE": ("jpg", "jpeg", "png"),
    "IMAGE_OR_PDF": ("jpg", "jpeg", "png", "pdf"),
}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that a unit adds: its label, whether it must be there, what may be uploaded."""

    label: str
    required: bool
    rule: FileRule


@dataclass(frozen=True)
class ApplicationRules:
    """What holds for an application under one pack."""

    pack: Pack
    methods: Mapping[str, Mapping[str, Any]]
    types: Mapping[str, Mapping[str, Any]]
    withdrawal: WithdrawalRule
    reenter: Reenter
    per_year: int  # live applications of one person
    returned_may_be_deleted: bool
    photo: FileRule
    attachment: FileRule
    employer_uploads: Mapping[str, Upload]
    letter: Upload
    publicity_days: int
    defect_days: int

    def needs_committee(self, method: str) -> bool:
        """Say whether a committee reviews (an initial determination needs none, APP-09)."""
        return bool(self.methods[method]["needs_committee"])

    def entrusted(self, method: str) -> bool:
        """Say whether the method is a review outside one's area."""
        return bool(self.methods[method]["entrusted"])

    def module_names(self, method: str, application_type: str, pages: tuple[str, ...]) -> tuple[str, ...]:
        """Return the form's modules in order (APP-20)."""
        switches = {_PAGES.get(page, page): True for page in pages}
        form = self.methods[method]["form"]
        return self.pack.form(form, switches, application_type=application_type)

    def module(self, name: str) -> Module:
        """Return one module of the form."""
        return self.pack.module(name)

    def material_rule(self, kind: str, max_mb: int) -> FileRule:
        """What may be uploaded for a material of a campaign (APP-26); kind is a code, or extensions with commas."""
        extensions = _MATERIAL_TYPES.get(kind) or tuple(part.strip().lower() for part in kind.split(","))
        return FileRule(frozenset(media_types(extensions)), max_mb * _MB)

    def defects_due(self, today: date) -> datetime:
        """When the working days for mending defects are over (LAW-19)."""
        return working_days.SEED.period_end(today, self.defect_days)

    def publicity_length(self, first: date, last: date) -> int:
        """Count the working days after the first day of a publicity up to its last."""
        return working_days.SEED.between(first, last)

    def label(self, group: str, code: str) -> str:
        """Return the Chinese label of a code, or the code itself."""
        return str(self.labels.get(group, {}).get(code, code))

    @cached_property
    def labels(self) -> dict[str, Any]:
        """The pack's labels by group."""
        return self.pack.section("labels")

    def schema(self, name: str) -> dict[str, Any]:
        """Return a module's JSON Schema for submission, compiled once."""
        if name not in self._schemas:
            self._schemas[name] = forms.compile(self.module(name), strict=True)
        return self._schemas[name]

    @cached_property
    def _schemas(self) -> dict[str, dict[str, Any]]:
        return {}


def rules_on(province: str, day: date) -> ApplicationRules:
    """Return the rules in force on a day."""
    return rules_of(load_pack(province, day).ref)


@lru_cache(maxsize=16)
def rules_of(ref: str) -> ApplicationRules:
    """Return the rules of one pack."""
    pack = load_pack(ref)
    for name in pack.section("modules"):
        _known_rules(pack.module(name))
    routing, files, materials = pack.section("routing"), pack.section("files"), pack.section("materials")
    thresholds = pack.section("thresholds")
    return ApplicationRules(
        pack=pack,
        methods={name: one for name, one in pack.section("evaluation_methods").items() if one},
        types=pack.section("application_types"),
        withdrawal=WithdrawalRule(routing["withdrawal"]),
        reenter=Reenter(routing["reenter"]),
        per_year=int(routing.get("applications_per_year", 1)),
        returned_may_be_deleted=bool(routing.get("returned_may_be_deleted", False)),
        photo=_file_rule({"max_kb": files["photo"]["max_kb"], "types": files["photo"]["types"]}),
        attachment=_file_rule(files["attachment"]),
        employer_uploads={key: _upload(one) for key, one in materials["employer"].items()},
        letter=_upload(materials.get("entrustment_letter", {"label": "委托评审函", "required": True})),
        publicity_days=int(thresholds["employer_publicity_days"]),
        defect_days=int(thresholds.get("defect_days", 10)),
    )


def _upload(one: Mapping[str, Any]) -> Upload:
    return Upload(one["label"], bool(one.get("required")), _file_rule(one))


def _file_rule(one: Mapping[str, Any]) -> FileRule:
    types = one.get("types", ("jpg", "jpeg", "png", "pdf"))
    limit = one["max_kb"] * 1024 if "max_kb" in one else one.get("max_mb", 10) * _MB
    return FileRule(frozenset(media_types(types)), limit)


def _known_rules(module: Module) -> None:
    """Fail when the service starts, not when somebody submits: a module names only rules that exist."""
    from provinces.rules import STANDARD_RULES

    uses = [*module.rules, *(use for one in module.templates.values() for use in one.rules)]
    unknown = {use.name for use in uses} - {*STANDARD_RULES, *FORM_RULES}
    if unknown:
        raise LookupError(f"module {module.name} names rules that nobody has registered: {sorted(unknown)}")
