"""Province packs, code lists, forms and identity numbers."""

from provinces import forms, people, uscc, working_days
from provinces.catalogue import Catalogue, Entry, NotInCatalogue, Options, Series
from provinces.certificate_numbers import (
    CertificateNumber,
    CertificateNumberInvalid,
    Numbering,
    certificate_number,
    parse_certificate_number,
)
from provinces.modules import FieldKind, FormField, Module, RuleUse, Template
from provinces.packs import Pack, PackMissing, SectionMissing, available, load_pack
from provinces.people import IdNumber, IdNumberInvalid
from provinces.regions import Region, RegionLevel, Regions, RegionUnknown
from provinces.uscc import UsccInvalid
from provinces.working_days import WorkingDays, YearNotLoaded

__all__ = [
    "Catalogue",
    "CertificateNumber",
    "CertificateNumberInvalid",
    "Entry",
    "FieldKind",
    "FormField",
    "IdNumber",
    "IdNumberInvalid",
    "Module",
    "NotInCatalogue",
    "Numbering",
    "Options",
    "Pack",
    "PackMissing",
    "Region",
    "RegionLevel",
    "RegionUnknown",
    "Regions",
    "RuleUse",
    "SectionMissing",
    "Series",
    "Template",
    "UsccInvalid",
    "WorkingDays",
    "YearNotLoaded",
    "available",
    "certificate_number",
    "forms",
    "load_pack",
    "parse_certificate_number",
    "people",
    "uscc",
    "working_days",
]
