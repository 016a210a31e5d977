"""Access tokens: which keys are believed, and what forged tokens cost."""

import asyncio
from uuid import uuid4

import pytest
from chassis import auth, clock
from chassis.auth import Keys, KnownKey, token_of
from chassis.problems import Unauthenticated
from joserfc.jwk import ECKey
from sqlalchemy import update


@pytest.fixture
async def key(db):
    made, kid = ECKey.generate_key("P-256"), f"k-{uuid4()}"
    db.add(KnownKey(id=uuid4(), revision=1, kid=kid, jwk=made.as_dict(private=False)))
    await db.commit()
    yield made, kid
    await db.execute(update(KnownKey).where(KnownKey.kid == kid).values(retired=True))
    await db.commit()


@pytest.fixture
def keys(runtime):
    return Keys(runtime.sessions, runtime.settings.issuer)


def a_token(runtime, key, kid, **changes):
    claims = {
        "sub": str(uuid4()),
        "person": str(uuid4()),
        "name": "甲",
        "kind": "unit",
        "perms": [],
        **changes,
    }
    return token_of(claims, key, kid=kid, issuer=runtime.settings.issuer, lives=600, now=clock.real_now())


async def test_a_retired_key_is_no_longer_believed_after_a_minute(runtime, db, keys, key, monkeypatch):
    token = a_token(runtime, *key)
    assert (await keys.caller(token)).name == "甲"
    await db.execute(update(KnownKey).where(KnownKey.kid == key[1]).values(retired=True))
    await db.commit()
    monkeypatch.setattr(auth, "_REFRESH", 0.0)
    with pytest.raises(Unauthenticated):
        await keys.caller(token)


async def test_a_storm_of_forged_tokens_costs_one_look_at_the_database(runtime, keys, key, monkeypatch):
    looks = []
    read = Keys._read

    async def counted(self):
        looks.append(1)
        await read(self)

    monkeypatch.setattr(Keys, "_read", counted)
    forged = [a_token(runtime, key[0], str(uuid4())) for _ in range(30)]
    answers = await asyncio.gather(*(keys.caller(token) for token in forged), return_exceptions=True)
    assert {type(answer) for answer in answers} == {Unauthenticated}
    assert len(looks) == 1


async def test_a_key_that_cannot_be_read_does_not_lock_everybody_out(runtime, db, keys, key):
    broken = KnownKey(id=uuid4(), revision=1, kid=str(uuid4()), jwk={"kty": "EC"})
    db.add(broken)
    await db.commit()
    assert (await keys.caller(a_token(runtime, *key))).name == "甲"
    await db.delete(broken)
    await db.commit()


@pytest.mark.parametrize(
    "changes",
    [{"iss": "https://elsewhere"}, {"aud": "other"}, {"aud": ["title-review", "other"]}, {"exp": 1}],
)
async def test_a_token_for_others_or_of_yesterday_is_refused(runtime, keys, key, changes):
    with pytest.raises(Unauthenticated):
        await keys.caller(a_token(runtime, *key, **changes))
