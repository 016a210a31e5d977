"""The pure rules: who enters as what, what a one-time secret means, which permissions units hold."""

from datetime import UTC, datetime, timedelta

import pytest
from contracts.permissions import PERMISSIONS, Holder
from contracts.vocabulary import UnitKind
from hypothesis import given
from hypothesis import strategies as st
from identity import rules
from identity.domain.entering import (
    Entrance,
    Membership,
    NotStaff,
    Standing,
    UnitFacts,
    UnitUnnamed,
    WrongEntrance,
    standing,
)
from identity.domain.grants import OneTime, Use, challenge_of, proves

NOW = datetime(2026, 9, 1, tzinfo=UTC)
E, S = Entrance, Standing
ADMIN, STAFF, GONE = Membership(True, True), Membership(True, False), Membership(False, True)
HR, OTHER, ASKING = UnitFacts(True, True), UnitFacts(True, False), UnitFacts(False, False)


@pytest.mark.req("IDN-13", "IDN-14", "IDN-15", "IDN-16")
@pytest.mark.parametrize(
    ("entrance", "uscc", "unit", "membership", "result"),
    [
        (E.INDIVIDUAL, None, None, None, S.PERSON),
        (E.INDIVIDUAL, "x", OTHER, ADMIN, S.PERSON),
        (E.UNIT, None, None, None, UnitUnnamed),
        (E.UNIT, "x", None, None, S.NEW_UNIT),
        (E.INTRANET, "x", None, None, S.NEW_UNIT),
        (E.UNIT, "x", ASKING, None, S.NEW_UNIT),
        (E.UNIT, "x", ASKING, ADMIN, S.NEW_UNIT),
        (E.UNIT, "x", OTHER, ADMIN, S.SUPER_ADMIN),
        (E.UNIT, "x", OTHER, STAFF, S.STAFF),
        (E.UNIT, "x", OTHER, GONE, NotStaff),
        (E.UNIT, "x", OTHER, None, NotStaff),
        (E.UNIT, "x", HR, ADMIN, WrongEntrance),
        (E.INTRANET, "x", OTHER, ADMIN, WrongEntrance),
        (E.INTRANET, "x", HR, ADMIN, S.SUPER_ADMIN),
        (E.INTRANET, "x", HR, STAFF, S.STAFF),
    ],
)
def test_standing(entrance, uscc, unit, membership, result):
    if isinstance(result, Standing):
        assert standing(entrance, uscc, unit, membership) is result
    else:
        with pytest.raises(result):
            standing(entrance, uscc, unit, membership)


@pytest.mark.parametrize(
    ("used", "late", "result"),
    [(False, -1, Use.GOOD), (False, 0, Use.EXPIRED), (True, -1, Use.REPLAYED), (True, 9, Use.REPLAYED)],
)
def test_a_one_time_secret_is_good_once_and_for_a_time(used, late, result):
    secret = OneTime(NOW, NOW if used else None)
    assert secret.use(NOW + timedelta(seconds=late)) is result


@given(st.text(alphabet="abcXYZ019-._~", min_size=43, max_size=128))
def test_only_the_verifier_proves_its_challenge(verifier):
    assert proves(verifier, challenge_of(verifier))
    assert not proves(verifier[:-1] + ("a" if verifier[-1] != "a" else "b"), challenge_of(verifier))


def test_the_challenge_is_that_of_the_standard():
    # RFC 7636, appendix B.
    assert proves(
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    )
    assert not proves("short", challenge_of("short"))


@given(st.sets(st.sampled_from(list(UnitKind))), st.lists(st.sets(st.sampled_from(sorted(PERMISSIONS)))))
def test_staff_never_have_more_than_their_roles_or_their_unit(kinds, granted):
    given_ = rules.of_roles(kinds, granted)
    assert given_ <= rules.assignable(kinds)
    assert given_ <= frozenset().union(*granted)
    for name in given_:
        assert PERMISSIONS[name].holders & {Holder.HR, Holder.SUPERVISING, Holder.DECLARING}


def test_a_unit_that_is_not_authorised_may_do_one_thing():
    assert {"units.permission.request"} == rules.NEW_UNIT_PERMISSIONS
