"""CloudEvents 1.0 in Kafka's binary mode: context in `ce_*` headers, the event as the JSON body."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.event import Event, registry


class Undecodable(ValueError):
    """A record that is not a CloudEvent, or breaks the schema of the type it names."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """The context of one event; `correlation_id` is shared by everything one request set off."""

    id: UUID
    type: str
    source: str
    time: datetime
    subject: UUID
    correlation_id: UUID
    causation_id: UUID | None = None
    traceparent: str | None = None

    def headers(self) -> list[tuple[str, bytes]]:
        """The record's headers, as aiokafka wants them."""
        pairs = {
            "ce_specversion": "1.0",
            "ce_id": str(self.id),
            "ce_type": self.type,
            "ce_source": self.source,
            "ce_time": self.time.isoformat(),
            "ce_subject": str(self.subject),
            "ce_correlationid": str(self.correlation_id),
            "content-type": "application/json",
        }
        if self.causation_id:
            pairs["ce_causationid"] = str(self.causation_id)
        if self.traceparent:
            pairs["traceparent"] = self.traceparent
        return [(name, value.encode()) for name, value in pairs.items()]

    @classmethod
    def of(cls, headers: "list[tuple[str, bytes]] | tuple[tuple[str, bytes], ...]") -> "Envelope":
        """Read the context back; raises `Undecodable`."""
        try:
            h = {name: value.decode() for name, value in headers}
            return cls(
                id=UUID(h["ce_id"]),
                type=h["ce_type"],
                source=h["ce_source"],
                time=datetime.fromisoformat(h["ce_time"]),
                subject=UUID(h["ce_subject"]),
                correlation_id=UUID(h["ce_correlationid"]),
                causation_id=UUID(h["ce_causationid"]) if "ce_causationid" in h else None,
                traceparent=h.get("traceparent"),
            )
        except (KeyError, ValueError, AttributeError) as error:  # a header may be null
            raise Undecodable(f"not a CloudEvent of ours: {error}") from error


def decode(envelope: Envelope, body: bytes) -> Event | None:
    """The event, or None when this code does not know the type (a newer publisher); raises `Undecodable`."""
    known = registry().get(envelope.type)
    if known is None:
        return None
    try:
        return known.model_validate_json(body)
    except ValueError as error:
        raise Undecodable(f"{envelope.type} breaks its schema") from error
