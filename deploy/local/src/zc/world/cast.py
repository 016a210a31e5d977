"""The units of the Sichuan season, from the provincial office down to the three employers."""

import copy
from random import Random
from typing import Any

from zc.world.model import Unit
from zc.world.numbers import landline, uscc
from zc.world.people import Census
from zc.world.places import CITY, DISTRICTS, ITSELF, PROVINCE

# key, name, kind digits of the USCC, kinds, nature, jurisdiction, superior
_UNITS = (
    ("province_hr", "四川省人力资源和社会保障厅", "11", ("HR",), "STATE_ORGAN", PROVINCE[0] + ITSELF, ""),
    ("city_hr", "成都市人力资源和社会保障局", "11", ("HR",), "STATE_ORGAN", CITY[0] + ITSELF, "province_hr"),
    ("agriculture", "成都市农业农村局", "11", ("SUPERVISING",), "STATE_ORGAN", CITY[0] + ITSELF, "city_hr"),
    (
        "employer_a",
        "成都市农业技术推广总站",
        "12",
        ("DECLARING",),
        "INSTITUTION",
        CITY[0] + ITSELF,
        "agriculture",
    ),
    (
        "employer_b",
        "成都市园艺作物研究所",
        "12",
        ("DECLARING",),
        "INSTITUTION",
        CITY[0] + ITSELF,
        "agriculture",
    ),
    (
        "employer_c",
        "成都锦田现代农业科技有限公司",
        "91",
        ("DECLARING",),
        "PRIVATE_ENTERPRISE",
        "510114",
        "agriculture",
    ),
)

# How a unit comes into the system; the superior creates it unless it registers itself.
_STORIES: dict[str, dict[str, Any]] = {
    "province_hr": {"origin": "bootstrap"},
    "employer_a": {"origin": "created", "posts": 2},
    "employer_c": {
        "origin": "registers",
        "return": {"opinion": "营业执照扫描件与单位名称不一致，请更正后重新提交。"},
        "wrong": {"name": "成都锦田农业科技公司"},
    },
}

_STREETS = ("蜀源路", "天府大道", "人民南路", "锦江大道", "清江东路", "蓉都大道", "学府路")


_SERIALS = range(10**7, 10**8)


def units(seed: int, census: Census, cohort: int = 0) -> dict[str, Unit]:
    """Returns the units by key, superiors first; another cohort's have other codes."""
    draw = Random(f"units {seed}")
    return {row[0]: _unit(draw, census, cohort, *row) for row in _UNITS}


def _unit(
    draw: Random,
    census: Census,
    cohort: int,
    key: str,
    name: str,
    digits: str,
    kinds: tuple[str, ...],
    nature: str,
    jurisdiction: str,
    superior: str,
) -> Unit:
    district = jurisdiction if jurisdiction in DISTRICTS else draw.choice(list(DISTRICTS)[:5])
    street = f"{draw.choice(_STREETS)}{draw.randrange(1, 300)}号"
    serial = _SERIALS[(draw.choice(_SERIALS) - _SERIALS[0] + cohort) % len(_SERIALS)]
    return Unit(
        key=key,
        name=name,
        uscc=uscc(digits, jurisdiction.removesuffix(ITSELF), serial),
        kinds=kinds,
        nature=nature,
        jurisdiction=jurisdiction,
        location=district,
        superior=superior,
        contact=census.person(f"{key}-contact", (1970, 1992)).name,
        phone=landline(draw),
        address=f"{PROVINCE[1]}{CITY[1]}{DISTRICTS[district]}{street}",
        legal_person=census.person(f"{key}-head", (1966, 1982)).name,
        story=copy.deepcopy(_STORIES.get(key, {"origin": "created"})),
    )
