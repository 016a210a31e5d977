"""Resident ID numbers after GB 11643-1999, and names and numbers masked for lists."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar

from refusals import Kind, Refusal
from stdnum.iso7064 import mod_11_2

# Any county code ever valid counts, so only the province is looked up; 81-83: residents from
# Hong Kong, Macao and Taiwan.
PROVINCES = {
    "11": "北京市", "12": "天津市", "13": "河北省", "14": "山西省", "15": "内蒙古自治区",
    "21": "辽宁省", "22": "吉林省", "23": "黑龙江省",
    "31": "上海市", "32": "江苏省", "33": "浙江省", "34": "安徽省", "35": "福建省", "36": "江西省",
    "37": "山东省",
    "41": "河南省", "42": "湖北省", "43": "湖南省", "44": "广东省", "45": "广西壮族自治区", "46": "海南省",
    "50": "重庆市", "51": "四川省", "52": "贵州省", "53": "云南省", "54": "西藏自治区",
    "61": "陕西省", "62": "甘肃省", "63": "青海省", "64": "宁夏回族自治区", "65": "新疆维吾尔自治区",
    "71": "台湾省", "81": "香港特别行政区", "82": "澳门特别行政区", "83": "台湾地区",
}  # fmt: skip


class IdNumberInvalid(Refusal):
    """身份证号码不正确。"""

    slug: ClassVar[str] = "id-number-invalid"
    kind: ClassVar[Kind] = Kind.INVALID


class Sex(StrEnum):
    """Sex as code list `sex` has it."""

    MALE = "MALE"
    FEMALE = "FEMALE"


@dataclass(frozen=True, slots=True)
class IdNumber:
    """A valid resident ID number and what it says."""

    number: str
    birth: date
    sex: Sex
    province: str


def check_char(first17: str) -> str:
    """Return the eighteenth character of an ID number whose first seventeen digits are given."""
    return str(mod_11_2.calc_check_digit(first17))


def parse_id_number(number: str, today: date) -> IdNumber:
    """Return what an ID number says; raises IdNumberInvalid, never echoing the number.

    Region: any six digits of a province that ever issued numbers. Birth: a real date from 1800 to `today`.
    """
    text = number.strip().upper()
    if not re.fullmatch(r"[0-9]{17}[0-9X]", text):
        raise IdNumberInvalid("请输入18位身份证号码，最后一位可以是X。")
    if text[:2] not in PROVINCES:
        raise IdNumberInvalid("身份证号码前两位不是有效的省份代码，请核对。")
    try:
        birth = date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        raise IdNumberInvalid("身份证号码中的出生日期不存在，请核对。") from None
    if not date(1800, 1, 1) <= birth <= today:
        raise IdNumberInvalid("身份证号码中的出生日期不在有效范围内，请核对。")
    if check_char(text[:17]) != text[17]:
        raise IdNumberInvalid("身份证号码的校验码不符，请核对是否输错。")
    return IdNumber(text, birth, Sex.MALE if int(text[16]) % 2 else Sex.FEMALE, text[:2])


def is_id_number(number: str, today: date) -> bool:
    """Say whether `parse_id_number` accepts it."""
    try:
        parse_id_number(number, today)
    except IdNumberInvalid:
        return False
    return True


def sex_of(number: str) -> Sex:
    """Return the sex that a valid number says."""
    return Sex.MALE if int(number[16]) % 2 else Sex.FEMALE


def birth_of(number: str) -> date:
    """Return the birth date that a valid number says."""
    return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))


def mask_id(number: str) -> str:
    """Show only the last four characters, e.g. *****5532 (IDN-20); shorter numbers show none."""
    return "*****" + (number[-4:] if len(number) > 8 else "")


def mask_name(name: str) -> str:
    """Show only the last character, e.g. **华 (IDN-20); a single character is hidden."""
    return "*" * (len(name) - 1) + name[-1] if len(name) > 1 else "*" * len(name)
