"""Tokens that prove nothing: expired, forged, of another kind or another house."""

import base64
from datetime import timedelta
from uuid import uuid4

import orjson
import pytest
from chassis import clock
from chassis.auth import token_of
from chassis.testing.clients import KEY, KID
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

PERMISSION = "units.unit.edit"


def claims() -> dict:
    person = str(uuid4())
    return {
        "sub": person, "person": person, "name": "张三", "kind": "unit", "perms": [PERMISSION], "unit": str(uuid4()),
    }  # fmt: skip


def issued(issuer: str, *, key: ECKey = KEY, kid: str = KID, ago: timedelta = timedelta(), **changes) -> str:
    return token_of(
        {**claims(), **changes}, key, kid=kid, issuer=issuer, lives=600, now=clock.real_now() - ago
    )


def of_another_type(issuer: str) -> str:
    now = int(clock.real_now().timestamp())
    body = {"iss": issuer, "aud": "title-review", "iat": now, "exp": now + 600, **claims()}
    return jwt.encode({"alg": "ES256", "typ": "JWT", "kid": KID}, body, KEY)


def unsigned(issuer: str) -> str:
    _, body, _ = issued(issuer).split(".")
    head = (
        base64.urlsafe_b64encode(orjson.dumps({"alg": "none", "typ": "at+jwt", "kid": KID}))
        .rstrip(b"=")
        .decode()
    )
    return f"{head}.{body}."


def signed_with_the_public_key(issuer: str) -> str:
    now = int(clock.real_now().timestamp())
    body = {"iss": issuer, "aud": "title-review", "iat": now, "exp": now + 600, **claims()}
    key = OctKey.import_key(orjson.dumps(KEY.as_dict(private=False)))
    return jwt.encode({"alg": "HS256", "typ": "at+jwt", "kid": KID}, body, key)


def tampered(issuer: str) -> str:
    head, body, signature = issued(issuer).split(".")
    content = orjson.loads(base64.urlsafe_b64decode(body + "=="))
    content["unit"] = str(uuid4())
    return f"{head}.{base64.urlsafe_b64encode(orjson.dumps(content)).rstrip(b'=').decode()}.{signature}"


FORGERIES = {
    "expired": lambda issuer: issued(issuer, ago=timedelta(minutes=11)),
    "from the future": lambda issuer: issued(issuer, ago=timedelta(minutes=-5)),
    "of another issuer": lambda issuer: issued("https://elsewhere.example"),
    "for another audience": lambda issuer: issued(issuer, aud="another-system"),
    "signed by another key under our name": lambda issuer: issued(issuer, key=ECKey.generate_key("P-256")),
    "of an unknown key": lambda issuer: issued(issuer, kid="nobody's"),
    "of another type": of_another_type,
    "unsigned": unsigned,
    "signed with the public key": signed_with_the_public_key,
    "tampered with": tampered,
    "without a person": lambda issuer: issued(issuer, person=None),
    "rubbish": lambda issuer: "a.b.c",
}


@pytest.mark.req("BEY-34")
@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
async def test_a_token_that_proves_nothing_is_refused_and_changes_nothing(
    api, emitted, runtime, forge
) -> None:
    client = api.nobody
    client.http.headers["Authorization"] = f"Bearer {forge(runtime.settings.issuer)}"
    answer = await client.post("/notes", {"text": "伪"})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert await emitted() == []


async def test_a_good_token_is_let_in(api, runtime) -> None:
    client = api.nobody
    client.http.headers["Authorization"] = f"Bearer {issued(runtime.settings.issuer)}"
    assert (await client.post("/notes", {"text": "真"})).status_code == 201
