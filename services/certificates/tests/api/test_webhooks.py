"""Subscriptions of other systems: who may have which, and what they show."""

from uuid import uuid4

import pytest
import pytest_asyncio
from certificates.tables import WebhookSubscription
from chassis.idempotency import IdempotencyRow
from chassis.testing.receiver import receiving
from contracts.certificates.v1 import CertificateIssued
from sqlalchemy import select
from standardwebhooks import Webhook
from webhook_builders import MANAGE, Subscriber

pytestmark = pytest.mark.asyncio(loop_scope="session")
URL = "https://1.1.1.1/hook"


@pytest_asyncio.fixture(loop_scope="session")
async def receiver():
    async with receiving() as one:
        yield one


@pytest.fixture
def private(runtime):
    """As on a local stack: plain http to this machine."""
    runtime.settings.webhook_private_targets = True
    yield
    runtime.settings.webhook_private_targets = False


@pytest.fixture
def subscriber(api, receiver, private):
    return Subscriber(api, receiver)


async def test_the_secret_is_shown_once_and_lies_encrypted(subscriber, db):
    made = await subscriber.subscribe(description="人才档案")
    assert made["secret"].startswith("whsec_")
    assert len(Webhook(made["secret"])._whsecret) == 32
    assert "secret" not in await subscriber.shown()
    (row,) = await db.scalars(select(WebhookSubscription))
    (kept,) = await db.scalars(select(IdempotencyRow))
    assert made["secret"] not in f"{row.secret}{kept.headers}{kept.body.decode()}"
    assert (made["state"], made["revision"], made["description"]) == ("ACTIVE", 1, "人才档案")
    assert "resume" not in made["allowed_actions"]


async def test_asked_again_under_the_same_key_it_is_made_once(subscriber):
    body = {"url": subscriber.receiver.url}
    answers = [await subscriber.client.post("/webhooks", body, key="one") for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert (await subscriber.client.get("/webhooks")).json()["total"] == 1


@pytest.mark.parametrize(
    "url", ["http://1.1.1.1/hook", "https://127.0.0.1/", "https://10.0.0.8/", "https://169.254.169.254/latest",
            "https://[::1]/", "https://localhost/", "https://me:pw@1.1.1.1/", "https://nowhere.invalid/"]
)  # fmt: skip
async def test_an_address_inside_is_refused(api, url):
    answer = await api.as_system(MANAGE).post("/webhooks", {"url": url})
    assert (answer.status_code, answer.json()["code"]) == (422, "target-refused")


async def test_a_public_address_is_taken_without_calling_it(api):
    assert (await api.as_system(MANAGE).post("/webhooks", {"url": URL})).status_code == 201


async def test_only_known_types_can_be_wanted(api):
    system = api.as_system(MANAGE)
    answer = await system.post("/webhooks", {"url": URL, "types": ["certificates.batch.issued.v1"]})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/types")
    assert (
        await system.post("/webhooks", {"url": URL, "types": [CertificateIssued.type]})
    ).status_code == 201


async def test_a_system_has_at_most_twenty(api):
    system = api.as_system(MANAGE, system=uuid4())
    statuses = [(await system.post("/webhooks", {"url": URL})).status_code for _ in range(21)]
    assert statuses == [201] * 20 + [409]
    assert (await api.as_system(MANAGE).post("/webhooks", {"url": URL})).status_code == 201


async def test_a_subscription_is_changed_by_who_has_seen_it(subscriber):
    await subscriber.subscribe()
    path, body = f"/webhooks/{subscriber.id}", {"url": URL, "types": [CertificateIssued.type]}
    assert (await subscriber.client.put(path, body)).status_code == 428
    assert (await subscriber.client.put(path, body, if_match=7)).status_code == 412
    changed = await subscriber.client.put(path, body, if_match=1)
    assert (changed.json()["url"], changed.json()["types"], changed.json()["revision"]) == (
        URL, [CertificateIssued.type], 2,
    )  # fmt: skip
    assert changed.headers["etag"] == '"2"'


async def test_an_edit_to_an_address_inside_is_refused(api):
    system = api.as_system(MANAGE)
    made = (await system.post("/webhooks", {"url": URL})).json()
    answer = await system.put(f"/webhooks/{made['id']}", {"url": "https://127.0.0.1/"}, if_match=1)
    assert answer.json()["code"] == "target-refused"


async def test_a_deleted_one_is_gone(subscriber):
    await subscriber.subscribe()
    assert (await subscriber.client.delete(f"/webhooks/{subscriber.id}")).status_code == 204
    assert (await subscriber.client.get(f"/webhooks/{subscriber.id}")).status_code == 404
    assert (await subscriber.client.delete(f"/webhooks/{subscriber.id}")).status_code == 404


async def test_another_systems_subscription_looks_absent(subscriber, api):
    await subscriber.subscribe()
    await subscriber.do("ping")
    (delivery,) = await subscriber.log()
    stranger = api.as_system(MANAGE)
    assert (await stranger.get("/webhooks")).json()["items"] == []
    path, body = f"/webhooks/{subscriber.id}", {"url": URL}
    asked = [
        await stranger.get(path),
        await stranger.put(path, body, if_match=1),
        await stranger.delete(path),
        await stranger.get(f"{path}/deliveries"),
        await stranger.post(f"{path}/ping"),
        await stranger.post(f"{path}/replay", {}),
        await stranger.post(f"{path}/rotate-secret", if_match=1),
        await stranger.post(f"{path}/resume", if_match=1),
        await stranger.post(f"{path}/deliveries/{delivery['id']}/redeliver"),
    ]
    assert [answer.status_code for answer in asked] == [404] * 9
    # Not by way of an own subscription either.
    own = (await stranger.post("/webhooks", {"url": URL})).json()["id"]
    redelivered = await stranger.post(f"/webhooks/{own}/deliveries/{delivery['id']}/redeliver")
    assert redelivered.status_code == 404


async def test_only_a_disabled_one_is_resumed(subscriber):
    await subscriber.subscribe()
    answer = await subscriber.client.post(f"/webhooks/{subscriber.id}/resume", if_match=1)
    assert (answer.status_code, answer.json()["code"]) == (409, "illegal-move")


async def test_only_a_cursor_of_the_feed_is_replayed_from(subscriber):
    await subscriber.subscribe()
    answer = await subscriber.client.post(f"/webhooks/{subscriber.id}/replay", {"from_cursor": "昨天"})
    assert (answer.status_code, answer.json()["code"]) == (422, "cursor-invalid")


async def test_a_system_that_was_disabled_is_told_nothing_until_it_is_enabled_and_resumes(
    subscriber, deliver
):
    from contracts.event import Actor
    from contracts.identity.v1 import SystemAllowed, SystemDisabled, SystemEnabled, SystemState
    from webhook_builders import FEED, SYSTEM

    def told(kind, revision, *permissions, enabled=True):
        state = SystemState(client_id="archive", name="档案", permissions=permissions, enabled=enabled)
        return kind(subject=SYSTEM, revision=revision, actor=Actor(role="OPERATOR"), state=state)

    await subscriber.subscribe()
    await deliver(told(SystemDisabled, 2, MANAGE, enabled=False))
    shown = await subscriber.shown()
    assert (shown["state"], "停用" in shown["reason"]) == ("DISABLED", True)
    # Its last token lives for minutes: that opens nothing.
    body = {"url": subscriber.receiver.url}
    for path in ("/webhooks", f"/webhooks/{subscriber.id}/resume"):
        refused = await subscriber.client.post(path, body, if_match=subscriber.revision)
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    await deliver(told(SystemEnabled, 3, MANAGE))
    assert (await subscriber.do("resume"))["state"] == "ACTIVE"
    await deliver.once(told(SystemDisabled, 2, MANAGE, enabled=False))
    assert (await subscriber.shown())["state"] == "ACTIVE"
    await deliver(told(SystemAllowed, 4, FEED))
    assert (await subscriber.shown())["state"] == "DISABLED"
