"""Public lookup (CRT-07, Q37, BEY-33): whether a certificate is in force, and nothing beyond it."""

from datetime import date
from typing import Annotated
from uuid import UUID

from chassis import clock, persons
from chassis.access import public
from chassis.problems import Invalid, Missing
from chassis.web import Db, Model, Router
from fastapi import Path
from provinces import people
from provinces.certificate_numbers import CertificateNumberInvalid
from provinces.people import IdNumberInvalid
from pydantic import BaseModel, Field
from refusals import Complaint

from certificates import queries
from certificates.api.views import Validity, validity
from certificates.rules import CertificateRules, Rules
from certificates.tables import Certificate

router = Router(tags=["lookup"])
Number = Annotated[str, Path(max_length=40, examples=["5101002026300000010"])]


class LookUp(Model):
    """Name and ID number, or a certificate number (with the name if one likes)."""

    name: str = Field(default="", max_length=50, examples=["王芳"])
    id_type: str = Field(default=persons.RESIDENT_ID, max_length=30, examples=[persons.RESIDENT_ID])
    id_number: str = Field(default="", max_length=30, examples=["11010119850315411X"])
    number: str = Field(default="", max_length=40, examples=["5101002026300000010"])


class Found(BaseModel):
    """What was found; nobody learns from an empty list why it is empty."""

    certificates: list[Validity]


class Verify(Model):
    """The SHA-256 of a PDF that somebody was shown."""

    sha256: str = Field(pattern="^[0-9a-fA-F]{64}$", examples=["2c" * 32])


class Verdict(BaseModel):
    """Whether the PDF is the one that was issued, byte for byte."""

    genuine: bool
    certificate: Validity | None = None


@router.post(
    "/lookup",
    access=public(),
    idempotent=False,
    refuses=[CertificateNumberInvalid, IdNumberInvalid],
)
async def look_up(body: LookUp, db: Db, rules: Rules) -> Found:
    """Look certificates up by name and ID number, or by certificate number; slips of the pen are told at once."""
    if body.number:
        number = checked_number(body.number, rules)
        rows = await db.scalars(queries.by_number(number, body.name))
    else:
        person = _holder(body, clock.local_date(clock.now()))
        rows = await db.scalars(queries.by_holder(person, body.name))
    return Found(certificates=[validity(row) for row in rows])


@router.get("/lookup/{number}", access=public(), refuses=[CertificateNumberInvalid])
async def look_up_number(number: Number, db: Db, rules: Rules) -> Validity:
    """Look a certificate up by its number, which its QR code carries."""
    return validity(await by_number(db, number, rules))


@router.post("/verify", access=public(), idempotent=False)
async def verify(body: Verify, db: Db) -> Verdict:
    """Tell by the SHA-256 of a PDF whether it is one of ours, unchanged."""
    row = await db.scalar(queries.by_content(body.sha256.lower()))
    return Verdict(genuine=row is not None, certificate=validity(row) if row else None)


async def by_number(db: Db, number: str, rules: CertificateRules) -> Certificate:
    """The printed certificate of this number; raises `CertificateNumberInvalid` before any search, `Missing`."""
    row = await db.scalar(queries.by_number(checked_number(number, rules)))
    if row is None:
        raise Missing
    return row


def checked_number(number: str, rules: CertificateRules) -> str:
    """The number in its one way of writing; raises `CertificateNumberInvalid` for a wrong check character."""
    plain = "".join(number.split()).upper()
    rules.pack.numbering.parse(plain)
    return plain


def _holder(body: LookUp, today: date) -> UUID:
    complaints = [
        Complaint(f"/{field}", "required", detail)
        for field, value, detail in (
            ("name", body.name, "请填写姓名。"),
            ("id_number", body.id_number, "请填写身份证件号码，或改填证书编号。"),
        )
        if not value
    ]
    if complaints:
        raise Invalid("请填写姓名和身份证件号码，或填写证书编号。", complaints=tuple(complaints))
    number = body.id_number
    if body.id_type == persons.RESIDENT_ID:
        number = people.parse_id_number(number, today).number
    return persons.ref(body.id_type, number)
