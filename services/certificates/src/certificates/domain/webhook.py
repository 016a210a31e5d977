"""Webhook subscriptions of other systems, and the deliveries of each event to each."""

from datetime import datetime, timedelta
from enum import StrEnum

from refusals.machine import Machine, Move

OWNER, SYSTEM, RECEIVER = "owner", "system", "receiver"


class WebhookStatus(StrEnum):
    """Whether events are delivered; what happens while DISABLED is delivered after `resume`."""

    ACTIVE = "ACTIVE"
    DISABLED = "DISABLED"


class WebhookAct(StrEnum):
    """What can be done to a subscription; deleting it leaves nothing."""

    SUBSCRIBE = "subscribe"
    EDIT = "edit"
    ROTATE = "rotate-secret"
    PING = "ping"
    REPLAY = "replay"
    REDELIVER = "redeliver"
    RESUME = "resume"
    GIVE_UP = "give-up"
    GONE = "gone"
    BAR = "bar"


WEBHOOK = Machine(
    "webhook subscription",
    (
        Move(None, WebhookAct.SUBSCRIBE, WebhookStatus.ACTIVE, OWNER),
        Move(WebhookStatus.ACTIVE, WebhookAct.EDIT, WebhookStatus.ACTIVE, OWNER),
        Move(WebhookStatus.ACTIVE, WebhookAct.ROTATE, WebhookStatus.ACTIVE, OWNER),
        Move(WebhookStatus.ACTIVE, WebhookAct.PING, WebhookStatus.ACTIVE, OWNER),
        Move(WebhookStatus.ACTIVE, WebhookAct.REPLAY, WebhookStatus.ACTIVE, OWNER),
        Move(WebhookStatus.ACTIVE, WebhookAct.REDELIVER, WebhookStatus.ACTIVE, OWNER),
        Move(WebhookStatus.ACTIVE, WebhookAct.GONE, WebhookStatus.DISABLED, RECEIVER),
        Move(WebhookStatus.ACTIVE, WebhookAct.GIVE_UP, WebhookStatus.DISABLED, SYSTEM),
        Move(WebhookStatus.ACTIVE, WebhookAct.BAR, WebhookStatus.DISABLED, SYSTEM),
        Move(WebhookStatus.DISABLED, WebhookAct.EDIT, WebhookStatus.DISABLED, OWNER),
        Move(WebhookStatus.DISABLED, WebhookAct.ROTATE, WebhookStatus.DISABLED, OWNER),
        Move(WebhookStatus.DISABLED, WebhookAct.PING, WebhookStatus.DISABLED, OWNER),
        Move(WebhookStatus.DISABLED, WebhookAct.RESUME, WebhookStatus.ACTIVE, OWNER),
    ),
)


class DeliveryStatus(StrEnum):
    """Where the delivery of one event to one subscription stands."""

    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    EXHAUSTED = "EXHAUSTED"


class DeliveryAct(StrEnum):
    """What happens to a delivery."""

    WRITE = "write"
    FAIL = "fail"
    ACCEPT = "accept"
    EXHAUST = "exhaust"
    REDELIVER = "redeliver"


DELIVERY = Machine(
    "webhook delivery",
    (
        Move(None, DeliveryAct.WRITE, DeliveryStatus.PENDING, SYSTEM),
        Move(DeliveryStatus.PENDING, DeliveryAct.FAIL, DeliveryStatus.PENDING, RECEIVER),
        Move(DeliveryStatus.PENDING, DeliveryAct.ACCEPT, DeliveryStatus.DELIVERED, RECEIVER),
        Move(DeliveryStatus.PENDING, DeliveryAct.EXHAUST, DeliveryStatus.EXHAUSTED, SYSTEM),
        Move(DeliveryStatus.PENDING, DeliveryAct.REDELIVER, DeliveryStatus.PENDING, OWNER),
        Move(DeliveryStatus.DELIVERED, DeliveryAct.REDELIVER, DeliveryStatus.PENDING, OWNER),
        Move(DeliveryStatus.EXHAUSTED, DeliveryAct.REDELIVER, DeliveryStatus.PENDING, OWNER),
    ),
)

_HOUR = timedelta(hours=1)
WAITS = (
    timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), 2 * _HOUR, 5 * _HOUR, 10 * _HOUR,
    14 * _HOUR, 20 * _HOUR, *(24 * _HOUR,) * 6,
)  # fmt: skip
"""After each failed attempt, as the Standard Webhooks specification proposes.

However chance spreads them they last longer than `PATIENCE`: where nothing but failures came, the subscription is
disabled before any delivery is given up.
"""
PATIENCE = timedelta(days=7)
KEPT_SECRET = timedelta(hours=24)
"""How long a replaced secret goes on signing beside the new one."""


def wait_after(attempts: int, chance: float) -> timedelta | None:
    """How long after the n-th failed attempt to try again, None to give up; `chance` 0…1 spreads it by a tenth."""
    if attempts > len(WAITS):
        return None
    return WAITS[attempts - 1] * (0.9 + 0.2 * chance)


def is_hopeless(failing_since: datetime | None, now: datetime) -> bool:
    """Whether nothing but failures came for a week."""
    return failing_since is not None and now - failing_since >= PATIENCE
