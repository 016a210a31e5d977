"""Deliveries: written with the event, signed, in order, again and again until they are taken."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import orjson
import pytest
import pytest_asyncio
from certificates import delivering, webhooks
from certificates.domain.webhook import WAITS
from certificates.tables import WebhookDelivery, WebhookSubscription
from chassis import clock as clocks
from chassis import failpoint, metrics
from chassis.db import transaction
from chassis.jobs import Run
from chassis.outbound import Caller as OutboundCaller
from chassis.testing.receiver import answering, receiving
from contracts.certificates.v1 import CertificateIssued, CertificateRevoked
from sqlalchemy import select, text
from standardwebhooks import WebhookVerificationError
from webhook_builders import FEED, Subscriber, a_certificate_event

pytestmark = pytest.mark.asyncio(loop_scope="session")
ISSUED, REVOKED = CertificateIssued.type, CertificateRevoked.type


@pytest_asyncio.fixture(loop_scope="session")
async def receiver():
    async with receiving() as one:
        yield one


@pytest_asyncio.fixture(loop_scope="session")
async def subscriber(api, receiver, runtime):
    runtime.settings.webhook_private_targets = True
    one = Subscriber(api, receiver)
    await one.subscribe()
    yield one
    runtime.settings.webhook_private_targets = False


@pytest.fixture
def failing():
    yield failpoint.configure
    failpoint.configure("")


@pytest.fixture
def write(runtime):
    async def written(*events):
        for event in events:
            async with transaction(runtime.sessions) as db:
                await webhooks.announce(db, event)

    return written


@pytest.fixture
def later(runtime, run_jobs):
    """Let everything that waits be due, and deliver."""

    async def pass_time():
        async with transaction(runtime.sessions) as db:
            await db.execute(
                text("UPDATE webhook_delivery SET next_attempt_at = now() WHERE state = 'PENDING'")
            )
            for subscription in (await db.scalars(select(WebhookSubscription.id))).all():
                await webhooks.deliver_soon(db, subscription)
        await run_jobs()

    return pass_time


def issued(subject=None):
    return a_certificate_event(CertificateIssued, subject)


def revoked(subject, revision=2):
    return a_certificate_event(CertificateRevoked, subject, revision)


async def test_an_issued_certificate_is_delivered_signed_as_the_feed_shows_it(
    subscriber, issuer, a_batch, run_jobs, api
):
    batch_id = await a_batch(2)
    await issuer.prepare(batch_id)
    await issuer.must("POST", f"/batches/{batch_id}/issue", batch_id=batch_id)
    await run_jobs()
    feed = (await api.as_system(FEED).get("/feed")).json()["events"]
    assert sorted(subscriber.events(), key=lambda event: event["id"]) == sorted(
        feed, key=lambda one: one["id"]
    )
    assert len(feed) == 2
    got = subscriber.receiver.received[0]
    assert got.headers["webhook-id"] == orjson.loads(got.body)["id"]
    assert got.headers["content-type"] == "application/cloudevents+json"
    done = await subscriber.log()
    assert [(row["state"], row["attempts"], row["last_status"]) for row in done] == [
        ("DELIVERED", 1, 204)
    ] * 2


async def test_a_revocation_is_delivered_after_its_issue(subscriber, issuer, a_batch, run_jobs, later):
    batch_id = await a_batch(1)
    await issuer.prepare(batch_id)
    await issuer.must("POST", f"/batches/{batch_id}/issue", batch_id=batch_id)
    subscriber.receiver.talk = answering(503)
    await run_jobs()
    (row,) = (await issuer.client.get("/issued")).json()["items"]
    file_id = await issuer.upload("revocation-document")
    done = await issuer.client.post(
        f"/issued/{row['id']}/revoke", {"reason": "业绩造假", "file_id": file_id}, if_match=row["revision"]
    )
    assert done.status_code == 200, done.text
    await run_jobs()
    assert [what for _, what in subscriber.told] == ["issued"]  # the second one waits for the first
    subscriber.receiver.talk = answering(204)
    await later()
    assert [what for _, what in subscriber.told] == ["issued", "issued", "revoked"]
    assert subscriber.events()[-1]["data"]["state"]["state"] == "REVOKED"


async def test_what_rolls_back_is_not_delivered(subscriber, runtime, run_jobs, db):
    async with runtime.sessions() as session:
        await webhooks.announce(session, issued())
        await session.rollback()
    await run_jobs()
    assert (await subscriber.log(), subscriber.receiver.received) == ([], [])


async def test_only_wanted_types_are_delivered(subscriber, write, run_jobs):
    await subscriber.client.put(
        f"/webhooks/{subscriber.id}", {"url": subscriber.receiver.url, "types": [REVOKED]}, if_match=1
    )
    one = issued()
    await write(one, revoked(one.subject))
    await run_jobs()
    assert subscriber.told == [(str(one.subject), "revoked")]


async def test_a_certificate_in_trouble_holds_up_no_other(subscriber, write, run_jobs, later):
    troubled, others = issued(), [issued() for _ in range(20)]

    async def picky(writer):
        bad = str(troubled.subject) in subscriber.receiver.received[-1].body.decode()
        await answering(500 if bad else 200)(writer)

    subscriber.receiver.talk = picky
    await write(troubled, revoked(troubled.subject), *others)
    await run_jobs()
    delivered = [row["subject"] for row in await subscriber.log(state="DELIVERED", size=100)]
    assert set(delivered) == {str(one.subject) for one in others}
    assert len(delivered) == 20
    waiting = await subscriber.log(state="PENDING")
    assert sorted(row["attempts"] for row in waiting) == [0, 1]
    subscriber.receiver.talk = answering(200)
    await later()
    assert subscriber.told[-2:] == [(str(troubled.subject), "issued"), (str(troubled.subject), "revoked")]


@pytest.mark.parametrize(
    ("talk", "status", "error"),
    [(answering(500, b"oops"), 500, ""), (answering(302, Location="http://127.0.0.1:1/"), 302, ""),
     (answering(404), 404, ""), (answering(429), 429, "")],
    ids=["500", "redirect", "404", "429"],
)  # fmt: skip
async def test_whatever_is_not_a_success_is_tried_again(
    subscriber, write, run_jobs, later, talk, status, error
):
    subscriber.receiver.talk = talk
    await write(issued())
    await run_jobs()
    (row,) = await subscriber.log()
    assert (row["state"], row["attempts"], row["last_status"], row["last_error"]) == (
        "PENDING",
        1,
        status,
        error,
    )
    again = datetime.fromisoformat(row["next_attempt_at"]) - datetime.fromisoformat(row["last_attempt_at"])
    assert timedelta(seconds=4.5) <= again <= timedelta(seconds=5.5)
    subscriber.receiver.talk = answering(200, b"ok")
    await later()
    (row,) = await subscriber.log()
    assert (row["state"], row["attempts"], row["last_body"], row["next_attempt_at"]) == (
        "DELIVERED",
        2,
        "ok",
        None,
    )
    ids = {one.headers["webhook-id"] for one in subscriber.receiver.received}
    assert ids == {row["event_id"]}


async def test_a_silent_receiver_is_a_failure(subscriber, write, run_jobs, monkeypatch):
    monkeypatch.setattr(
        delivering, "Caller", lambda url, private: OutboundCaller(url, private=private, timeout=0.2)
    )

    async def silent(writer):
        await asyncio.sleep(30)

    subscriber.receiver.talk = silent
    await write(issued())
    await run_jobs()
    (row,) = await subscriber.log()
    assert (row["last_status"], row["last_error"], row["duration_ms"] >= 200) == (None, "timeout", True)


async def test_the_next_attempt_starts_by_itself(subscriber, write, run_jobs, db):
    subscriber.receiver.talk = answering(500)
    await write(issued())
    await run_jobs()
    (row,) = await subscriber.log()
    scheduled = await db.scalars(text("SELECT scheduled_at FROM procrastinate_jobs WHERE status = 'todo'"))
    at = datetime.fromisoformat(row["next_attempt_at"])
    assert [one for one in scheduled if abs(one - at) < timedelta(seconds=1)]


async def test_attempts_end_after_more_than_a_week_of_them(subscriber, write, later, run_jobs, db):
    subscriber.receiver.talk = answering(400)
    await write(issued())
    await run_jobs()
    for _ in WAITS:
        await later()
    (row,) = await subscriber.log()
    assert (row["state"], row["attempts"], row["next_attempt_at"]) == ("EXHAUSTED", len(WAITS) + 1, None)
    subscriber.receiver.talk = answering(204)
    path = f"/webhooks/{subscriber.id}/deliveries/{row['id']}/redeliver"
    assert (await subscriber.client.post(path)).json()["state"] == "PENDING"
    await run_jobs()
    assert [one["state"] for one in await subscriber.log()] == ["DELIVERED"]


async def test_what_was_given_up_comes_after_all_when_the_receiver_is_mended(
    subscriber, write, later, run_jobs, runtime
):
    subscriber.receiver.talk = answering(500)
    given_up, waiting = issued(), issued()
    await write(given_up)
    await run_jobs()
    for _ in WAITS:
        await later()
    await write(waiting)
    await run_jobs()
    await since(runtime, days=7)
    await later()
    assert {row["state"] for row in await subscriber.log()} == {"EXHAUSTED", "PENDING"}
    subscriber.receiver.talk = answering(204)
    subscriber.receiver.received.clear()
    await subscriber.do("resume")
    await run_jobs()
    assert {subject for subject, _ in subscriber.told} == {str(given_up.subject), str(waiting.subject)}
    assert [row["state"] for row in await subscriber.log()] == ["DELIVERED"] * 2


async def test_one_event_that_was_refused_does_not_count_against_a_failure_much_later(
    subscriber, write, later, run_jobs, runtime
):
    subscriber.receiver.talk = answering(400)
    await write(issued())
    await run_jobs()
    async with transaction(runtime.sessions) as db:
        await delivering.look_after(db)
    assert (await subscriber.shown())["failing_since"] is not None  # it waits still
    for _ in WAITS:
        await later()
    async with transaction(runtime.sessions) as db:
        await delivering.look_after(db)
    assert (await subscriber.shown())["failing_since"] is None


async def test_who_is_gone_is_disabled_at_once_and_resumed_with_everything(subscriber, write, run_jobs):
    subscriber.receiver.talk = answering(410)
    first, second, third = issued(), issued(), issued()
    await write(first)
    await run_jobs()
    shown = await subscriber.shown()
    assert (shown["state"], shown["reason"]) == ("DISABLED", "接收方答复 410 Gone。")
    assert "resume" in shown["allowed_actions"]
    await write(second, third, revoked(second.subject))
    await run_jobs()
    assert len(subscriber.receiver.received) == 1
    subscriber.receiver.talk = answering(204)
    resumed = await subscriber.do("resume")
    assert (resumed["state"], resumed["reason"], resumed["failing_since"]) == ("ACTIVE", "", None)
    await run_jobs()
    assert sorted(subscriber.told[1:]) == sorted(
        [(str(one.subject), "issued") for one in (first, second, third)] + [(str(second.subject), "revoked")]
    )
    told = [what for subject, what in subscriber.told[1:] if subject == str(second.subject)]
    assert told == ["issued", "revoked"]
    # Nothing comes twice, and what comes from now on comes once.
    await write(issued())
    await run_jobs()
    assert len(subscriber.receiver.received) == 6


async def test_a_week_of_failures_only_disables(subscriber, write, run_jobs, later, runtime):
    subscriber.receiver.talk = answering(500)
    await write(issued())
    await run_jobs()
    assert (await subscriber.shown())["failing_since"] is not None
    await since(runtime, days=6, hours=23)
    await later()
    assert (await subscriber.shown())["state"] == "ACTIVE"
    await since(runtime, days=7)
    await later()
    shown = await subscriber.shown()
    assert (shown["state"], shown["reason"]) == ("DISABLED", "连续七天全部推送失败。")
    async with runtime.sessions() as db:
        await delivering.look_after(db)
    assert (metrics.webhooks_disabled._value.get(), metrics.webhook_oldest_seconds._value.get()) == (1, 0)
    subscriber.receiver.talk = answering(204)
    await subscriber.do("resume")
    await run_jobs()
    assert [row["state"] for row in await subscriber.log()] == ["DELIVERED"]


async def test_one_success_ends_the_week(subscriber, write, run_jobs, later, runtime):
    subscriber.receiver.talk = answering(500)
    await write(issued())
    await run_jobs()
    await since(runtime, days=8)
    subscriber.receiver.talk = answering(204)
    await later()
    shown = await subscriber.shown()
    assert (shown["state"], shown["failing_since"]) == ("ACTIVE", None)


async def since(runtime, **before):
    async with transaction(runtime.sessions) as db:
        row = (await db.scalars(select(WebhookSubscription))).one()
        row.failing_since = clocks.real_now() - timedelta(**before)


async def test_business_time_hurries_nothing(subscriber, write, run_jobs, clock):
    subscriber.receiver.talk = answering(500)
    await write(issued())
    await run_jobs()
    clock.advance(days=30)
    await run_jobs()
    (row,) = await subscriber.log()
    assert (row["attempts"], (await subscriber.shown())["state"]) == (1, "ACTIVE")
    assert datetime.fromisoformat(row["created_at"]) < datetime.now(UTC)


async def test_a_new_secret_signs_beside_the_old_one_for_a_day(subscriber, write, run_jobs, runtime):
    old = subscriber.secret
    new = (await subscriber.do("rotate-secret"))["secret"]
    assert new != old
    await write(issued())
    await run_jobs()
    assert subscriber.events(old) == subscriber.events(new)
    async with transaction(runtime.sessions) as db:
        row = (await db.scalars(select(WebhookSubscription))).one()
        assert timedelta(hours=23) < row.former_until - clocks.real_now() <= timedelta(hours=24)
        row.former_until = clocks.real_now()
    subscriber.receiver.received.clear()
    await write(issued())
    await run_jobs()
    assert len(subscriber.events(new)) == 1
    with pytest.raises(WebhookVerificationError):
        subscriber.events(old)


async def test_a_ping_is_delivered_once_and_to_a_disabled_one_too(subscriber, write, run_jobs):
    subscriber.receiver.talk = answering(410)
    await write(issued())
    await run_jobs()
    pinged = await subscriber.do("ping")
    assert (pinged["state"], pinged["type"]) == ("PENDING", webhooks.PING)
    await run_jobs()
    assert [row["state"] for row in await subscriber.log(state="EXHAUSTED")] == ["EXHAUSTED"]
    subscriber.receiver.talk = answering(204)
    await subscriber.do("ping")
    await run_jobs()
    event = subscriber.events()[-1]
    assert (event["type"], event["data"]) == (webhooks.PING, {"subscription": subscriber.id})
    assert (await subscriber.shown())["state"] == "DISABLED"


async def test_a_replay_delivers_everything_from_a_cursor_again(subscriber, write, run_jobs, api):
    first, second = issued(), issued()
    await write(first, second)
    await run_jobs()
    cursor = (await api.as_system(FEED).get("/feed", params={"limit": 1})).json()["next_cursor"]
    assert await subscriber.do("replay", {"from_cursor": cursor}) == {"deliveries": 1}
    await run_jobs()
    assert await subscriber.do("replay", {}) == {"deliveries": 2}
    await run_jobs()
    assert Counter(subject for subject, _ in subscriber.told) == {
        str(first.subject): 2,
        str(second.subject): 3,
    }


async def test_a_late_subscriber_catches_up_by_a_replay(api, receiver, runtime, write, run_jobs):
    runtime.settings.webhook_private_targets = True
    events = [issued() for _ in range(30)]
    await write(*events)
    late = Subscriber(api, receiver, uuid4())
    await late.subscribe()
    assert await late.do("replay", {}) == {"deliveries": 30}
    await run_jobs()
    assert {subject for subject, _ in late.told} == {str(one.subject) for one in events}
    runtime.settings.webhook_private_targets = False


async def test_deleting_ends_the_deliveries(subscriber, write, run_jobs, later, db):
    subscriber.receiver.talk = answering(500)
    await write(issued())
    await run_jobs()
    await subscriber.client.delete(f"/webhooks/{subscriber.id}")
    await later()
    assert len(subscriber.receiver.received) == 1
    assert (await db.scalars(select(WebhookDelivery))).all() == []


async def test_a_deletion_during_an_attempt_is_no_trouble(subscriber, write, run_jobs):
    async def deleting(writer):
        await subscriber.client.delete(f"/webhooks/{subscriber.id}")
        await answering(500)(writer)

    subscriber.receiver.talk = deleting
    await write(issued())
    await run_jobs()
    assert (await subscriber.client.get("/webhooks")).json()["total"] == 0


async def test_a_name_that_turned_inwards_is_not_called(subscriber, write, run_jobs, runtime):
    runtime.settings.webhook_private_targets = False  # from here on as outside a local stack
    await write(issued())
    await run_jobs()
    (row,) = await subscriber.log()
    assert (row["last_status"], row["last_error"], subscriber.receiver.received) == (
        None,
        "target-refused",
        [],
    )


@pytest.mark.parametrize(("place", "times"), [("webhook.before-send", 1), ("webhook.after-send", 2)])
async def test_a_death_around_an_attempt_loses_nothing(
    subscriber, write, run_jobs, later, failing, place, times
):
    await write(issued())
    failing(f"{place}=raise")
    with pytest.raises(failpoint.FailpointReached):
        await run_jobs()
    (row,) = await subscriber.log()
    assert (row["state"], row["attempts"]) == ("PENDING", 0)
    assert datetime.fromisoformat(row["next_attempt_at"]) > datetime.now(
        UTC
    )  # nobody else takes it meanwhile
    await later()
    (row,) = await subscriber.log()
    assert row["state"] == "DELIVERED"
    assert len({event["id"] for event in subscriber.events()}) == 1
    assert len(subscriber.receiver.received) == times


async def test_two_workers_never_take_the_same(subscriber, write, runtime):
    await write(*(issued() for _ in range(40)))
    run = Run.of(runtime)
    from uuid import UUID

    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(delivering.deliver_due(run, UUID(subscriber.id)))
    assert len(subscriber.told) == len(set(subscriber.told)) == 40


async def test_what_no_task_takes_care_of_is_started_anew(subscriber, write, runtime, run_jobs, db):
    await write(issued())
    await db.execute(text("DELETE FROM procrastinate_jobs"))
    await db.execute(text("UPDATE webhook_delivery SET next_attempt_at = now() - interval '2 min'"))
    await db.commit()
    async with transaction(runtime.sessions) as session:
        await delivering.look_after(session)
    assert metrics.webhook_oldest_seconds._value.get() >= 0
    await run_jobs()
    assert len(subscriber.told) == 1


async def test_who_subscribes_while_an_event_is_written_gets_what_commits_afterwards(
    subscriber, runtime, run_jobs
):
    """The change of a subscription waits for events that are being written, and they are told or caught up."""
    async with runtime.sessions() as writing:
        await webhooks.announce(writing, issued())
        deletion = asyncio.create_task(subscriber.client.delete(f"/webhooks/{subscriber.id}"))
        await asyncio.sleep(0.3)
        assert not deletion.done()
        await writing.commit()
    assert (await deletion).status_code == 204


async def test_the_log_of_what_is_over_is_kept_for_a_while(subscriber, write, run_jobs, runtime):
    await write(issued())
    await run_jobs()
    subscriber.receiver.talk = answering(500)
    await write(issued(), issued())
    await run_jobs()
    async with transaction(runtime.sessions) as db:
        await db.execute(text("UPDATE webhook_delivery SET created_at = created_at - interval '91 days'"))
    subscriber.receiver.talk = answering(204)
    await write(issued())
    await run_jobs()
    async with transaction(runtime.sessions) as db:
        await delivering.look_after(db)
    assert sorted(row["state"] for row in await subscriber.log()) == ["DELIVERED", "PENDING", "PENDING"]
