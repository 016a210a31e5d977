"""A certificate number says where, when, which level and which one, and finds slips of the pen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from provinces import (
    CertificateNumber,
    CertificateNumberInvalid,
    Numbering,
    Pack,
    certificate_number,
    parse_certificate_number,
)

LEVELS = ["JUNIOR", "INTERMEDIATE", "DEPUTY_SENIOR", "FULL_SENIOR"]
parts = st.builds(
    CertificateNumber,
    st.integers(110000, 659999).map(str),
    st.integers(1990, 2100),
    st.sampled_from(LEVELS),
    st.integers(1, 9_999_999),
)


@given(parts)
def test_what_goes_in_comes_out(said: CertificateNumber) -> None:
    number = certificate_number(*said)
    assert len(number) == 19
    assert parse_certificate_number(number.lower()) == said


@given(parts, st.integers(0, 18), st.sampled_from("0123456789X"))
def test_a_single_wrong_character_is_always_found(said: CertificateNumber, place: int, char: str) -> None:
    number = certificate_number(*said)
    changed = number[:place] + char + number[place + 1 :]
    if changed != number:
        with pytest.raises(CertificateNumberInvalid):
            parse_certificate_number(changed)


def test_the_pack_says_how_to_number(pack: Pack) -> None:
    assert pack.numbering == Numbering()
    number = pack.numbering.make("510100", 2026, "INTERMEDIATE", 1)
    assert number[:-1] == "510100202620000001"
    assert pack.numbering.parse(number).serial == 1


@pytest.mark.parametrize(
    ("region", "year", "level", "serial"),
    [
        ("5101", 2026, "JUNIOR", 1),
        ("510100L", 2026, "JUNIOR", 1),
        ("510100", 26, "JUNIOR", 1),
        ("510100", 2026, "HIGH", 1),
        ("510100", 2026, "JUNIOR", 0),
        ("510100", 2026, "JUNIOR", 10_000_000),
    ],
)
def test_what_cannot_be_numbered_is_refused(region: str, year: int, level: str, serial: int) -> None:
    with pytest.raises(CertificateNumberInvalid):
        certificate_number(region, year, level, serial)
