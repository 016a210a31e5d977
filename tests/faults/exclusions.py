"""What two seasons may differ in, and why; everything else must be equal.

A row here is a decision. Whatever is left out of the comparison is either chance by design (numbers, secrets, hashes of
files that print numbers), a moment, an order, or the trace of a client that asked again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

TABLES: dict[str, str] = {
    "*.alembic_version": "the schema's state, not the season's",
    "*.chassis_version": "the schema's state, not the season's",
    "*.relay_state": "which cluster the relay has seen",
    "*.outbox_life": "how often the log was begun anew",
    "*.idempotency": "keys are made anew for every season; the ledger replays them one by one",
    "*.access_log": "a read that was asked again is written down again",
    "*.parked": "that none is open is an invariant; what was parked is held against the poison that was injected",
    "*.known_key": "keys of tokens belong to the stack",
    "identity.signing_key": "keys of tokens belong to the stack",
    "identity.sign_in": "people log in anew after a death",
    "identity.login_session": "people log in anew after a death",
    "identity.grant_code": "people log in anew after a death",
    "identity.refresh_token": "people log in anew after a death",
    "identity.system_guesses": "attempts of other systems",
    "certificates.number_counter": "certificate numbers are not compared",
    "certificates.webhook_subscription": "what outsiders subscribed to is not the season's",
    "certificates.webhook_delivery": "attempts are as many as were needed; the outsiders' copies are compared instead",
    "*.procrastinate_*": "jobs are technical; that none is left over or failed is an invariant",
}
"""`service.table`, `*` for any → why it is not compared."""

COLUMNS: dict[str, str] = {
    "*.deadline.attempts": "a deadline is tried again after a death",
    "*.deadline.error": "a deadline is tried again after a death",
    "*.work.revision": "progress is told in as many steps as time allowed",
    "*.outbox.seq": "an order",
    "*.outbox.xid": "an order",
    "*.outbox.life": "how often the log was begun anew",
    "*.outbox.headers": "time, trace and correlation; the event's id, type and subject are columns of their own",
    "*.audit_entry.id": "nobody refers to it",
    "*.stored_file.quarantine_key": "random",
    "*.stored_file.size": "a PDF is as long as the numbers it prints allow",
    "applications.application.campaign_revision": "as new as the news were when it was handed in",
    "certificates.certificate.number": "certificate numbers are not compared",
    "certificates.certificate.attempts": "printing is tried again after a death",
    "certificates.certificate.size": "a PDF is as long as the numbers it prints allow",
    "certificates.batch_person.position": "an order",
    "meetings.draw_place.position": "an order: the lot's",
    "identity.platform_login.subject": "given by the platform",
}
"""`service.table.column`, `*` for any → why it is not compared."""

KEYS: dict[str, str] = {
    "size": "a file's; a PDF is as long as the numbers it prints allow",
    "witness": "what is called out at the draw depends on the ids that the lots are cast over",
    "certificate_number": "certificate numbers are not compared",
    "file_id": "an upload that broke off was begun anew; what was uploaded is compared by name and type",
    "sequence": "an order",
}
"""Key of a JSON object at any depth → why it is not compared."""

ROWS: dict[str, tuple[Callable[[Mapping[str, Any]], bool], str]] = {
    "*.stored_file": (
        lambda row: row["state"] != "CLEAN",
        "an upload that broke off stays behind in quarantine and is swept out later",
    ),
    "*.audit_entry": (
        lambda row: row["action"] == "parked.dropped" or row["action"].startswith("certificates.webhook."),
        "poison that was dropped is counted where it was injected; other systems' doings are not the season's",
    ),
}
"""`service.table` → which rows are not compared, and why."""

TEXTS: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (re.compile(r"https?://127\.0\.0\.1:\d+"), "<address>", "the stack's own address"),
    (
        re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])"),
        "<hash>",
        "hashes of files with numbers, and of secrets",
    ),
    (re.compile(r"(?<!\d)\d{4}-\d\d-\d\d([T ][\d:.]+(Z|[+-]\d\d(:?\d\d)?)?)?(?!\d)"), "<time>", "a moment"),
    (re.compile(r"\d{4}年\d{1,2}月\d{1,2}日(\s*\d{1,2}[:：时]\d\d分?)?"), "<time>", "a moment"),
    (re.compile(r"\*+[0-9X]{4}(?!\d)"), "<masked>", "the last characters of a number"),
    (
        re.compile(r"(?<!\d)\d{6}20\d{2}\d{7,9}(?!\d)"),
        "<certificate number>",
        "certificate numbers are not compared",
    ),
)
"""Pattern inside any text → what stands for it, and why."""


def excluded(names: Mapping[str, Any], service: str, *rest: str) -> str | None:
    """The key of such a table under which something is excluded, if it is."""
    name = ".".join((service, *rest))
    for key in (name, ".".join(("*", *rest))):
        if key in names:
            return key
    return next((key for key in names if key.endswith("_*") and _starts(name, key)), None)


def _starts(name: str, key: str) -> bool:
    return name.partition(".")[2].startswith(key.partition(".")[2].removesuffix("*"))
