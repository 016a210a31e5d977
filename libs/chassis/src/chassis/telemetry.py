"""One trace from the gateway to the last consumer; spans leave with allowed attributes only."""

import json
import threading
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from fastapi.telemetry import TelemetryConfig
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue

from chassis import logs, metrics
from chassis.logs import redact

__all__ = [
    "config", "current_trace_id", "current_traceparent", "flush", "metrics", "setup", "shutdown", "span_from",
]  # fmt: skip

# Everything else is dropped: an attribute is exported because somebody decided it holds nothing personal.
ALLOWED = frozenset({
    "code.function.name", "error.type", "exception.type", "http.request.method", "http.response.status_code",
    "http.route", "messaging.batch.message_count", "messaging.destination.name",
    "messaging.destination.partition.id", "messaging.kafka.offset", "messaging.message.id",
    "messaging.operation.name", "messaging.system", "network.protocol.version", "server.address",
    "server.port", "url.path", "url.scheme", "event.type", "event.id", "event.subject", "event.revision",
    "consumer", "outcome", "job.task", "job.id", "deadline.kind", "deadline.subject",
})  # fmt: skip
BLANKED = frozenset({"url.query"})
_UNTRACED = frozenset({"/livez", "/readyz", "/metrics"})
_PROPAGATOR = TraceContextTextMapPropagator()


class TelemetrySettings(Protocol):
    """The settings that telemetry reads."""

    log_level: str
    otlp_endpoint: str
    spans_file: str


_tracers: TracerProvider | None = None
_meters: MeterProvider | None = None
_setup = threading.Lock()


def setup(service: str, settings: TelemetrySettings) -> None:
    """Start logs, traces and metrics of this process; without an endpoint or file spans go nowhere."""
    global _tracers, _meters
    logs.setup(service, settings.log_level)
    exporters: list[SpanExporter] = []
    if settings.otlp_endpoint:
        exporters.append(OTLPSpanExporter(settings.otlp_endpoint.rstrip("/") + "/v1/traces", timeout=5))
    if settings.spans_file:
        exporters.append(FileExporter(Path(settings.spans_file)))
    with _setup:
        if _tracers is not None:
            _tracers.shutdown()
        _tracers = provider_for(
            service, [BatchSpanProcessor(e, schedule_delay_millis=500) for e in exporters]
        )
        if _meters is None:  # its collector can be registered only once a process
            _meters = MeterProvider([PrometheusMetricReader()], Resource.create({"service.name": service}))


def provider_for(service: str, processors: Sequence[SpanProcessor]) -> TracerProvider:
    """Tracers of a service whose processors only ever see scrubbed spans."""
    provider = TracerProvider(resource=Resource.create({"service.name": service}), shutdown_on_exit=True)
    for processor in processors:
        provider.add_span_processor(Scrubbed(processor))
    return provider


def config() -> TelemetryConfig:
    """What `FastAPI(telemetry=…)` needs: spans and metrics, never its logs, for they repeat input."""
    return {
        "tracer_provider": _tracers,
        "meter_provider": _meters,
        "tracing": _tracers is not None,
        "metrics": _meters is not None,
        "logs": False,
        "operation_spans": False,
        "auto_configure": False,
        "exclude": _untraced,
    }


def _untraced(scope: MutableMapping[str, Any]) -> bool:
    return scope.get("path") in _UNTRACED


def flush() -> None:
    """Export what has ended so far."""
    if _tracers is not None:
        _tracers.force_flush(5_000)


def shutdown() -> None:
    """Export the rest and stop."""
    global _tracers
    with _setup:
        if _tracers is not None:
            _tracers.shutdown()
            _tracers = None


def current_traceparent() -> str | None:
    """The span in force as a `traceparent` header, to be stored beside what is published later."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return carrier.get("traceparent")


def current_trace_id() -> str | None:
    """The trace in force as 32 hex digits."""
    context = trace.get_current_span().get_span_context()
    return format(context.trace_id, "032x") if context.is_valid else None


@contextmanager
def span_from(
    traceparent: str | None,
    name: str,
    attributes: Mapping[str, AttributeValue] | None = None,
    *,
    kind: SpanKind = SpanKind.CONSUMER,
) -> Iterator[trace.Span]:
    """A span that continues the trace of a record, a job or a stored header; without one it starts a trace.

    An exception marks the span as failed by its type only: messages may repeat input.
    """
    tracer = trace.NoOpTracer() if _tracers is None else _tracers.get_tracer("chassis")
    # An empty context: the record's own trace counts, not that of the loop which reads it.
    parent = _PROPAGATOR.extract({"traceparent": traceparent} if traceparent else {}, Context())
    with tracer.start_as_current_span(
        name, parent, kind, attributes, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield span
        except BaseException as error:
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(StatusCode.ERROR)
            raise


class Scrubbed(SpanProcessor):
    """Hands on copies of spans with allowed attributes only, query strings blanked, messages dropped."""

    def __init__(self, inner: SpanProcessor) -> None:
        self.inner = inner

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Nothing leaves before a span ends."""

    def on_end(self, span: ReadableSpan) -> None:
        """Hand on the scrubbed copy."""
        self.inner.on_end(scrub(span))

    def shutdown(self) -> None:
        """Stop the processor behind."""
        self.inner.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Flush the processor behind."""
        return self.inner.force_flush(timeout_millis)


def scrub(span: ReadableSpan) -> ReadableSpan:
    """A copy that may be exported."""
    return ReadableSpan(
        name=redact(span.name),
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=_allowed(span.attributes),
        events=[Event(event.name, _allowed(event.attributes), event.timestamp) for event in span.events],
        links=span.links,
        kind=span.kind,
        instrumentation_scope=span.instrumentation_scope,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
    )


def _allowed(attributes: Mapping[str, AttributeValue] | None) -> dict[str, AttributeValue]:
    attributes = attributes or {}
    kept = {
        key: redact(value) if isinstance(value, str) else value
        for key, value in attributes.items()
        if key in ALLOWED
    }
    # An address that no route knows may say anything.
    if "http.request.method" in attributes and "http.route" not in attributes:
        kept.pop("url.path", None)
    return kept | {key: "" for key in attributes if key in BLANKED}


class FileExporter(SpanExporter):
    """Appends spans to a file, one JSON object a line; several processes may share the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Append these spans."""
        lines = "".join(json.dumps(_plain(span), ensure_ascii=False) + "\n" for span in spans)
        with self.path.open("ab", buffering=0) as file:  # one write: lines of two processes do not mix
            file.write(lines.encode())
        return SpanExportResult.SUCCESS


def _plain(span: ReadableSpan) -> dict[str, Any]:
    assert span.context is not None
    return {
        "service": span.resource.attributes.get("service.name"),
        "name": span.name,
        "trace_id": format(span.context.trace_id, "032x"),
        "span_id": format(span.context.span_id, "016x"),
        "parent_id": format(span.parent.span_id, "016x") if span.parent else None,
        "kind": span.kind.name,
        "status": span.status.status_code.name,
        "start": span.start_time,
        "end": span.end_time,
        "attributes": dict(span.attributes or {}),
    }
