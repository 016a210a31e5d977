"""ID numbers after GB 11643: any region that ever was, a real date, the check character."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from provinces import IdNumberInvalid, people
from provinces.people import Sex
from stdnum.cn import ric

TODAY = date(2026, 9, 1)
births = st.dates(date(1900, 1, 1), TODAY)
numbers = st.builds(
    lambda province, county, birth, order: f"{province}{county:04d}{birth:%Y%m%d}{order:03d}",
    st.sampled_from(sorted(people.PROVINCES)),
    st.integers(0, 9999),
    births,
    st.integers(0, 999),
).map(lambda body: body + people.check_char(body))


@pytest.mark.parametrize(
    ("number", "birth", "sex"),
    [
        ("11010519491231002X", date(1949, 12, 31), Sex.FEMALE),  # the standard's own examples
        ("440524188001010014", date(1880, 1, 1), Sex.MALE),
        ("34052419800101001x", date(1980, 1, 1), Sex.MALE),
    ],
)
def test_known_numbers_are_read(number: str, birth: date, sex: Sex) -> None:
    person = people.parse_id_number(number, TODAY)
    assert (person.birth, person.sex, person.number) == (birth, sex, number.upper())


def test_a_number_of_a_region_of_another_time_is_valid_although_stdnum_refuses_it() -> None:
    assert people.is_id_number("440524188001010014", TODAY)
    assert not ric.is_valid("440524188001010014")
    # 510128 (Chongqing county, Chengdu) is Chongzhou city since 1994; its people keep their numbers.
    body = "51012819960115002"
    number = body + people.check_char(body)
    assert people.is_id_number(number, TODAY)
    assert not ric.is_valid(number)


@given(numbers)
def test_every_number_made_by_the_rules_is_read_back(number: str) -> None:
    person = people.parse_id_number(number, TODAY)
    assert f"{person.birth:%Y%m%d}" == number[6:14]
    assert person.birth == people.birth_of(number)
    assert (person.sex, person.sex) == (people.sex_of(number), [Sex.FEMALE, Sex.MALE][int(number[16]) % 2])


@given(numbers, st.integers(0, 17), st.sampled_from("0123456789X"))
def test_a_single_wrong_character_is_always_found(number: str, place: int, char: str) -> None:
    changed = number[:place] + char + number[place + 1 :]
    assert people.is_id_number(changed, TODAY) is (changed == number)


@given(numbers, st.integers(0, 16))
def test_two_neighbours_swapped_are_always_found(number: str, place: int) -> None:
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert people.is_id_number(swapped, TODAY) is (swapped == number)


def with_check(body: str) -> str:
    return body + people.check_char(body)


@pytest.mark.parametrize(
    "number",
    [
        "",
        "11010519491231002",
        "１１０１０５１９４９１２３１００２X",
        with_check("10010519491231002"),  # no such province
        with_check("11010519490231002"),  # no such day
        with_check("11010520260902002"),  # born tomorrow
        with_check("11010517991231002"),
        "110105194912310021",
        "110105491231002",  # fifteen digits are no longer issued
    ],
)
def test_what_cannot_be_a_number_is_refused_without_repeating_it(number: str) -> None:
    with pytest.raises(IdNumberInvalid) as refused:
        people.parse_id_number(number, TODAY)
    assert number == "" or number not in refused.value.detail


@pytest.mark.req("IDN-20", "BEY-32")
def test_numbers_and_names_are_masked() -> None:
    assert people.mask_id("11010519491231002X") == "*****002X"
    assert people.mask_id("E123") == "*****"
    assert [people.mask_name(name) for name in ("李梅", "欧阳小华", "李", "")] == ["*梅", "***华", "*", ""]
