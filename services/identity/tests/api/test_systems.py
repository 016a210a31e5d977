"""Other information systems: registering them, their tokens, what ends them."""

import asyncio
import base64
import json
from datetime import timedelta
from urllib.parse import quote_plus

import pytest
from chassis.audit import AuditEntry
from chassis.clock import real_now
from chassis.db import transaction
from chassis.problems import Missing
from contracts.identity.v1 import SystemAllowed, SystemDisabled, SystemEnabled, SystemRegistered
from refusals.machine import IllegalMove
from sqlalchemy import select, update

FEED, WEBHOOK = "certificates.feed.read", "certificates.webhook.manage"


@pytest.fixture
def operator(runtime, empty):
    """Calls one use case of the command line in a transaction of its own."""
    from identity.actions import systems

    async def operate(act, *arguments):
        async with transaction(runtime.sessions) as db:
            return await getattr(systems, act)(db, *arguments)

    return operate


@pytest.fixture
async def archive(portal, operator):
    """A registered system, as it asks for tokens."""
    _, secret = await operator("register", "archive", "档案系统", [FEED, WEBHOOK])

    async def ask(secret=secret, **form):
        form = {"grant_type": "client_credentials", "client_id": "archive", "client_secret": secret} | form
        return await portal.http.post("token", data=form)

    ask.secret = secret
    return ask


def basic(client_id, secret):
    """The header of client_secret_basic; the parts are form-encoded first."""
    pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


async def test_a_system_gets_a_token_that_names_it_and_its_permissions(archive, make, db):
    from identity.tables import System

    answer = await archive()
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    body = answer.json()
    assert (body["token_type"], body["scope"], body["expires_in"] <= 600) == (
        "Bearer",
        f"{FEED} {WEBHOOK}",
        True,
    )
    assert "refresh_token" not in body
    claims = make.claims_in(body["access_token"])
    system = (await db.scalars(select(System))).one()
    assert (claims["sub"], claims["client_id"], claims["kind"]) == (str(system.id), "archive", "system")
    assert (claims["perms"], claims["name"]) == ([FEED, WEBHOOK], "档案系统")
    assert claims["exp"] - claims["iat"] <= 600


async def test_the_secret_may_come_by_http_basic(archive, portal):
    form = {"grant_type": "client_credentials"}
    answer = await portal.http.post("token", data=form, headers=basic("archive", archive.secret))
    assert answer.status_code == 200, answer.text
    both = {**form, "client_secret": archive.secret}
    for more in (both, {**form, "client_id": "other"}):
        answer = await portal.http.post("token", data=more, headers=basic("archive", archive.secret))
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    "header",
    ["Basic", "Basic %%%", "Basic YXJjaGl2ZQ==", "Digest x", basic("archive", "wrong")["Authorization"]],
)
async def test_a_bad_header_is_an_invalid_client_and_challenged(archive, portal, header):
    form = {"grant_type": "client_credentials"}
    answer = await portal.http.post("token", data=form, headers={"Authorization": header})
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert answer.headers["www-authenticate"].startswith("Basic realm=")


async def test_a_scope_narrows_and_never_widens(archive, make):
    answer = await archive(scope=FEED)
    assert answer.json()["scope"] == FEED
    assert make.claims_in(answer.json()["access_token"])["perms"] == [FEED]
    for scope in (f"{FEED} units.unit.edit", "anything"):
        answer = await archive(scope=scope)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


async def test_only_a_hash_of_the_secret_is_kept(archive, db):
    from identity.domain.grants import hash_of
    from identity.tables import SystemSecret

    kept = (await db.scalars(select(SystemSecret))).one()
    assert kept.secret_hash == hash_of(archive.secret)
    assert len(archive.secret) >= 43


async def test_two_secrets_are_good_while_one_replaces_the_other(archive, operator, db):
    from identity.tables import SystemSecret

    second = await operator("rotate", "archive", timedelta(hours=24))
    assert [(await archive(s)).status_code for s in (archive.secret, second)] == [200, 200]
    third = await operator("rotate", "archive", timedelta(hours=24))
    assert [(await archive(s)).status_code for s in (archive.secret, second, third)] == [401, 200, 200]
    await db.execute(update(SystemSecret).where(SystemSecret.ends_at.is_not(None)).values(ends_at=real_now()))
    await db.commit()
    assert [(await archive(s)).status_code for s in (second, third)] == [401, 200]
    fourth = await operator("rotate", "archive", timedelta())
    assert [(await archive(s)).status_code for s in (third, fourth)] == [401, 200]


async def test_a_disabled_system_gets_no_token_and_comes_back_with_another_secret(archive, operator):
    await operator("disable", "archive")
    told = await archive()
    unknown = await archive(client_id="nobody")
    assert (told.status_code, told.json()) == (401, unknown.json())
    with pytest.raises(IllegalMove):
        await operator("rotate", "archive", timedelta())
    secret = await operator("enable", "archive")
    assert [(await archive(s)).status_code for s in (archive.secret, secret)] == [401, 200]


async def test_permissions_are_those_of_the_moment(archive, operator, make):
    await operator("allow", "archive", [FEED])
    assert make.claims_in((await archive()).json()["access_token"])["perms"] == [FEED]
    await operator("allow", "archive", [])
    assert make.claims_in((await archive()).json()["access_token"])["perms"] == []


async def test_guessing_is_stopped_for_a_while_and_keeps_nobody_out_who_knows_the_secret(archive, db):
    from identity.tables import SystemGuesses

    told = await asyncio.gather(*(archive("wrong") for _ in range(14)))
    assert {answer.status_code for answer in told} == {401}
    assert sum("Retry-After" in answer.headers for answer in told) == 4
    stopped = await archive("wrong")
    assert (stopped.status_code, stopped.json()["error"]) == (401, "invalid_client")
    assert 0 < int(stopped.headers["retry-after"]) <= 61
    assert (await archive()).status_code == 200
    await db.execute(update(SystemGuesses).values(since=real_now() - timedelta(seconds=61)))
    await db.commit()
    assert "Retry-After" not in (await archive("wrong")).headers


async def test_what_is_done_to_systems_is_told_and_kept_in_the_trail(archive, operator, emitted, db):
    await operator("allow", "archive", [FEED])
    await operator("rotate", "archive", timedelta())
    await operator("disable", "archive")
    await operator("enable", "archive")
    told = [event for event in await emitted() if event.topic == "identity.system"]
    assert [type(event) for event in told] == [SystemRegistered, SystemAllowed, SystemDisabled, SystemEnabled]
    assert [event.revision for event in told] == [1, 2, 3, 4]
    assert [event.state.enabled for event in told] == [True, True, False, True]
    assert told[1].state.permissions == (FEED,)
    trail = list(await db.scalars(select(AuditEntry).order_by(AuditEntry.at)))
    assert [entry.action.rpartition(".")[2] for entry in trail] == [
        "registered", "allowed", "rotated", "disabled", "enabled",
    ]  # fmt: skip


async def test_what_cannot_be_registered(archive, operator):
    from identity.domain.systems import SystemInvalid, SystemTaken

    with pytest.raises(SystemTaken):
        await operator("register", "archive", "又一个", [])
    for client_id, permissions in (
        ("ab", []),
        ("Archive", []),
        ("a b c", []),
        ("other", ["units.unit.edit"]),
    ):
        with pytest.raises(SystemInvalid):
            await operator("register", client_id, "x", permissions)
    with pytest.raises(SystemInvalid):
        await operator("allow", "archive", ["identity.role.manage"])
    with pytest.raises(Missing):
        await operator("disable", "nobody")


def test_the_command_line_registers_lists_and_ends(runtime, empty, monkeypatch):
    """In a synchronous test: the commands run loops of their own."""
    from identity import commands
    from typer.testing import CliRunner

    monkeypatch.setattr(commands.service, "settings_class", lambda: runtime.settings)
    run = CliRunner().invoke

    def said(*words):
        done = run(commands.system, list(words))
        assert done.exit_code == 0, done.output
        return [json.loads(line) if line.startswith("{") else line for line in done.stdout.splitlines()]

    [made] = said("add", "archive", FEED, "--name", "档案系统")
    assert made["token_endpoint"] == f"{runtime.settings.issuer}/token"
    assert len(made["client_secret"]) >= 43
    assert said("allow", "archive", FEED, WEBHOOK) == [f"archive: {FEED} {WEBHOOK}"]
    [rotated] = said("rotate", "archive", "--overlap", "2")
    assert rotated["client_secret"] != made["client_secret"]
    [listed] = said("list")
    assert (listed["name"], listed["state"], len(listed["secrets"])) == ("档案系统", "ACTIVE", 2)
    assert made["client_secret"] not in json.dumps(listed)
    assert said("disable", "archive") == ["archive is disabled"]
    assert said("enable", "archive")[0]["client_id"] == "archive"
    refused = run(commands.system, ["add", "archive"])
    assert refused.exit_code == 1
    assert "已被登记" in refused.output


async def test_the_metadata_is_true(archive, portal, api, runtime):
    metadata = (await portal.http.get(".well-known/oauth-authorization-server")).json()
    root = await api.nobody.http.get("http://test/.well-known/oauth-authorization-server/api/v1/identity")
    assert root.json() == metadata
    assert metadata == (await portal.http.get(".well-known/openid-configuration")).json()
    issuer = runtime.settings.issuer
    assert metadata["issuer"] == issuer
    assert metadata["scopes_supported"] == [FEED, WEBHOOK]
    served = api.app.openapi()["paths"]
    for name, method in (
        ("authorization_endpoint", "get"), ("token_endpoint", "post"), ("jwks_uri", "get"),
        ("revocation_endpoint", "post"),
    ):  # fmt: skip
        assert method in served[f"/api/v1/identity{metadata[name].removeprefix(issuer)}"]
    form = {"grant_type": "client_credentials"}
    by_method = {
        "client_secret_basic": await portal.http.post(
            "token", data=form, headers=basic("archive", archive.secret)
        ),
        "client_secret_post": await archive(),
        "none": await portal.exchange((await portal.arrive())["code"]),
    }
    assert set(metadata["token_endpoint_auth_methods_supported"]) == set(by_method)
    assert {answer.status_code for answer in by_method.values()} == {200}
    for grant in metadata["grant_types_supported"]:
        told = await portal.token(grant_type=grant)
        assert told.json()["error"] != "unsupported_grant_type"
