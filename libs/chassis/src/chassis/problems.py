"""RFC 9457 problem+json for every error; titles are Chinese, input is never echoed."""

from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from refusals import Complaint, Kind, Refusal
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from chassis.outage import is_infrastructure
from chassis.telemetry import current_trace_id

log = structlog.get_logger()

STATUS: dict[Kind, int] = {
    Kind.INVALID: 422,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.MISSING: 404,
    Kind.CONFLICT: 409,
    Kind.STALE: 412,
    Kind.UNCONDITIONAL: 428,
    Kind.LIMITED: 403,
}


class Invalid(Refusal):
    """提交的内容有误。"""

    slug, kind = "invalid", Kind.INVALID


class Unauthenticated(Refusal):
    """请先登录。"""

    slug, kind = "unauthenticated", Kind.UNAUTHENTICATED


class Forbidden(Refusal):
    """没有此项操作的权限。"""

    slug, kind = "forbidden", Kind.FORBIDDEN


class UnitRequired(Refusal):
    """请以单位身份登录，且单位须已获得授权。"""

    slug, kind = "unit-not-authorised", Kind.FORBIDDEN


class Missing(Refusal):
    """没有找到所请求的内容。"""

    slug, kind = "not-found", Kind.MISSING


class Stale(Refusal):
    """内容已被他人修改，请刷新后重试。"""

    slug, kind = "stale", Kind.STALE


class RevisionRequired(Refusal):
    """请求须注明所依据的版本（If-Match）。"""

    slug, kind = "revision-required", Kind.UNCONDITIONAL


class NotYetKnown(Refusal):
    """相关信息尚未同步到达，请稍后重试。"""

    slug, kind = "not-yet-known", Kind.CONFLICT


class Concurrent(Refusal):
    """相同内容已存在或正被他人处理。"""

    slug, kind = "conflict", Kind.CONFLICT


# What the framework says by itself, in our words.
_HTTP_TITLES = {404: "没有找到所请求的内容。", 405: "不支持的请求方法。", 413: "请求内容过大。"}
_HTTP_DETAILS = {
    400: "请检查请求内容的格式和编码后重新提交。",
    405: "请按接口文档所列的方法请求。",
    413: "请减少内容后重新提交。",
}
_UNIQUE_VIOLATION = "23505"
_BAD_CHARACTER = {"22021", "22P05"}
_OUT_OF_RANGE = {"22001", "22003", "22008"}
_TRANSIENT = {"40001", "40P01", "55P03", "57014"}


def problem(
    status: int,
    slug: str,
    title: str,
    *,
    detail: str = "",
    complaints: tuple[Complaint, ...] = (),
    retry_at: str | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """One problem document: `type`, `title`, `status`, `detail`, `code`, `errors`, `trace_id`."""
    body: dict[str, Any] = {
        "type": f"/problems/{slug}",
        "title": title,
        "status": status,
        "code": slug,
        "trace_id": current_trace_id(),
    }
    if detail:
        body["detail"] = detail
    if complaints:
        body["errors"] = [{"pointer": c.pointer, "rule": c.rule, "detail": c.detail} for c in complaints]
    if retry_at:
        body["retry_at"] = retry_at
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def of_refusal(refusal: Refusal) -> JSONResponse:
    """A refusal as a problem document."""
    headers = {"WWW-Authenticate": "Bearer"} if refusal.kind is Kind.UNAUTHENTICATED else None
    return problem(
        STATUS[refusal.kind],
        refusal.slug,
        refusal.title,
        detail=refusal.detail,
        complaints=refusal.complaints,
        retry_at=refusal.retry_at,
        headers=headers,
    )


def install(app: FastAPI) -> None:
    """Answer every error of this application with a problem document."""

    @app.exception_handler(Refusal)
    async def refused(request: Request, error: Refusal) -> JSONResponse:
        return of_refusal(error)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        return of_refusal(Invalid("请按提示修改后重新提交。", complaints=tuple(_complaints(error))))

    @app.exception_handler(HTTPException)
    async def framework(request: Request, error: HTTPException) -> JSONResponse:
        title = _HTTP_TITLES.get(error.status_code, "请求无法处理。")
        slug = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
        detail = _HTTP_DETAILS.get(error.status_code, "")
        return problem(error.status_code, slug, title, detail=detail, headers=dict(error.headers or {}))

    @app.exception_handler(DBAPIError)
    async def database(request: Request, error: DBAPIError) -> JSONResponse:
        state = getattr(error.orig, "sqlstate", None)
        if state == _UNIQUE_VIOLATION:
            return of_refusal(Concurrent("请刷新后查看现有内容。"))
        if state in _BAD_CHARACTER:
            return of_refusal(Invalid("文本中含有不能保存的字符。"))
        # The driver refuses such numbers itself, under the state of every wrong argument.
        if state in _OUT_OF_RANGE or (state == "22000" and "out of int" in str(error.orig)):
            log.warning("database.out-of-range", sqlstate=state, exc_info=error)
            return of_refusal(Invalid("有数值或文字超出可保存的范围。"))
        if state in _TRANSIENT or is_infrastructure(error):
            log.warning("database.transient", sqlstate=state)
            return problem(503, "unavailable", "服务暂时不可用，请稍后重试。")
        return _unexpected(error)

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> JSONResponse:
        if is_infrastructure(error):
            log.warning("dependency.unavailable", error=type(error).__name__)
            return problem(503, "unavailable", "服务暂时不可用，请稍后重试。")
        return _unexpected(error)


def _unexpected(error: Exception) -> JSONResponse:
    log.error("request.failed", error=type(error).__name__, exc_info=error)
    return problem(500, "internal", "服务内部错误，请联系运维人员并告知 trace_id。")


def _complaints(error: RequestValidationError) -> list[Complaint]:
    found = []
    for item in error.errors():
        place = [str(step) for step in item["loc"]]
        source, path = place[0], place[1:]
        prefix = "" if source == "body" else f"/{source}"
        pointer = prefix + "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in path)
        found.append(Complaint(pointer, item["type"], _said(item)))
    return found


def _said(item: dict[str, Any]) -> str:
    """What to tell people: our own words, never the framework's English."""
    own = item.get("ctx", {}).get("error")
    text = str(own) if isinstance(own, ValueError) else ""
    return _SAYINGS.get(item["type"]) or (text if not text.isascii() else "填写不符合要求。")


_SAYINGS = {
    "missing": "此项必填。",
    "extra_forbidden": "不认识此项，请删除。",
    "string_too_long": "文字过长。",
    "string_too_short": "文字过短。",
    "string_type": "应为文字。",
    "int_type": "应为整数。",
    "int_parsing": "应为整数。",
    "uuid_parsing": "标识格式不正确。",
    "enum": "不在可选值之内。",
    "literal_error": "不在可选值之内。",
    "list_type": "应为列表。",
    "dict_type": "应为对象。",
    "model_attributes_type": "应为对象。",
    "too_short": "项数过少。",
    "too_long": "项数过多。",
    "greater_than": "数值过小。",
    "less_than": "数值过大。",
    "datetime_parsing": "时间格式不正确。",
    "date_from_datetime_parsing": "日期格式不正确。",
    "date_parsing": "日期格式不正确。",
    "string_pattern_mismatch": "格式不符合要求。",
    "json_invalid": "不是有效的 JSON。",
    "bool_parsing": "应为是或否。",
    "greater_than_equal": "数值过小。",
    "less_than_equal": "数值过大。",
}
