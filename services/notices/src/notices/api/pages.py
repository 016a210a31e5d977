"""What the gateway serves to people who build upon the suite: its two documents, their page, and problem pages."""

import hashlib
import re
from collections.abc import Iterable
from datetime import timedelta
from functools import cache
from html import escape
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from chassis import clock
from chassis.access import public
from chassis.problems import problem
from chassis.web import Router
from contracts import asyncapi
from fastapi import Header, Response

from notices.api.documents import documents
from notices.domain.advice import GATEWAY, UNDECLARED, advice
from notices.domain.openapi import Operation, Refused

router = Router(tags=["pages"])  # under `/api/v1/notices/`
pages = Router(tags=["pages"])  # at the gateway's root

_PAGES = Path(__file__).parent.parent / "pages"
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
_SLUG = re.compile(r"[a-z0-9-]{1,80}")
_SHOWN = 200  # operations listed on a problem page


@pages.get("/api/openapi.json", access=public(), include_in_schema=False, response_model=None)
@router.get("/openapi-merged.json", access=public(), include_in_schema=False, response_model=None)
async def show_merged_document(if_none_match: Annotated[str | None, Header()] = None) -> Response:
    """The API documents of all services as they run, in one."""
    merged = documents.merged
    return _document(merged.body, merged.etag, if_none_match)


@pages.get("/api/asyncapi.json", access=public(), include_in_schema=False, response_model=None)
async def show_events(if_none_match: Annotated[str | None, Header()] = None) -> Response:
    """The AsyncAPI document of all services' events."""
    return _document(*_events(), if_none_match)


@pages.get("/api/docs", access=public(), include_in_schema=False, response_model=None)
async def show_docs() -> Response:
    """The page that reads the merged document."""
    return _file("docs.html")


@pages.get("/api/docs/{name}", access=public(), include_in_schema=False, response_model=None)
async def show_docs_file(name: str) -> Response:
    """The page's own script and style."""
    return (
        _file(name)
        if name in ("docs.js", "docs.css")
        else _page(404, "没有找到此页面", "<p>请检查地址。</p>")
    )


@pages.get("/problems/", access=public(), include_in_schema=False, response_model=None)
async def list_problems() -> Response:
    """Every refusal of the suite."""
    rows = "".join(
        f'<tr><td class="status s{item.status // 100}">{item.status}</td>'
        f'<td><a href="/problems/{item.slug}"><code>{item.slug}</code></a></td><td>{escape(item.title)}</td></tr>'
        for item in sorted(_every().values(), key=lambda item: (item.status, item.slug))
    )
    body = f"<table><thead><tr><th>状态码</th><th>代码</th><th>含义</th></tr></thead><tbody>{rows}</tbody></table>"
    return _page(200, "错误代码", body)


@pages.get("/problems/{slug}", access=public(), include_in_schema=False, response_model=None)
async def show_problem(slug: str) -> Response:
    """What a refusal means, what to do, and which operations give it."""
    item = _every().get(slug) if _SLUG.fullmatch(slug) else None
    if item is None:
        return _page(404, "没有此错误代码", '<p>请在<a href="/problems/">全部错误代码</a>中查找。</p>')
    told = UNDECLARED[slug].detail if slug in UNDECLARED else ""
    body = (
        f'<p class="badges"><span class="status s{item.status // 100}">HTTP {item.status}</span>'
        f" <code>{slug}</code></p>"
        f"<h2>怎么办</h2><p>{escape(told)} {escape(advice(item.status))}</p>"
        f"<h2>返回内容</h2>{_example(item)}{_operations(item.operations)}"
    )
    return _page(200, item.title, body)


@router.get("/errors/{status}", access=public(), include_in_schema=False, response_model=None)
async def show_gateway_error(status: int) -> Response:
    """The body of an error that was born in the gateway."""
    plain = GATEWAY.get(status, GATEWAY[502])
    again = clock.real_now() + timedelta(seconds=2) if status in (429, 503) else None
    return problem(
        plain.status,
        plain.slug,
        plain.title,
        detail=plain.detail,
        retry_at=again.isoformat(timespec="seconds") if again else None,
    )


@cache
def _events() -> tuple[bytes, str]:
    body = asyncapi.text().encode()
    return body, f'"{hashlib.sha256(body).hexdigest()[:16]}"'


def _document(body: bytes, etag: str, seen: str | None) -> Response:
    headers = {"ETag": etag, "Cache-Control": "no-cache"}
    if seen == etag:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


def _every() -> dict[str, Refused]:
    undeclared = {slug: Refused(slug, plain.title, plain.status) for slug, plain in UNDECLARED.items()}
    return {**undeclared, **documents.merged.refusals}


def _example(item: Refused) -> str:
    said = (
        f'{{\n  "type": "/problems/{item.slug}",\n  "title": "{item.title}",\n'
        f'  "status": {item.status},\n  "code": "{item.slug}",\n  "detail": "…",\n  "trace_id": "…"\n}}'
    )
    return f"<pre>{escape(said)}</pre>"


def _operations(operations: Iterable[Operation]) -> str:
    listed = [
        f'<li><a href="/api/docs#{quote(operation.id)}"><span class="method {operation.method.lower()}">'
        f"{operation.method}</span> <code>{escape(operation.path)}</code></a></li>"
        for operation in operations
    ]
    if not listed:
        return ""
    more = f"<p>另有 {len(listed) - _SHOWN} 个。</p>" if len(listed) > _SHOWN else ""
    return f'<h2>可能返回此错误的接口（{len(listed)}）</h2><ul class="operations">{"".join(listed[:_SHOWN])}</ul>{more}'


def _page(status: int, title: str, body: str) -> Response:
    content = _text("problem.html").replace("{{title}}", escape(title)).replace("{{body}}", body)
    return Response(content, status, media_type="text/html")


def _file(name: str) -> Response:
    media_type = _TYPES[Path(name).suffix]
    return Response(_text(name), media_type=media_type, headers={"Cache-Control": "no-cache"})


@cache
def _text(name: str) -> str:
    return (_PAGES / name).read_text(encoding="utf-8")
