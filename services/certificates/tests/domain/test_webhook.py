"""When to try again, when to give up, and who may do what to a subscription."""

from datetime import UTC, datetime, timedelta

import pytest
from certificates.domain.webhook import (
    OWNER,
    WAITS,
    WEBHOOK,
    WebhookAct,
    WebhookStatus,
    is_hopeless,
    wait_after,
)
from refusals.machine import IllegalMove

NOW = datetime(2026, 12, 18, tzinfo=UTC)


def test_attempts_come_as_the_specification_proposes():
    waits = [wait_after(n, 0.5) for n in range(1, 5)]
    assert waits == [
        timedelta(seconds=5),
        timedelta(minutes=5),
        timedelta(minutes=30),
        timedelta(hours=2),
    ]


@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
def test_a_subscription_is_hopeless_before_a_delivery_is_given_up(chance):
    waits = [wait_after(n, chance) for n in range(1, len(WAITS) + 1)]
    assert is_hopeless(NOW, NOW + sum(waits, timedelta()))
    assert wait_after(len(WAITS) + 1, chance) is None


@pytest.mark.parametrize("attempts", range(1, len(WAITS) + 1))
def test_chance_spreads_a_wait_by_a_tenth(attempts):
    exact = WAITS[attempts - 1]
    assert wait_after(attempts, 0.0) == exact * 0.9
    assert wait_after(attempts, 1.0) == pytest.approx(exact * 1.1, abs=timedelta(milliseconds=1))


@pytest.mark.parametrize(
    ("since", "hopeless"),
    [(None, False), (NOW, False), (NOW - timedelta(days=7) + timedelta(seconds=1), False),
     (NOW - timedelta(days=7), True)],
)  # fmt: skip
def test_a_week_of_failures_is_hopeless(since, hopeless):
    assert is_hopeless(since, NOW) is hopeless


def test_a_disabled_subscription_can_be_mended_and_resumed_only():
    assert set(WEBHOOK.allowed(WebhookStatus.DISABLED, OWNER)) == {"edit", "rotate-secret", "ping", "resume"}
    for act in (WebhookAct.REPLAY, WebhookAct.REDELIVER, WebhookAct.GONE, WebhookAct.GIVE_UP):
        with pytest.raises(IllegalMove):
            WEBHOOK.next(WebhookStatus.DISABLED, act)
