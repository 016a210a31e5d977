"""The token endpoint, logging out, keys."""

import asyncio
from datetime import timedelta

import pytest
from chassis.clock import real_now
from contracts.identity.v1 import KeyPublished, KeyRetired
from joserfc import jwt
from joserfc.jwk import KeySet
from sqlalchemy import update


async def test_a_code_is_good_once_and_its_replay_ends_what_came_of_it(portal):
    told = await portal.arrive()
    first = await portal.exchange(told["code"])
    assert first.status_code == 200
    assert first.headers["cache-control"] == "no-store"
    again = await portal.exchange(told["code"])
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert (await portal.refresh(first.json()["refresh_token"])).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": "w" * 43},
        {"code_verifier": ""},
        {"redirect_uri": "https://portal.example/other"},
        {"client_id": "other"},
    ],
)
async def test_a_code_without_its_proof_is_refused_and_burnt(portal, changes):
    told = await portal.arrive()
    answer = await portal.exchange(told["code"], **changes)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert (await portal.exchange(told["code"])).status_code == 400
    assert (await portal.exchange("guessed")).status_code == 400


async def test_a_code_lives_for_a_minute(portal, db):
    from identity.tables import GrantCode

    told = await portal.arrive()
    await db.execute(update(GrantCode).values(expires_at=real_now()))
    await db.commit()
    assert (await portal.exchange(told["code"])).json()["error"] == "invalid_grant"


async def test_two_exchanges_at_once_bring_one_session_at_most(portal):
    told = await portal.arrive()
    answers = await asyncio.gather(*(portal.exchange(told["code"]) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]


async def test_a_refresh_token_rotates_and_its_replay_revokes_the_family(portal):
    first = await portal.enter()
    second = (await portal.refresh(first["refresh_token"])).json()
    assert second["refresh_token"] != first["refresh_token"]
    third = (await portal.refresh(second["refresh_token"])).json()
    replay = await portal.refresh(first["refresh_token"])
    assert (replay.status_code, replay.json()["error"]) == (400, "invalid_grant")
    assert (await portal.refresh(third["refresh_token"])).status_code == 400


async def test_a_refresh_token_is_its_clients_own_and_ends_when_idle(portal, db):
    from identity.tables import RefreshToken

    tokens = await portal.enter()
    stolen = await portal.refresh(tokens["refresh_token"], client_id="other")
    assert stolen.json()["error"] == "invalid_grant"
    await db.execute(update(RefreshToken).values(expires_at=real_now() - timedelta(seconds=1)))
    await db.commit()
    assert (await portal.refresh(tokens["refresh_token"])).status_code == 400


@pytest.mark.req("IDN-22")
async def test_logging_out_ends_the_family(portal):
    first = await portal.enter()
    second = (await portal.refresh(first["refresh_token"])).json()
    out = await portal.http.post("logout", data={"token": second["refresh_token"]})
    assert (out.status_code, out.json()) == (200, {"logged_out": True})
    assert (await portal.refresh(second["refresh_token"])).status_code == 400
    assert (await portal.http.post("logout", data={"token": "guessed"})).status_code == 200


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({}, 400, "unsupported_grant_type"),
        ({"grant_type": "refresh_token", "client_id": "x"}, 401, "invalid_client"),
        ({"grant_type": "authorization_code", "client_id": "x"}, 401, "invalid_client"),
        ({"grant_type": "refresh_token", "client_secret": "s"}, 401, "invalid_client"),
        ({"grant_type": "client_credentials", "client_id": "x"}, 401, "invalid_client"),
    ],
)
async def test_errors_are_those_of_oauth(portal, form, status, error):
    answer = await portal.token(**form)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


async def test_tokens_are_es256_of_a_key_in_the_jwks(portal):
    tokens = await portal.enter()
    keys = (await portal.http.get("jwks")).json()
    assert all("d" not in key for key in keys["keys"])
    decoded = jwt.decode(tokens["access_token"], KeySet.import_key_set(keys), algorithms=["ES256"])
    assert (decoded.header["typ"], decoded.header["alg"]) == ("at+jwt", "ES256")
    assert decoded.claims["exp"] - decoded.claims["iat"] <= 600


async def test_discovery_names_the_endpoints(portal, runtime):
    found = (await portal.http.get(".well-known/openid-configuration")).json()
    issuer = runtime.settings.issuer
    assert found["issuer"] == issuer
    assert found["token_endpoint"] == f"{issuer}/token"
    assert found["code_challenge_methods_supported"] == ["S256"]


async def test_processes_that_start_together_make_one_key(runtime, empty, emitted, db):
    from identity.actions.keys import ensure

    await asyncio.gather(*(ensure(runtime.sessions) for _ in range(4)))
    published = await emitted()
    assert [type(event) for event in published] == [KeyPublished]
    assert "d" not in published[0].state.jwk


async def test_a_new_key_signs_once_everybody_knows_it_and_the_old_one_is_retired(
    portal, runtime, db, emitted
):
    from identity.actions.keys import rotate
    from identity.store.keys import signing, usable
    from identity.tables import SigningKey

    [old] = [key.kid for key in await usable(db)]
    [new] = await rotate(runtime.sessions, retire=False)
    assert (await signing(db))[0] == old
    assert await rotate(runtime.sessions, retire=True) == []
    await db.execute(update(SigningKey).values(made_at=SigningKey.made_at - timedelta(minutes=6)))
    await db.commit()
    assert (await signing(db))[0] == new
    assert await rotate(runtime.sessions, retire=True) == [old]
    retired = [event for event in await emitted() if isinstance(event, KeyRetired)]
    assert [(event.state.kid, event.state.retired) for event in retired] == [(old, True)]


async def test_what_expired_long_ago_is_swept(portal, db):
    from identity.tables import SignIn
    from sqlalchemy import select

    await portal.authorize()
    await db.execute(update(SignIn).values(expires_at=real_now() - timedelta(days=2)))
    await db.commit()
    await portal.authorize()
    assert len(list(await db.scalars(select(SignIn)))) == 1
