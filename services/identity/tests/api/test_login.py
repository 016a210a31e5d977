"""Logging in through the provincial platform."""

import asyncio
from datetime import timedelta

import pytest
from chassis.clock import real_now
from contracts.identity.v1 import PersonMerged, PersonRegistered, PersonRenamed
from contracts.permissions import Holder, of_holder
from sqlalchemy import select, update


@pytest.mark.req("IDN-01", "IDN-02", "IDN-03")
async def test_an_individual_logs_in_through_the_platform_and_gets_every_permission_of_persons(
    portal, make, emitted
):
    tokens = await portal.enter()
    claims = make.claims_in(tokens["access_token"])
    assert tokens["token_type"] == "Bearer"
    assert tokens["expires_in"] <= 600
    assert claims["perms"] == sorted(of_holder(Holder.PERSON))
    assert claims["person"] == str(make.person_ref())
    assert (claims["kind"], claims["name"], "unit" in claims) == ("individual", "王小明", False)
    registered = [event for event in await emitted() if isinstance(event, PersonRegistered)]
    assert [(e.subject, e.state.name) for e in registered] == [(make.person_ref(), "王小明")]


async def test_the_platform_is_asked_with_the_entrance_and_a_challenge_of_our_own(portal, platform):
    way = await portal.authorize("unit")
    assert way.status_code == 303
    location = way.headers["location"]
    assert location.startswith("https://platform.example/authorization?")
    assert "entrance=legal_person" in location
    assert "code_challenge_method=S256" in location
    assert "portal-state" not in location


async def test_the_access_token_opens_routes_and_shows_who_i_am_masked(
    portal, api, make, deliver, emitted, monkeypatch
):
    tokens = await portal.enter()
    await deliver(*[event for event in await emitted() if event.type == "identity.key.published.v1"])
    monkeypatch.setattr("chassis.auth._REFRESH", 0.0)  # the key of this test is news
    me = await portal.http.get("me", headers={"Authorization": f"Bearer {tokens['access_token']}"})
    assert me.status_code == 200
    shown = me.json()
    assert (shown["name"], shown["id_number"]) == ("**明", "*****" + make.id_number()[-4:])
    assert {"name": "applications.application.apply", "label": "个人申报"} in shown["permissions"]


@pytest.mark.req("IDN-20")
async def test_me_never_shows_the_whole_number(api, make):
    answer = await api.as_person().get("/me")
    assert answer.json()["name"] == "*三"
    assert (await api.nobody.get("/me")).status_code == 401


@pytest.mark.parametrize(
    "changes",
    [{"client_id": "nobody"}, {"redirect_uri": "https://portal.example/callback/"}, {"redirect_uri": ""}],
)
async def test_an_unregistered_address_is_never_redirected_to(portal, changes):
    answer = await portal.authorize(**changes)
    assert answer.status_code == 422
    assert answer.json()["code"] == "unknown-portal"
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"state": ""}, "invalid_request"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": ""}, "invalid_request"),
        ({"entrance": "back-door"}, "invalid_request"),
    ],
)
async def test_a_registered_portal_is_told_what_its_request_lacks(portal, make, changes, error):
    told = make.answered(await portal.authorize(**changes))
    assert told["error"] == error
    assert "code" not in told


async def test_a_portal_with_a_query_of_its_own_keeps_it(portal):
    answer = await portal.authorize(
        client_id="other", redirect_uri="https://other.example/cb?x=1", response_type=""
    )
    assert answer.headers["location"].startswith("https://other.example/cb?x=1&error=")


async def test_while_the_platform_is_away_the_portal_is_told(portal, platform, make):
    platform.away = True
    assert make.answered(await portal.authorize())["error"] == "temporarily_unavailable"
    platform.away = False
    way = await portal.authorize()
    back = platform.log_in(way.headers["location"], **make.a_person())
    platform.away = True
    told = make.answered(await portal.http.get("callback", params=back))
    assert (told["error"], told["error_uri"]) == ("temporarily_unavailable", "/problems/platform-away")
    assert told["state"] == "portal-state"


@pytest.mark.parametrize("spoil", [{"nonce": "x"}, {"aud": "x"}, {"iss": "https://evil"}, {"exp": 1}])
async def test_an_id_token_for_somebody_or_something_else_is_distrusted(portal, platform, spoil):
    platform.spoil = spoil
    told = await portal.arrive()
    assert (told["error"], told["error_description"]) == ("access_denied", "platform-distrusted")


async def test_a_new_key_of_the_platform_is_found_and_a_forged_token_is_distrusted(portal, platform):
    from joserfc.jwk import ECKey

    assert "code" in await portal.arrive()
    platform.key = ECKey.generate_key("P-256", {"kid": "p1"})
    assert "code" in await portal.arrive()
    platform.shown = platform.key  # what the key address shows stays; the token is signed with another
    platform.key = ECKey.generate_key("P-256", {"kid": "p1"})
    assert (await portal.arrive())["error_description"] == "platform-distrusted"


async def test_claims_missing_from_the_id_token_are_read_from_userinfo(portal, platform):
    platform.thin = True
    assert "code" in await portal.arrive()
    assert "/userinfo" in platform.asked


@pytest.mark.parametrize(
    "claims", [{"id_number": "510104199003070013"}, {"name": ""}, {"account_type": None}]
)
async def test_incomplete_or_wrong_claims_end_the_login(portal, claims):
    told = await portal.arrive(**claims)
    assert told["error"] == "access_denied"


async def test_an_unknown_state_and_a_cancelled_login_bring_no_code(portal, make):
    answer = await portal.http.get("callback", params={"state": "x", "code": "y"})
    assert (answer.status_code, answer.json()["code"]) == (409, "sign-in-over")
    way = await portal.authorize()
    state = portal.platform.log_in(way.headers["location"])["state"]
    told = make.answered(await portal.http.get("callback", params={"state": state, "error": "access_denied"}))
    assert told["error_description"] == "sign-in-cancelled"


async def test_an_answer_of_another_issuer_is_refused(portal, platform, make):
    way = await portal.authorize()
    back = platform.log_in(way.headers["location"], **make.a_person()) | {"iss": "https://evil.example"}
    assert make.answered(await portal.http.get("callback", params=back))["error"] == "access_denied"


async def test_a_login_that_took_too_long_is_over(portal, platform, make, db):
    from identity.tables import SignIn

    way = await portal.authorize()
    back = platform.log_in(way.headers["location"], **make.a_person())
    await db.execute(update(SignIn).values(expires_at=real_now() - timedelta(seconds=1)))
    await db.commit()
    assert (await portal.http.get("callback", params=back)).status_code == 409


@pytest.mark.req("Q50", "BEY-34")
async def test_equal_callbacks_at_once_count_once(portal, platform, make, db):
    from identity.tables import Account, LoginSession

    way = await portal.authorize()
    back = platform.log_in(way.headers["location"], **make.a_person())
    answers = await asyncio.gather(*(portal.http.get("callback", params=back) for _ in range(5)))
    codes = {make.answered(answer)["code"] for answer in answers}
    assert len(codes) == 1
    assert platform.asked.count("/token") == 1
    assert len(list(await db.scalars(select(LoginSession)))) == 1
    assert len(list(await db.scalars(select(Account)))) == 1
    other = await portal.http.get("callback", params=back | {"code": "another"})
    assert other.status_code == 409


async def test_a_person_who_comes_twice_at_once_has_one_account(portal, db, emitted):
    from identity.tables import Account

    told = await asyncio.gather(*(portal.arrive() for _ in range(4)))
    assert len({one["code"] for one in told}) == 4
    assert len(list(await db.scalars(select(Account)))) == 1
    assert [e.type for e in await emitted()].count("identity.person.registered.v1") == 1


@pytest.mark.req("IDN-04")
async def test_name_and_number_are_the_platforms_and_the_number_is_sealed(portal, make, db, emitted):
    from chassis.persons import unseal
    from contracts.applications.v1 import SealedText
    from identity.tables import Account

    await portal.arrive()
    account = (await db.scalars(select(Account))).one()
    assert make.id_number() not in str(account)
    assert unseal(SealedText(**account.number)) == make.id_number()
    await portal.arrive(name="王晓明")
    renamed = [event for event in await emitted() if isinstance(event, PersonRenamed)]
    assert [(e.subject, e.revision, e.state.name) for e in renamed] == [(make.person_ref(), 2, "王晓明")]


async def test_a_corrected_number_merges_the_old_reference_into_the_new(portal, make, emitted):
    await portal.arrive(sub="same")
    await portal.arrive(sub="same", id_number=make.id_number(2))
    merged = [event for event in await emitted() if isinstance(event, PersonMerged)]
    assert [(e.subject, e.state.merged_into) for e in merged] == [
        (make.person_ref(), make.person_ref(make.id_number(2)))
    ]


async def test_a_units_subject_that_passes_to_another_handler_merges_nobody(portal, make, emitted):
    await portal.arrive("unit", sub="unit")
    await portal.arrive("unit", sub="unit", id_number=make.id_number(2))
    assert not [event for event in await emitted() if isinstance(event, PersonMerged)]


@pytest.mark.req("IDN-01")
@pytest.mark.parametrize(("entrance", "kind"), [("individual", "legal_person"), ("unit", "individual")])
async def test_accounts_enter_only_by_their_own_entrance(portal, entrance, kind):
    told = await portal.arrive(entrance, account_type=kind)
    assert (told["error"], told["error_description"]) == ("access_denied", "wrong-entrance")
