"""Reads small urlencoded forms without a multipart parser."""

from urllib.parse import parse_qs

from fastapi import Request

MAX_BYTES = 16_384


async def read_form(request: Request) -> dict[str, str]:
    """Returns the first value of each field; a body that is too long or no form gives no fields."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_BYTES:
            return {}
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=30)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}
