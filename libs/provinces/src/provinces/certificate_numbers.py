"""Certificate numbers: region, year, level and serial with an ISO 7064 check character."""

import re
from typing import ClassVar, NamedTuple

from pydantic import BaseModel, ConfigDict
from refusals import Kind, Refusal
from stdnum.iso7064 import mod_11_2


class CertificateNumberInvalid(Refusal):
    """证书编号不正确。"""

    slug: ClassVar[str] = "certificate-number-invalid"
    kind: ClassVar[Kind] = Kind.INVALID


class CertificateNumber(NamedTuple):
    """What a certificate number says."""

    region: str
    year: int
    level: str
    serial: int


class Numbering(BaseModel):
    """A province's way of numbering: six digits region, four year, one level, serial, check character."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    # Seven digits keep a number (19 characters) from ever looking like an ID number (18).
    serial_digits: int = 7
    levels: dict[str, str] = {"JUNIOR": "1", "INTERMEDIATE": "2", "DEPUTY_SENIOR": "3", "FULL_SENIOR": "4"}

    def make(self, region: str, year: int, level: str, serial: int) -> str:
        """Return the number, e.g. 5101002026200000018; raises CertificateNumberInvalid."""
        code = self.levels.get(level)
        if not re.fullmatch(r"[0-9]{6}", region) or not 1000 <= year <= 9999 or code is None:
            raise CertificateNumberInvalid("证书编号需要六位行政区划代码、四位年份和职称层级。")
        if not 1 <= serial < 10**self.serial_digits:
            raise CertificateNumberInvalid("证书流水号超出范围。")
        body = f"{region}{year}{code}{serial:0{self.serial_digits}d}"
        return body + mod_11_2.calc_check_digit(body)

    def parse(self, number: str) -> CertificateNumber:
        """Return what a number says; raises CertificateNumberInvalid."""
        text = number.strip().upper()
        levels = {code: level for level, code in self.levels.items()}
        if not re.fullmatch(rf"[0-9]{{{11 + self.serial_digits}}}[0-9X]", text) or text[10] not in levels:
            raise CertificateNumberInvalid("请核对证书编号的位数。")
        if not mod_11_2.is_valid(text):
            raise CertificateNumberInvalid("证书编号的校验码不符，请核对是否抄错。")
        return CertificateNumber(text[:6], int(text[6:10]), levels[text[10]], int(text[11:-1]))


_DEFAULT = Numbering()


def certificate_number(region: str, year: int, level: str, serial: int) -> str:
    """Return a certificate number in the common pattern; raises CertificateNumberInvalid."""
    return _DEFAULT.make(region, year, level, serial)


def parse_certificate_number(number: str) -> CertificateNumber:
    """Return what a number in the common pattern says; raises CertificateNumberInvalid."""
    return _DEFAULT.parse(number)
