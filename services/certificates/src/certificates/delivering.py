"""Delivery: what is due for a subscription goes out, several certificates at a time, one event of each."""

import asyncio
import random
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import structlog
from chassis import clock, metrics
from chassis.audit import audit
from chassis.db import save
from chassis.failpoint import failpoint
from chassis.feed import present, structured
from chassis.jobs import Run
from chassis.outbound import Answer, Caller
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from certificates import webhooks
from certificates.domain.webhook import (
    DELIVERY,
    WEBHOOK,
    DeliveryAct,
    DeliveryStatus,
    WebhookAct,
    WebhookStatus,
    is_hopeless,
    wait_after,
)
from certificates.tables import WebhookDelivery, WebhookSubscription

log = structlog.get_logger()

AT_A_TIME = 8
SLICE = 20.0
"""Seconds after which other subscriptions have their turn."""
KEPT_LOG = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A delivery that was taken, with what is sent."""

    id: UUID
    event_id: UUID
    type: str
    body: bytes


async def deliver_due(run: Run, subscription_id: UUID) -> None:
    """Deliver what is due for a subscription; nothing happens for one that is gone."""
    until = time.monotonic() + SLICE
    async with run.session() as db:
        url = getattr(await db.get(WebhookSubscription, subscription_id), "url", "")
    async with Caller(url, private=run.settings.webhook_private_targets) as caller:
        while True:
            async with run.session() as db:
                row = await webhooks.subscription_row(db, subscription_id)
                if row is None:
                    return
                if row.url != url or time.monotonic() > until:
                    await webhooks.deliver_soon(db, subscription_id)
                    return
                parcels = await _take(db, row)
            if not parcels:
                return
            attempts = (_attempt(run, caller, row, parcel) for parcel in parcels)
            for failure in await asyncio.gather(*attempts, return_exceptions=True):
                if failure is not None:
                    raise failure


async def _take(db: AsyncSession, row: WebhookSubscription) -> list[Parcel]:
    taken = await webhooks.take_due(db, row.id, AT_A_TIME)
    seqs = [one.event_seq for one in taken if one.event_seq is not None]
    found = await db.execute(
        text("SELECT seq, headers, body FROM outbox WHERE seq = ANY(:seqs)"), {"seqs": seqs}
    )
    events = {seq: structured(_mapping(headers), body) for seq, headers, body in found}
    return [
        Parcel(
            one.id,
            one.event_id,
            one.type,
            events[one.event_seq] if one.event_seq is not None else _ping(row, one),
        )
        for one in taken
    ]


def _mapping(headers: Any) -> dict[str, str]:
    return dict(orjson.loads(headers) if isinstance(headers, str) else headers)


def _ping(row: WebhookSubscription, one: Any) -> bytes:
    headers = {
        "ce_specversion": "1.0", "ce_id": str(one.event_id), "ce_type": one.type, "ce_source": "//certificates",
        "ce_time": one.created_at.isoformat(), "ce_subject": str(row.id), "ce_correlationid": str(one.event_id),
    }  # fmt: skip
    return structured(headers, orjson.dumps({"subscription": str(row.id)}).decode())


async def _attempt(run: Run, caller: Caller, row: WebhookSubscription, parcel: Parcel) -> None:
    await failpoint("webhook.before-send", parcel.type)
    now = clock.real_now()
    headers = webhooks.signatures(row, str(parcel.event_id), now, parcel.body)
    answer = await caller.post(parcel.body, headers | {"content-type": "application/cloudevents+json"})
    await failpoint("webhook.after-send", parcel.type)
    async with run.session() as db:
        await record(db, parcel.id, answer, clock.real_now())


async def record(db: AsyncSession, delivery_id: UUID, answer: Answer, now: datetime) -> None:
    """Write down what became of an attempt, and what follows from it; nothing when it is over or deleted already."""
    seen = await db.get(WebhookDelivery, delivery_id)
    if seen is None:
        return
    if seen.event_seq is not None:
        await _judge(db, seen.subscription_id, answer, now)
    table: Any = WebhookDelivery
    found = select(WebhookDelivery).where(table.id == delivery_id).with_for_update()
    row = await db.scalar(found.execution_options(populate_existing=True))
    if row is None or row.state != DeliveryStatus.PENDING:
        return
    row.attempts += 1
    row.last_attempt_at, row.last_status, row.last_error = now, answer.status, answer.error
    row.last_body, row.duration_ms = answer.body, round(answer.seconds * 1000)
    if answer.accepted:
        row.state, row.next_attempt_at = DeliveryStatus(DELIVERY.next(row.state, DeliveryAct.ACCEPT)), None
    else:
        _put_off(row, now)
    outcome = "failed" if row.state == DeliveryStatus.PENDING else row.state.lower()
    metrics.webhook_deliveries.labels(outcome).inc()


def _put_off(row: WebhookDelivery, now: datetime) -> None:
    wait = wait_after(row.attempts, random.random()) if row.event_seq is not None else None
    act = DeliveryAct.EXHAUST if wait is None else DeliveryAct.FAIL
    row.state = DeliveryStatus(DELIVERY.next(row.state, act))
    row.next_attempt_at = None if wait is None else now + wait


async def _judge(db: AsyncSession, subscription: UUID, answer: Answer, now: datetime) -> None:
    """Note since when nothing but failures came; disable after a week of them, or when the receiver is gone."""
    table: Any = WebhookSubscription
    since = await db.scalar(select(table.failing_since).where(table.id == subscription))
    if answer.accepted and since is None:
        return  # the usual case touches no row that others want
    if answer.status == 410:
        await disable(db, subscription, WebhookAct.GONE, now)
    elif not answer.accepted and is_hopeless(since, now):
        await disable(db, subscription, WebhookAct.GIVE_UP, now)
    elif row := await webhooks.subscription_row(db, subscription):
        row.failing_since = None if answer.accepted else row.failing_since or now


async def disable(db: AsyncSession, subscription: UUID, act: WebhookAct, now: datetime) -> None:
    """Deliver nothing any more until the owner resumes; remembers from where."""
    await webhooks.alone(db)  # before the row: whoever writes an event holds this and wants that
    row = await webhooks.subscription_row(db, subscription)
    if row is None or row.state != WebhookStatus.ACTIVE:
        return
    place = await present(db)
    row.state = WebhookStatus(WEBHOOK.next(row.state, act))
    row.reason, row.disabled_at, row.resume_from = REASONS[act], now, place.cursor
    row.failing_since = row.failing_since or now
    save(db, row)
    audit(db, None, "certificates.webhook.disabled", row.id, row.reason)
    log.warning("webhook.disabled", subscription=str(row.id), reason=act.value)


REASONS = {
    WebhookAct.GONE: "接收方答复 410 Gone。",
    WebhookAct.GIVE_UP: "连续七天全部推送失败。",
    WebhookAct.BAR: "该系统已被停用，或不再有推送订阅的权限。",
}


_LOOK = text(
    "SELECT count(*) FILTER (WHERE state = 'DISABLED') AS disabled,"
    " (SELECT min(d.created_at) FROM webhook_delivery d JOIN webhook_subscription s ON s.id = d.subscription_id"
    "  WHERE d.state = 'PENDING' AND s.state = 'ACTIVE' AND d.event_seq IS NOT NULL) AS oldest"
    " FROM webhook_subscription"
)
_FORGOTTEN = text(
    "SELECT s.id FROM webhook_subscription s WHERE s.state = 'ACTIVE' AND EXISTS (SELECT 1 FROM webhook_delivery d"
    " WHERE d.subscription_id = s.id AND d.state = 'PENDING' AND d.next_attempt_at < :before)"
    " AND NOT EXISTS (SELECT 1 FROM procrastinate_jobs j WHERE j.task_name = :task AND j.status IN ('todo', 'doing')"
    " AND j.args->>'subscription_id' = CAST(s.id AS text)"
    " AND (j.scheduled_at IS NULL OR j.scheduled_at < now() + interval '1 minute'))"
)


# What one event alone was refused must not count against the next failure, weeks later.
_NOTHING_FAILS = text(
    "UPDATE webhook_subscription s SET failing_since = NULL WHERE state = 'ACTIVE' AND failing_since IS NOT NULL"
    " AND NOT EXISTS (SELECT 1 FROM webhook_delivery d WHERE d.subscription_id = s.id AND d.state = 'PENDING'"
    " AND d.event_seq IS NOT NULL)"
)
_FORGET = text(
    "DELETE FROM webhook_delivery WHERE id IN (SELECT d.id FROM webhook_subscription s, LATERAL ("
    " SELECT id FROM webhook_delivery WHERE subscription_id = s.id AND created_at < :before AND state <> 'PENDING'"
    " LIMIT 500) d)"
)


async def look_after(db: AsyncSession) -> None:
    """Count what waits; start anew what no task takes care of (one that was given up, or lost with a restore).

    The log of what is over is kept for a while only, a portion at a time.
    """
    now = clock.real_now()
    found = (await db.execute(_LOOK)).one()
    metrics.webhooks_disabled.set(found.disabled)
    metrics.webhook_oldest_seconds.set((now - found.oldest).total_seconds() if found.oldest else 0.0)
    forgotten = await db.scalars(_FORGOTTEN, {"before": now - webhooks.LEASE, "task": webhooks.DELIVER})
    for subscription in forgotten.all():
        await webhooks.deliver_soon(db, subscription)
    await db.execute(_NOTHING_FAILS)
    await db.execute(_FORGET, {"before": now - KEPT_LOG})
