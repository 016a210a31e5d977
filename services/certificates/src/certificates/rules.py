"""The province pack's words and patterns for certificates, and what files are taken."""

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Annotated, Any

from chassis import clock
from chassis.files import MEGABYTE, FileRule
from chassis.problems import Invalid
from chassis.web import Config
from fastapi import Depends
from provinces import Pack, load_pack
from provinces.catalogue import NotInCatalogue
from pydantic import BaseModel
from refusals import Complaint

RENDER = "certificates.render"  # the task that prints one certificate
STAMPED_SUMMARY, REVOCATION = "stamped-summary", "revocation-document"
_PDF = frozenset({"application/pdf"})
FILES = {
    STAMPED_SUMMARY: FileRule(_PDF, 20 * MEGABYTE),
    REVOCATION: FileRule(_PDF, 20 * MEGABYTE),
}
FEED_EXAMPLE: dict[str, Any] = {
    "events": [
        {
            "specversion": "1.0",
            "id": "0199a1b2-0000-7000-8000-00000000e001",
            "type": "certificates.certificate.issued.v1",
            "source": "//sichuan/certificates",
            "time": "2026-12-18T02:00:00+00:00",
            "subject": "0199a1b2-0000-7000-8000-00000000c001",
            "correlationid": "0199a1b2-0000-7000-8000-00000000a001",
            "datacontenttype": "application/json",
            "data": {
                "subject": "0199a1b2-0000-7000-8000-00000000c001",
                "revision": 1,
                "actor": {"person": None, "unit": "0199a1b2-0000-7000-8000-00000000b001", "role": "ISSUER"},
                "reason": "",
                "state": {
                    "number": "5100002026300000012",
                    "application_id": "0199a1b2-0000-7000-8000-00000000d001",
                    "person": "0199a1b2-0000-8000-8000-00000000f001",
                    "name": "王芳",
                    "obtaining_method": "REVIEW",
                    "series": "农业技术",
                    "level": "DEPUTY_SENIOR",
                    "title_name": "高级农艺师",
                    "specialty": "园艺",
                    "campaign_id": "0199a1b2-0000-7000-8000-000000001001",
                    "issuing_unit_id": "0199a1b2-0000-7000-8000-00000000b001",
                    "issuing_unit_name": "四川省人力资源和社会保障厅",
                    "document_number": "川人社职称〔2026〕18号",
                    "approval_date": "2026-12-18",
                    "issued_at": "2026-12-18T02:00:00Z",
                    "sha256": "2c" * 32,
                    "state": "ISSUED",
                },
            },
        }
    ],
    "next_cursor": "MS4wLjgxNC43",
    "more": False,
}
"""An answer of the feed, for the API document."""

# How an application was evaluated → how the title was obtained.
_METHODS = {"CENTRAL_ENTRUSTED": "ENTRUSTED"}


class CertificatesSection(BaseModel):
    """The section as packs write it."""

    document_number: str
    obtaining_methods: dict[str, str]


@dataclass(frozen=True, slots=True)
class CertificateRules:
    """What holds for certificates in this province today."""

    pack: Pack
    authority: str
    document_number: re.Pattern[str]
    methods: dict[str, str]

    def check_document_number(self, number: str) -> None:
        """Raise `Invalid` unless it looks like 川人社职称〔2026〕18号."""
        if not self.document_number.match(number):
            detail = "批准文号须含年份括号〔 〕和编号，例如：川人社职称〔2026〕18号。"
            raise Invalid(detail, complaints=(Complaint("/document_number", "pattern", detail),))

    def number(self, jurisdiction: str, year: int, level: str, serial: int) -> str:
        """A certificate number in the pack's pattern."""
        return self.pack.numbering.make(self.region(jurisdiction), year, level, serial)

    def region(self, jurisdiction: str) -> str:
        """The six digits under which a unit's numbers are counted."""
        return self.pack.regions.get(jurisdiction).gb

    def method(self, evaluation: str) -> str:
        """How a title reviewed in this way was obtained: REVIEW, INITIAL, CONFIRMED, ENTRUSTED."""
        return _METHODS.get(evaluation, evaluation)

    def method_label(self, method: str) -> str:
        """The same as it is printed."""
        return self.methods.get(method, method)

    def level_label(self, level: str) -> str:
        """A level as it is printed."""
        return self.pack.code_list("catalogue:levels").get(level, level)

    def series_label(self, series: str) -> str:
        """A series as it is printed; what the catalogue does not know stays as it is."""
        try:
            return self.pack.catalogue.series(series).name
        except NotInCatalogue:
            return series

    def sex_label(self, sex: str) -> str:
        """男 or 女."""
        return self.pack.code_list("sex").get(sex, sex)

    def label(self, state: str) -> str:
        """A state as people read it."""
        return str(self.pack.section("labels")["certificate"].get(state, state))


@lru_cache(maxsize=8)
def rules_in_force(province: str, day: date) -> CertificateRules:
    """The rules of the pack in force on a day."""
    pack = load_pack(province, day)
    section = pack.section_as("certificates", CertificatesSection)
    return CertificateRules(
        pack=pack,
        authority=str(pack.section("pack")["name"]),
        document_number=re.compile(section.document_number),
        methods=section.obtaining_methods,
    )


async def _rules(settings: Config) -> CertificateRules:
    return rules_in_force(settings.province, clock.local_date(clock.now()))


Rules = Annotated[CertificateRules, Depends(_rules)]
