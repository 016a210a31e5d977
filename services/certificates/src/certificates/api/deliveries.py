"""推送记录: what became of each delivery, for the system that subscribed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from chassis import clock
from chassis.access import Relation, needs
from chassis.audit import audit
from chassis.db import lock
from chassis.web import Caller, Db, Page, Paging, Router
from pydantic import BaseModel, Field
from refusals.machine import IllegalMove
from sqlalchemy import select

from certificates import webhooks
from certificates.domain.webhook import (
    DELIVERY,
    WEBHOOK,
    DeliveryAct,
    DeliveryStatus,
    WebhookAct,
    WebhookStatus,
)
from certificates.tables import WebhookDelivery

router = Router(tags=["webhooks"])
MANAGE = needs(webhooks.PERMISSION, Relation.OWN)


class DeliveryView(BaseModel):
    """One event for one subscription."""

    id: UUID
    event_id: UUID = Field(description="The event's id, `webhook-id` of the delivery.")
    type: str = Field(examples=["certificates.certificate.issued.v1"])
    subject: UUID = Field(description="The certificate.")
    state: DeliveryStatus
    attempts: int
    created_at: datetime
    next_attempt_at: datetime | None = Field(
        description="Not before an earlier event of the same certificate."
    )
    last_attempt_at: datetime | None
    last_status: int | None = Field(description="The receiver's HTTP status.", examples=[503])
    last_error: str = Field(
        description="Why there was none: timeout, unreachable, target-refused, broken-answer.",
        examples=["timeout"],
    )
    last_body: str = Field(description="The beginning of the receiver's answer, redacted.")
    duration_ms: int | None = Field(description="How long the last attempt took.")


@router.get("/webhooks/{webhook_id}/deliveries", access=MANAGE)
async def list_deliveries(
    webhook_id: UUID, db: Db, caller: Caller, paging: Paging, state: DeliveryStatus | None = None
) -> Page[DeliveryView]:
    """The delivery log of a subscription, the latest first."""
    row = await webhooks.owned(db, webhook_id, caller.account)
    table: Any = WebhookDelivery
    found = select(WebhookDelivery).where(table.subscription_id == row.id)
    if state is not None:
        found = found.where(table.state == state)
    found = found.order_by(table.created_at.desc(), table.event_seq.desc(), table.id)
    return await Page.of(db, found, paging, delivery_view)


@router.post(
    "/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver", access=MANAGE, refuses=[IllegalMove]
)
async def redeliver(webhook_id: UUID, delivery_id: UUID, db: Db, caller: Caller) -> DeliveryView:
    """Deliver one event at once, also again, with all its attempts anew; not while the subscription is disabled."""
    subscription = await webhooks.owned(db, webhook_id, caller.account)
    table: Any = WebhookDelivery
    row = await lock(db, WebhookDelivery, table.id == delivery_id, table.subscription_id == subscription.id)
    WEBHOOK.next(WebhookStatus(subscription.state), WebhookAct.REDELIVER)
    row.state = DeliveryStatus(DELIVERY.next(DeliveryStatus(row.state), DeliveryAct.REDELIVER))
    row.attempts, row.next_attempt_at = 0, clock.real_now()
    await webhooks.deliver_soon(db, subscription.id)
    audit(db, caller, "certificates.webhook.redelivered", subscription.id, str(row.event_id))
    return delivery_view(row)


def delivery_view(row: WebhookDelivery) -> DeliveryView:
    """What the owner sees."""
    return DeliveryView.model_validate(row, from_attributes=True)
