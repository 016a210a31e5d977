"""Regions form a tree with level-itself leaves, and an area covers what lies below it."""

import pytest
from provinces import Pack, RegionUnknown


def test_sichuan_has_21_cities_and_183_counties(pack: Pack) -> None:
    (province,) = pack.regions.children()
    below = pack.regions.children(province.code)
    cities = [one for one in below if not one.itself]
    counties = [c for city in cities for c in pack.regions.children(city.code) if not c.itself]
    assert (province.name, len(cities), len(counties)) == ("四川省", 21, 183)
    assert all(one.gb.isdigit() and len(one.gb) == 6 for one in pack.regions.all())


@pytest.mark.req("UNT-05")
def test_units_belong_to_a_level_itself_or_a_county(pack: Pack) -> None:
    regions = pack.regions
    assert (regions.path_name("510000L"), regions.path_name("510100L")) == (
        "四川省/省本级",
        "四川省/成都市/市本级",
    )
    assert [regions.is_jurisdiction(code) for code in ("510000L", "510100L", "510104")] == [True] * 3
    assert [regions.is_jurisdiction(code) for code in ("510000", "510100", "999999")] == [False] * 3


@pytest.mark.req("APP-04")
def test_an_area_covers_its_own_leaf_city_and_province(pack: Pack) -> None:
    covering = [one.code for one in pack.regions.all() if pack.regions.covers(one.code, "510100L")]
    assert covering == ["510000", "510100", "510100L"]
    with pytest.raises(RegionUnknown):
        pack.regions.covers("510000", "110000")
