"""Logs are JSON and hold nothing personal, whoever writes them."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from chassis import logs

JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    out = io.StringIO()
    logs.setup("specimen", "INFO", out)
    yield out
    logs.setup("specimen")


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("号码 110101199003077758 有误", "号码 *** 有误"),
        ("id=11010119900307775X;", "id=***;"),
        ("old 110101900307775.", "old ***."),
        ("call 13812345678 or +86 138-1234-5678", "call *** or ***"),
        (f"Authorization: Bearer {JWT}", "Authorization: Bearer ***"),
        (f"token {JWT}", "token ***"),
        ("GET /x?X-Amz-Signature=abc&X-Amz-Expires=600", "GET /x?X-Amz-Signature=***&X-Amz-Expires=***"),
        ("postgresql://app:secret@host/db", "postgresql://app:***@host/db"),
        ("duplicate\nDETAIL:  Key (name)=(张三) already exists.", "duplicate\nDETAIL: ***"),
        ("error\n[parameters: ('张三', 'x')]\nmore", "error\n[parameters: ***]\nmore"),
        ("x [type=a, input_value='张三\n丰', input_type=str]", "x [type=a, input_value=***, input_type=str]"),
        ("  {'type': 'a', 'input': {'name': '张三'}}\nEnd", "  {'type': 'a', 'input': ***\nEnd"),
        ("invalid input for query argument $1: '张三' (no)", "invalid input for query argument $1: ***"),
        ('invalid input syntax for type uuid: "张三"', "invalid input syntax for type uuid: ***"),
        # What looks alike but tells us what happened.
        ("0197a3c2-1111-7222-8333-123456789012", "0197a3c2-1111-7222-8333-123456789012"),
        ("offset 1234567890, took 1718000000000 ms", "offset 1234567890, took 1718000000000 ms"),
        ("sha " + "1234567890" * 6 + "abcd", "sha " + "1234567890" * 6 + "abcd"),
    ],
)
def test_personal_data_is_blanked(text: str, expected: str) -> None:
    assert logs.redact(text) == expected


def test_secrets_are_blanked_by_name_at_any_depth(stream: io.StringIO) -> None:
    structlog.get_logger().info(
        "request",
        person={"id_number": 1, "phone": "x", "ok": "yes"},
        tokens=["a"],
        n=13812345678,
        put_url="u",
    )
    [line] = lines(stream)
    assert line["person"] == {"id_number": "***", "phone": "***", "ok": "yes"}
    assert (line["tokens"], line["n"], line["put_url"]) == ("***", "***", "***")
    assert (line["service"], line["level"], line["event"]) == ("specimen", "info", "request")


def test_libraries_and_tracebacks_are_redacted_too(stream: io.StringIO) -> None:
    try:
        raise ValueError("bad 110101199003077758")
    except ValueError:
        logging.getLogger("some.library").exception("failed for %s", "13812345678")
        structlog.get_logger().exception("ours")
    first, second = lines(stream)
    assert first["event"] == "failed for ***"
    for line in (first, second):
        assert "ValueError: bad ***" in str(line["exception"])
    assert "1990030" not in stream.getvalue()


def test_access_logs_with_query_strings_are_silent(stream: io.StringIO) -> None:
    logging.getLogger("uvicorn.access").info("GET /x?name=%s", "张三")
    logging.getLogger("httpx").info("GET https://x/?name=张三")
    assert lines(stream) == []


def test_a_log_line_names_its_trace(stream: io.StringIO) -> None:
    from chassis import telemetry
    from chassis.telemetry import provider_for

    tracer = provider_for("specimen", []).get_tracer("test")
    with tracer.start_as_current_span("x"):
        structlog.get_logger().info("inside")
        expected = telemetry.current_trace_id()
    assert lines(stream)[0]["trace_id"] == expected
