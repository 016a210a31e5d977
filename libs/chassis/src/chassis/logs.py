"""JSON logs, one object a line, without personal data: ID numbers, phone numbers and secrets are blanked."""

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

BLANK = "***"

# By the name of the field, whatever the value is; by pattern, wherever the text stands.
_SECRET_KEYS = re.compile(
    r"passw|secret|token|authorization|cookie|credential|signature|id_?number|identity_?no|phone|mobile"
    r"|put_url|person_?name|real_?name",
    re.IGNORECASE,
)
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"eyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?"), BLANK),
    (re.compile(r"(?i)(bearer|basic)\s+[^\s\"',]+"), rf"\1 {BLANK}"),
    (re.compile(r"(?i)((?:x-amz-[a-z-]+|code|token|password|secret)=)[^\s&\"']+"), rf"\1{BLANK}"),
    (re.compile(r"(?<=://)([^\s:/@]+):[^\s/@]+@"), rf"\1:{BLANK}@"),
    (re.compile(r"(?<![0-9A-Za-z])(?:\d{17}[\dXx]|\d{15})(?![0-9A-Za-z])"), BLANK),
    (re.compile(r"(?<![0-9A-Za-z])(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?![0-9A-Za-z])"), BLANK),
    # What validation adds to its errors: the input, whole.
    (re.compile(r"(?s)input_value=.*?(?=, input_type=|\Z)"), f"input_value={BLANK}"),
    (re.compile(r"(?m)'input': .*$"), f"'input': {BLANK}"),
    (re.compile(r"(?m)(invalid input (?:for query argument|syntax for) [^:\n]+: ).*$"), rf"\1{BLANK}"),
    # What databases add to their errors: the row that was in the way, the values of the statement.
    (re.compile(r"(?m)^\s*DETAIL:.*$"), f"DETAIL: {BLANK}"),
    (re.compile(r"(?m)\[parameters:.*$"), f"[parameters: {BLANK}]"),
)

# Their own words about a request hold addresses and arguments.
_QUIET = ("httpx", "httpcore", "urllib3", "procrastinate", "aiokafka", "faststream", "asyncio")


def redact(text: str) -> str:
    """The text with ID numbers, phone numbers, tokens and signatures blanked."""
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def redacted(value: Any, key: str = "") -> Any:
    """The value with everything personal or secret blanked, at any depth."""
    if key and _SECRET_KEYS.search(key):
        return BLANK
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, bool | int | float) or value is None:
        return BLANK if isinstance(value, int) and redact(str(value)) == BLANK else value
    if isinstance(value, Mapping):
        return {str(k): redacted(v, str(k)) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redacted(item) for item in value]
    return redact(str(value))


def setup(service: str, level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send the logs of structlog and of every library to one stream as redacted JSON."""
    number = logging.getLevelNamesMapping()[level.upper()]

    def name_service(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        name_service,
        _add_trace,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream) if stream else _Stderr()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _redact_event,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(number)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(number, logging.WARNING))
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
    # The access log repeats query strings; requests are in the traces and metrics.
    logging.getLogger("uvicorn.access").disabled = True


class _Stderr(logging.Handler):
    """Writes to whatever stderr is at that moment: test runners exchange it."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        try:
            sys.stderr.write(self.format(record) + "\n")
            sys.stderr.flush()
        except Exception:
            self.handleError(record)


def _add_trace(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    from chassis.telemetry import current_trace_id

    if trace_id := current_trace_id():
        event["trace_id"] = trace_id
    return event


# Ours, not from outside: blanking these would only make the logs useless.
_PLAIN = frozenset({"timestamp", "level", "service", "trace_id"})


def _redact_event(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    return {key: value if key in _PLAIN else redacted(value, key) for key, value in event.items()}
