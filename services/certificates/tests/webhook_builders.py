"""Builders of what the tests of webhooks need."""

from typing import Any
from uuid import UUID, uuid4

import orjson
from standardwebhooks import Webhook

MANAGE, FEED = "certificates.webhook.manage", "certificates.feed.read"
SYSTEM = UUID("01990000-0000-7000-8000-0000000000e1")


class Subscriber:
    """Another system at work: subscribes, receives, checks signatures."""

    def __init__(self, api: Any, receiver: Any, system: UUID = SYSTEM) -> None:
        self.client = api.as_system(MANAGE, FEED, system=system)
        self.receiver = receiver
        self.id, self.secret, self.revision = "", "", 0

    async def subscribe(self, **changes: Any) -> dict[str, Any]:
        """Create the subscription."""
        answer = await self.client.post("/webhooks", {"url": self.receiver.url, **changes})
        assert answer.status_code == 201, answer.text
        self.id, self.secret, self.revision = (answer.json()[name] for name in ("id", "secret", "revision"))
        return dict(answer.json())

    async def shown(self) -> dict[str, Any]:
        """The subscription as it is now."""
        answer = await self.client.get(f"/webhooks/{self.id}")
        assert answer.status_code == 200, answer.text
        self.revision = answer.json()["revision"]
        return dict(answer.json())

    async def do(self, verb: str, body: Any = None) -> dict[str, Any]:
        """A command with the revision of this moment, which must succeed."""
        await self.shown()
        answer = await self.client.post(f"/webhooks/{self.id}/{verb}", body, if_match=self.revision)
        assert answer.is_success, answer.text
        return dict(answer.json())

    async def log(self, **query: Any) -> list[dict[str, Any]]:
        """The delivery log, the latest first."""
        answer = await self.client.get(f"/webhooks/{self.id}/deliveries", params=query)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    def events(self, secret: str = "") -> list[dict[str, Any]]:
        """What was received so far, each checked against its signature."""
        hook = Webhook(secret or self.secret)
        return [hook.verify(one.body, one.headers) for one in self.receiver.received]

    @property
    def told(self) -> list[tuple[str, str]]:
        """Subject and last word of the type of everything received."""
        return [(event["subject"], event["type"].split(".")[-2]) for event in self.events()]


def a_certificate_event(kind: Any, subject: UUID | None = None, revision: int = 1) -> Any:
    """An event of a certificate that nobody issued."""
    from contracts.event import Actor

    sample = orjson.dumps(_STATE | {"state": "REVOKED" if "revoked" in kind.type else "ISSUED"})
    state = kind.model_fields["state"].annotation.model_validate_json(sample)
    return kind(subject=subject or uuid4(), revision=revision, actor=Actor(role="ISSUER"), state=state)


_STATE = {
    "number": "5100002026300000012", "application_id": None, "person": str(uuid4()), "name": "王芳",
    "obtaining_method": "REVIEW", "series": "农业技术", "level": "DEPUTY_SENIOR", "title_name": "高级农艺师",
    "specialty": "园艺", "campaign_id": None, "issuing_unit_id": str(uuid4()), "issuing_unit_name": "省厅",
    "document_number": "川人社职称〔2026〕18号", "approval_date": "2026-12-18", "issued_at": "2026-12-18T02:00:00Z",
    "sha256": "2c" * 32,
}  # fmt: skip
