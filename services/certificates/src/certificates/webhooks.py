"""Subscriptions and deliveries as rows: who is told what, what is due, what became of it."""

import base64
import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from chassis import clock, persons
from chassis.db import get, lock
from chassis.feed import AFTER, Place
from chassis.jobs import defer_to
from chassis.outbox import emit
from contracts.applications.v1 import SealedText
from contracts.certificates.v1 import CertificateHolderCorrected, CertificateIssued, CertificateRevoked
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from standardwebhooks import Webhook
from uuid_utils.compat import uuid7

from certificates.domain.webhook import DELIVERY, KEPT_SECRET, DeliveryAct, DeliveryStatus, WebhookStatus
from certificates.tables import KnownSystem, WebhookDelivery, WebhookSubscription

TOPIC = CertificateIssued.topic
CertificateEvent = CertificateIssued | CertificateRevoked | CertificateHolderCorrected
TYPES = (CertificateIssued.type, CertificateRevoked.type, CertificateHolderCorrected.type)
PING = "certificates.webhook.ping.v1"
PERMISSION = "certificates.webhook.manage"
DELIVER, QUEUE = "certificates.deliver-webhooks", "webhooks"
LEASE = timedelta(seconds=30)
"""How long a worker has for what it took; whoever was killed meanwhile loses it to another."""
MOST = 20
"""Subscriptions that one system may have."""

# Whoever writes an event holds it shared until the commit, whoever changes to whom events go holds it alone: so an
# event is either written before the change and seen by it, or after it and told.
_LOCK = 0x3EB1
_SHARED = text(f"SELECT pg_advisory_xact_lock_shared({_LOCK})")
_ALONE = text(f"SELECT pg_advisory_xact_lock({_LOCK})")

_WANTS = "(s.types = '{}' OR o.type = ANY(s.types))"
_COLUMNS = (
    "(id, subscription_id, event_seq, event_id, type, subject, state, attempts, created_at, next_attempt_at,"
    " last_error, last_body)"
)
_VALUES = "gen_random_uuid(), s.id, o.seq, o.id, o.type, o.subject, 'PENDING', 0, :now, :now, '', ''"
_TELL = text(
    f"INSERT INTO webhook_delivery {_COLUMNS} SELECT {_VALUES} FROM webhook_subscription s, outbox o"  # noqa: S608
    f" WHERE o.id = :event AND s.state = 'ACTIVE' AND {_WANTS} RETURNING subscription_id"
)
_CATCH_UP = (
    f"INSERT INTO webhook_delivery {_COLUMNS} SELECT {_VALUES} FROM webhook_subscription s, outbox o"  # noqa: S608
    f" WHERE s.id = :subscription AND o.topic = '{TOPIC}' AND {AFTER.replace('life, xid, seq', 'o.life, o.xid, o.seq')}"
    f" AND {_WANTS} ON CONFLICT (subscription_id, event_id) "
)
_AGAIN = "DO UPDATE SET state = 'PENDING', attempts = 0, next_attempt_at = excluded.next_attempt_at"

# Not while an earlier event of the same certificate is on its way; events of other certificates do not wait.
_FIRST = (
    "NOT EXISTS (SELECT 1 FROM webhook_delivery e WHERE e.subscription_id = d.subscription_id"
    " AND e.subject = d.subject AND e.state = 'PENDING' AND e.event_seq < d.event_seq)"
)
_OPEN = (
    f"FROM webhook_delivery d JOIN webhook_subscription s ON s.id = d.subscription_id"
    f" WHERE d.subscription_id = :subscription AND d.state = 'PENDING' AND {_FIRST}"
    f" AND (s.state = 'ACTIVE' OR d.event_seq IS NULL)"
)
_TAKE = text(
    f"UPDATE webhook_delivery SET next_attempt_at = :lease WHERE id IN (SELECT d.id {_OPEN}"  # noqa: S608
    " AND d.next_attempt_at <= :now ORDER BY d.event_seq NULLS FIRST LIMIT :most FOR UPDATE OF d SKIP LOCKED)"
    " RETURNING id, event_seq, event_id, type, created_at"
)
_NEXT = text(f"SELECT min(d.next_attempt_at) {_OPEN} AND d.next_attempt_at > :now")
_WAKE = text(
    "UPDATE webhook_subscription SET wake_at = :at"
    " WHERE id = :subscription AND (wake_at IS NULL OR wake_at > :at OR wake_at <= :now) RETURNING id"
)


async def announce(db: AsyncSession, event: CertificateEvent) -> None:
    """Emit an event of a certificate and write, in the same transaction, a delivery for everybody who wants it."""
    await db.execute(_SHARED)
    event_id = emit(db, event)
    await db.flush()
    told = await db.scalars(_TELL, {"event": event_id, "now": clock.real_now()})
    for subscription in told.all():
        await deliver_soon(db, subscription)


async def deliver_soon(db: AsyncSession, subscription: UUID) -> None:
    """Deliver what is due as soon as this transaction has committed."""
    await defer_to(db, QUEUE, DELIVER, None, subscription_id=str(subscription))


async def alone(db: AsyncSession) -> None:
    """Wait until no event is being written, and let none be until this transaction ends."""
    await db.execute(_ALONE)


async def catch_up(db: AsyncSession, subscription: UUID, after: Place, *, again: bool) -> int:
    """Write deliveries of every event after a place; `again`: also of those that were delivered. Returns how many."""
    statement = text(_CATCH_UP + (_AGAIN if again else "DO NOTHING"))
    written = await db.execute(
        statement, {"subscription": subscription, "now": clock.real_now(), **after.parameters}
    )
    await deliver_soon(db, subscription)
    return int(written.rowcount)  # type: ignore[attr-defined]


async def retry_now(db: AsyncSession, subscription: UUID) -> None:
    """Let everything that waits or was given up be due at once, as if it had never failed."""
    await db.execute(
        text(
            "UPDATE webhook_delivery SET state = 'PENDING', next_attempt_at = :now, attempts = 0"
            " WHERE subscription_id = :subscription"
            " AND (state = 'PENDING' OR state = 'EXHAUSTED' AND event_seq IS NOT NULL)"
        ),
        {"now": clock.real_now(), "subscription": subscription},
    )
    await deliver_soon(db, subscription)


async def write_ping(db: AsyncSession, subscription: UUID) -> WebhookDelivery:
    """A test event, delivered once and to a disabled subscription too."""
    row = WebhookDelivery(
        subscription_id=subscription, event_id=uuid7(), type=PING, subject=subscription,
        state=DeliveryStatus(DELIVERY.next(None, DeliveryAct.WRITE)), created_at=clock.real_now(),
        next_attempt_at=clock.real_now(),
    )  # fmt: skip
    db.add(row)
    await db.flush()
    await deliver_soon(db, subscription)
    return row


async def take_due(db: AsyncSession, subscription: UUID, most: int) -> Sequence[Any]:
    """Take deliveries that are due, oldest event first; a task starts again when the next will be.

    The subscription is locked, for whoever takes may have to note when that is.
    """
    now = clock.real_now()
    asked = {"subscription": subscription, "now": now, "lease": now + LEASE, "most": most}
    taken = (await db.execute(_TAKE, asked)).all()
    upcoming = await db.scalar(_NEXT, {"subscription": subscription, "now": now})
    if upcoming is not None:
        await _wake(db, subscription, upcoming, now)
    return taken


async def _wake(db: AsyncSession, subscription: UUID, at: datetime, now: datetime) -> None:
    if await db.scalar(_WAKE, {"subscription": subscription, "at": at, "now": now}):
        await defer_to(db, QUEUE, DELIVER, at, subscription_id=str(subscription))


async def subscription_row(db: AsyncSession, subscription: UUID) -> WebhookSubscription | None:
    """A subscription, locked before its deliveries, as everybody does who changes both; None when it was deleted."""
    table: Any = WebhookSubscription
    found = select(WebhookSubscription).where(table.id == subscription).with_for_update(key_share=True)
    return await db.scalar(found.execution_options(populate_existing=True))


async def owned(
    db: AsyncSession, subscription: UUID, owner: UUID, *, locked: bool = False
) -> WebhookSubscription:
    """A subscription of this system's; raises `Missing`."""
    table: Any = WebhookSubscription
    find = lock if locked else get
    return await find(db, WebhookSubscription, table.id == subscription, table.owner == owner)


async def count_of(db: AsyncSession, owner: UUID) -> int:
    """How many subscriptions a system has."""
    table: Any = WebhookSubscription
    return len((await db.scalars(select(table.id).where(table.owner == owner))).all())


async def barred(db: AsyncSession, owner: UUID) -> bool:
    """Whether identity has said that this system may have no subscriptions any more, whatever its last token says."""
    known = await db.get(KnownSystem, owner)
    return known is not None and not known.may_subscribe


async def active_of(db: AsyncSession, owner: UUID) -> Sequence[UUID]:
    """The subscriptions of a system to which events are delivered."""
    table: Any = WebhookSubscription
    mine = select(table.id).where(table.owner == owner, table.state == WebhookStatus.ACTIVE)
    return list((await db.scalars(mine)).all())


def new_secret() -> str:
    """A secret to sign with, as Standard Webhooks writes it: 32 random bytes."""
    return "whsec_" + base64.b64encode(os.urandom(32)).decode()


def give_secret(row: WebhookSubscription, secret: str, now: datetime) -> None:
    """Sign with this secret from now on, and for a day with the former one too."""
    if row.secret:
        row.former_secret, row.former_until = row.secret, now + KEPT_SECRET
    row.secret = persons.seal(secret).model_dump()


def signatures(row: WebhookSubscription, message: str, now: datetime, body: bytes) -> dict[str, str]:
    """The three headers of Standard Webhooks; one signature for each secret that holds."""
    sealed = [row.secret]
    if row.former_secret and row.former_until and now < row.former_until:
        sealed.append(row.former_secret)
    signed = [
        Webhook(persons.unseal(SealedText(**secret))).sign(message, now, body.decode()) for secret in sealed
    ]
    return {
        "webhook-id": message,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signed),
    }
