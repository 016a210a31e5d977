"""A worker that is killed between sending and writing down, as a real process under SIGKILL."""

import asyncio
import os
import signal
import sys

import pytest
import pytest_asyncio
from certificates import webhooks
from chassis.db import transaction
from chassis.testing.receiver import receiving
from contracts.certificates.v1 import CertificateIssued
from sqlalchemy import text
from webhook_builders import Subscriber, a_certificate_event

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def worker(runtime, unused_tcp_port_factory, tmp_path):
    """Start workers of this service as processes; no broker is there, and none is needed."""
    started = []

    async def start(**environment):
        log = (tmp_path / f"worker{len(started)}.log").open("wb")
        told = {
            "CERTIFICATES_PORT": str(unused_tcp_port_factory()), "WEBHOOK_PRIVATE_TARGETS": "true", **environment,
        }  # fmt: skip
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "certificates", "worker", env={**os.environ, **told}, stdout=log, stderr=log
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_what_a_killed_worker_had_sent_is_sent_again_and_nothing_is_lost(worker, api, runtime, db):
    runtime.settings.webhook_private_targets = True
    async with receiving() as receiver:
        subscriber = Subscriber(api, receiver)
        await subscriber.subscribe()
        for _ in range(3):
            async with transaction(runtime.sessions) as session:
                await webhooks.announce(session, a_certificate_event(CertificateIssued))
        doomed = await worker(FAILPOINTS="webhook.after-send=kill")
        async with asyncio.timeout(40):
            assert await doomed.wait() == -signal.SIGKILL
        before = {event["id"] for event in subscriber.events()}
        assert before
        assert {row["state"] for row in await subscriber.log()} == {"PENDING"}
        # A minute later, as far as the rows can tell.
        await db.execute(text("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 min'"))
        await db.execute(text("UPDATE webhook_delivery SET next_attempt_at = now()"))
        await db.commit()
        await worker()
        async with asyncio.timeout(40):
            while {row["state"] for row in await subscriber.log()} != {"DELIVERED"}:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.1)
        told = [event["id"] for event in subscriber.events()]
    assert len(set(told)) == 3
    assert len(told) == 3 + len(before)
    runtime.settings.webhook_private_targets = False
