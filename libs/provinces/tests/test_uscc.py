"""Unified social credit codes after GB 32100, with the organisation's own check character."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from provinces import UsccInvalid, uscc
from stdnum.cn import uscc as other

ORGANISATION = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def a_code(first: str, category: str, region: str, body: str) -> str:
    start = first + category + region + body
    start += uscc.organisation_check_char(body)
    return start + uscc.check_char(start)


codes = st.builds(
    a_code,
    st.sampled_from("159YANGH"),
    st.sampled_from("1239"),
    st.sampled_from(["510100", "100000", "440300", "659001"]),
    st.text(alphabet=ORGANISATION, min_size=8, max_size=8),
)


@pytest.mark.parametrize("code", ["91110000802100433B", "9144030071526726XG", "914403001922038216"])
def test_codes_of_well_known_firms_are_valid(code: str) -> None:
    assert uscc.parse_uscc(f" {code.lower()} ") == code


@given(codes)
def test_every_code_made_by_the_rules_is_valid(code: str) -> None:
    assert uscc.parse_uscc(code) == code


def test_a_code_that_begins_with_a_letter_is_valid_although_stdnum_refuses_it() -> None:
    code = a_code("N", "2", "510104", "MA6C1234")
    assert uscc.is_uscc(code)
    assert not other.is_valid(code)


@given(codes, st.integers(0, 17), st.sampled_from(uscc.ALPHABET))
def test_a_single_wrong_character_is_always_found(code: str, place: int, char: str) -> None:
    changed = code[:place] + char + code[place + 1 :]
    assert uscc.is_uscc(changed) is (changed == code)


def with_check(first17: str) -> str:
    return first17 + uscc.check_char(first17)


@pytest.mark.parametrize(
    "code",
    [
        "",
        "91110000802100433",
        "91110000802100433I",
        "9111000080210043ZB",
        with_check("91990000802100433"),  # no such province
        with_check("91110000802100434"),  # the organisation's check character is wrong, the code's own right
        "91110000802100433C",
    ],
)
def test_what_cannot_be_a_code_is_refused(code: str) -> None:
    with pytest.raises(UsccInvalid):
        uscc.parse_uscc(code)
