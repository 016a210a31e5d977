"""推送订阅: other systems say where they want to be told of certificates, over signed webhooks."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from chassis import clock
from chassis.access import Relation, needs
from chassis.audit import audit
from chassis.db import save
from chassis.feed import CloudEvent, CursorInvalid, Place
from chassis.outbound import TargetRefused, check_target, check_url
from chassis.problems import Forbidden, Invalid
from chassis.web import Caller, Config, Db, IfMatch, Model, Page, Paging, Router, View, expect
from fastapi import APIRouter, Body, Header
from pydantic import BaseModel, Field
from refusals import Complaint, Kind, Refusal
from refusals.machine import IllegalMove
from sqlalchemy import delete, select

from certificates import webhooks
from certificates.api.deliveries import DeliveryView, delivery_view
from certificates.domain.webhook import OWNER, WEBHOOK, WebhookAct, WebhookStatus
from certificates.tables import WebhookSubscription

router = Router(tags=["webhooks"])
MANAGE = needs(webhooks.PERMISSION, Relation.OWN)
_EXAMPLE = "https://archive.example.gov.cn/hooks/certificates"


class TooManyWebhooks(Refusal):
    """推送订阅数量已达上限。"""

    slug, kind = "too-many-webhooks", Kind.CONFLICT


class DescribeWebhook(Model):
    """Where to deliver, and what."""

    url: str = Field(max_length=2000, examples=[_EXAMPLE], description="https, at a public address.")
    types: list[Annotated[str, Field(max_length=100)]] = Field(
        default=[], max_length=20, examples=[list(webhooks.TYPES)], description="Event types; none means all."
    )
    description: str = Field(default="", max_length=200, examples=["人才档案系统"])


class ReplayEvents(Model):
    """Deliver events again, or for the first time."""

    from_cursor: str = Field(
        default="",
        max_length=200,
        examples=[""],
        description="A cursor of the feed; none: from the beginning.",
    )


class WebhookView(View):
    """A subscription; `allowed_actions` are the owner's."""

    url: str = Field(examples=[_EXAMPLE])
    types: list[str] = Field(description="None: all.")
    description: str
    reason: str = Field(description="Why it was disabled.", examples=["连续七天全部推送失败。"])
    disabled_at: datetime | None
    failing_since: datetime | None = Field(description="Since when nothing but failures came.")
    former_secret_until: datetime | None = Field(description="Until when the former secret signs too.")
    created_at: datetime


class NewSecret(WebhookView):
    """The same with its secret, which is not shown again."""

    secret: str = Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="])


class Replayed(BaseModel):
    """How many deliveries were written."""

    deliveries: int


_receiving = APIRouter()


@_receiving.post(
    "{$request.body#/url}",
    status_code=204,
    responses={"4XX": {"description": "Tried again; 410 disables the subscription."}},
)
def receive_event(
    body: Annotated[CloudEvent, Body(media_type="application/cloudevents+json")],
    webhook_id: Annotated[str, Header(description="The event's id; the same at each attempt.")],
    webhook_timestamp: Annotated[int, Header(description="Of this attempt, seconds since 1970.")],
    webhook_signature: Annotated[
        str,
        Header(description="By the Standard Webhooks specification; two for a day after `rotate-secret`."),
    ],
) -> None:
    """What a subscriber answers: any 2xx within 15 seconds, once the event is kept.

    Anything else is tried again for eight days, and a week of nothing else disables the subscription. The events of one
    certificate come in order, each at least once.
    """


@router.post(
    "/webhooks", access=MANAGE, status_code=201, secret=True, refuses=[TargetRefused, TooManyWebhooks],
    callbacks=_receiving.routes,
)  # fmt: skip
async def create_webhook(body: DescribeWebhook, db: Db, caller: Caller, settings: Config) -> NewSecret:
    """Subscribe: every event committed after this answer is delivered, signed with the secret shown here once."""
    await _check(body, private=settings.webhook_private_targets)
    await webhooks.alone(db)
    await _entitled(db, caller)
    if await webhooks.count_of(db, caller.account) >= webhooks.MOST:
        raise TooManyWebhooks(f"每个系统至多 {webhooks.MOST} 个推送订阅，请先删除不用的。")
    secret = webhooks.new_secret()
    row = WebhookSubscription(  # type: ignore[call-arg]
        owner=caller.account, url=body.url, types=body.types, description=body.description, secret={},
        state=WebhookStatus(WEBHOOK.next(None, WebhookAct.SUBSCRIBE)),
    )  # fmt: skip
    webhooks.give_secret(row, secret, clock.real_now())
    save(db, row)
    audit(db, caller, "certificates.webhook.created", row.id)
    return NewSecret(**webhook_view(row).model_dump(), secret=secret)


@router.get("/webhooks", access=MANAGE)
async def list_webhooks(db: Db, caller: Caller, paging: Paging) -> Page[WebhookView]:
    """The calling system's subscriptions."""
    table = WebhookSubscription
    found = select(table).where(table.owner == caller.account).order_by(table.created_at, table.id)  # type: ignore[arg-type]
    return await Page.of(db, found, paging, webhook_view)


@router.get("/webhooks/{webhook_id}", access=MANAGE)
async def show_webhook(webhook_id: UUID, db: Db, caller: Caller) -> WebhookView:
    """A subscription, without its secret."""
    return webhook_view(await webhooks.owned(db, webhook_id, caller.account))


@router.put("/webhooks/{webhook_id}", access=MANAGE, refuses=[TargetRefused, IllegalMove])
async def edit_webhook(
    webhook_id: UUID, body: DescribeWebhook, db: Db, caller: Caller, settings: Config, if_match: IfMatch
) -> WebhookView:
    """Change address, types or description; what waits is tried at once at a new address."""
    await webhooks.owned(db, webhook_id, caller.account)
    await _check(body, private=settings.webhook_private_targets)
    row = await _changing(db, webhook_id, caller, if_match, WebhookAct.EDIT)
    moved = row.url != body.url
    row.url, row.types, row.description = body.url, body.types, body.description
    save(db, row)
    if moved:
        await webhooks.retry_now(db, row.id)
    audit(db, caller, "certificates.webhook.edited", row.id)
    return webhook_view(row)


@router.delete("/webhooks/{webhook_id}", access=MANAGE, status_code=204)
async def delete_webhook(webhook_id: UUID, db: Db, caller: Caller) -> None:
    """Unsubscribe: nothing is delivered any more, the delivery log is deleted too."""
    await webhooks.alone(db)
    row = await webhooks.owned(db, webhook_id, caller.account, locked=True)
    await db.execute(delete(WebhookSubscription).where(WebhookSubscription.id == row.id))  # type: ignore[arg-type]
    audit(db, caller, "certificates.webhook.deleted", row.id)


@router.post("/webhooks/{webhook_id}/rotate-secret", access=MANAGE, secret=True, refuses=[IllegalMove])
async def rotate_webhook_secret(webhook_id: UUID, db: Db, caller: Caller, if_match: IfMatch) -> NewSecret:
    """Sign with a new secret, shown here once; for 24 hours deliveries carry the former one's signature too."""
    row = await _changing(db, webhook_id, caller, if_match, WebhookAct.ROTATE)
    secret = webhooks.new_secret()
    webhooks.give_secret(row, secret, clock.real_now())
    save(db, row)
    audit(db, caller, "certificates.webhook.secret-rotated", row.id)
    return NewSecret(**webhook_view(row).model_dump(), secret=secret)


@router.post("/webhooks/{webhook_id}/resume", access=MANAGE, refuses=[IllegalMove])
async def resume_webhook(webhook_id: UUID, db: Db, caller: Caller, if_match: IfMatch) -> WebhookView:
    """Deliver again: first what failed before and everything missed since it was disabled."""
    await _entitled(db, caller)
    row = await _changing(db, webhook_id, caller, if_match, WebhookAct.RESUME)
    missed = Place.at(row.resume_from or "")
    row.reason, row.disabled_at, row.resume_from, row.failing_since = "", None, None, None
    save(db, row)
    await db.flush()
    await webhooks.retry_now(db, row.id)
    await webhooks.catch_up(db, row.id, missed, again=False)
    audit(db, caller, "certificates.webhook.resumed", row.id)
    return webhook_view(row)


@router.post("/webhooks/{webhook_id}/replay", access=MANAGE, refuses=[IllegalMove, CursorInvalid])
async def replay_webhook(webhook_id: UUID, body: ReplayEvents, db: Db, caller: Caller) -> Replayed:
    """Deliver every event after a cursor of the feed (again); receivers know by `webhook-id` what they have."""
    after = Place.at(body.from_cursor)
    await webhooks.alone(db)
    row = await webhooks.owned(db, webhook_id, caller.account, locked=True)
    WEBHOOK.next(WebhookStatus(row.state), WebhookAct.REPLAY)
    audit(db, caller, "certificates.webhook.replayed", row.id, body.from_cursor)
    return Replayed(deliveries=await webhooks.catch_up(db, row.id, after, again=True))


@router.post("/webhooks/{webhook_id}/ping", access=MANAGE, status_code=202)
async def ping_webhook(webhook_id: UUID, db: Db, caller: Caller) -> DeliveryView:
    """Send a test event of type `certificates.webhook.ping.v1`, once; the delivery log tells what came of it."""
    row = await webhooks.owned(db, webhook_id, caller.account)
    return delivery_view(await webhooks.write_ping(db, row.id))


async def _changing(
    db: Db, webhook_id: UUID, caller: Caller, revision: int, act: WebhookAct
) -> WebhookSubscription:
    """The subscription, locked while no event is being written, after this act."""
    await webhooks.alone(db)
    row = await webhooks.owned(db, webhook_id, caller.account, locked=True)
    expect(row, revision)
    row.state = WebhookStatus(WEBHOOK.next(WebhookStatus(row.state), act))
    return row


async def _entitled(db: Db, caller: Caller) -> None:
    """Raise `Forbidden` for a system that was disabled while its last token still lives."""
    if await webhooks.barred(db, caller.account):
        raise Forbidden("该系统已被停用，或不再有推送订阅的权限。")


async def _check(body: DescribeWebhook, *, private: bool) -> None:
    """Raise `Invalid` or `TargetRefused` for what cannot be subscribed."""
    if strange := [name for name in body.types if name not in webhooks.TYPES]:
        detail = f"没有这种事件：{'、'.join(strange)[:200]}。可选：{'、'.join(webhooks.TYPES)}。"
        raise Invalid(detail, complaints=(Complaint("/types", "enum", detail),))
    check_url(body.url, private=private)
    await check_target(body.url, private=private)


def webhook_view(row: WebhookSubscription) -> WebhookView:
    """What the owner sees."""
    return WebhookView(
        id=row.id,
        state=row.state,
        revision=row.revision,
        allowed_actions=list(WEBHOOK.allowed(WebhookStatus(row.state), OWNER)),
        url=row.url,
        types=row.types,
        description=row.description,
        reason=row.reason,
        disabled_at=row.disabled_at,
        failing_since=row.failing_since,
        former_secret_until=row.former_until,
        created_at=row.created_at,
    )
