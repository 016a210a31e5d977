"""What a service counts: one Prometheus registry per process, served at `/metrics`."""

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Counter, Gauge, generate_latest

CONTENT_TYPE = CONTENT_TYPE_LATEST

# HTTP requests are measured by the framework itself (`http_server_request_duration_seconds`).
outbox_unpublished = Gauge("outbox_unpublished", "Outbox rows that the broker has not acknowledged yet.")
outbox_oldest_seconds = Gauge("outbox_oldest_seconds", "How long the oldest unpublished event has waited.")
outbox_published = Counter("outbox_published", "Events that the broker has acknowledged.")
parked = Gauge("parked", "Records set aside because they could not be decoded or handled.")
consumer_lag = Gauge("consumer_lag", "Records that this service has not taken in yet.", ["topic"])
events_handled = Counter("events_handled", "Events handled by consumer functions.", ["consumer", "outcome"])
deadlines_overdue = Gauge("deadlines_overdue", "Deadlines that have passed and are not dealt with yet.")
deadlines_oldest_seconds = Gauge("deadlines_oldest_seconds", "How long ago the oldest open deadline passed.")
deadlines_done = Counter("deadlines_done", "Deadline handlers that ended.", ["kind", "outcome"])
jobs_waiting = Gauge("jobs_waiting", "Deferred tasks that have not ended yet.")
jobs_failed = Gauge("jobs_failed", "Deferred tasks that were given up after their last attempt.")
jobs_done = Counter("jobs_done", "Runs of deferred tasks.", ["task", "outcome"])
files_refused = Counter("files_refused", "Uploaded files that were refused.", ["reason"])
webhook_deliveries = Counter("webhook_deliveries", "Attempts to deliver to a webhook.", ["outcome"])
webhooks_disabled = Gauge("webhooks_disabled", "Webhook subscriptions that were disabled and not resumed.")
webhook_oldest_seconds = Gauge(
    "webhook_oldest_seconds", "How long the oldest event has waited for a webhook that is not disabled."
)


def exposition() -> bytes:
    """All metrics of this process in Prometheus' text format."""
    return generate_latest(REGISTRY)
