"""Series, level, specialty and title restrict each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from provinces import NotInCatalogue, Pack, load_pack


def test_the_catalogue_has_the_27_series_each_with_levels_and_specialties(pack: Pack) -> None:
    names = [one.name for one in pack.catalogue.all_series()]
    assert len(set(names)) == 27
    seen = ["高等学校教师", "哲学社会科学研究", "自然科学研究", "卫生技术", "工程技术", "农业技术", "新闻"]
    assert {*seen, "出版", "图书资料", "文物博物", "档案", "会计", "公共法律服务"} <= set(names)
    assert {e.series for e in pack.catalogue.entries} == {s.code for s in pack.catalogue.all_series()}
    assert len(set(pack.catalogue.entries)) == len(pack.catalogue.entries)


@pytest.mark.req("APP-02")
def test_one_choice_narrows_the_others(pack: Pack) -> None:
    catalogue = pack.catalogue
    assert catalogue.options(series="agriculture", specialty="农学").titles == (
        "农业技术员", "助理农艺师", "农艺师", "高级农艺师", "正高级农艺师", "农业技术推广研究员",
    )  # fmt: skip
    assert catalogue.options(series="agriculture", level="INTERMEDIATE", specialty="畜牧").titles == (
        "畜牧师",
    )
    assert [one.name for one in catalogue.options(title="农艺师").series] == ["农业技术"]
    assert catalogue.options(title="农艺师").levels == ("INTERMEDIATE",)


@pytest.mark.req("APP-02")
def test_clearing_the_series_brings_all_options_back(pack: Pack) -> None:
    assert len(pack.catalogue.options().series) == 27
    assert pack.catalogue.options().levels == ("JUNIOR", "INTERMEDIATE", "DEPUTY_SENIOR", "FULL_SENIOR")


@given(st.data())
def test_every_option_left_leads_to_a_title(data: st.DataObject) -> None:
    catalogue = load_pack("sichuan@2026-01-01").catalogue
    series = data.draw(st.sampled_from(catalogue.options().series)).code
    level = data.draw(st.sampled_from(catalogue.options(series=series).levels))
    specialty = data.draw(st.sampled_from(catalogue.options(series=series, level=level).specialties))
    left = catalogue.options(series=series, level=level, specialty=specialty)
    title = data.draw(st.sampled_from(left.titles))
    assert catalogue.entry(series, level, specialty, title).title == title
    assert catalogue.level_of(series, title) == level


def test_what_does_not_go_together_is_refused(pack: Pack) -> None:
    with pytest.raises(NotInCatalogue):
        pack.catalogue.entry("agriculture", "INTERMEDIATE", "畜牧", "农艺师")
    with pytest.raises(NotInCatalogue):
        pack.catalogue.series("不存在")
    with pytest.raises(NotInCatalogue):
        pack.catalogue.level_of("agriculture", "工程师")
    assert pack.catalogue.series("农业技术") == pack.catalogue.series("agriculture")
