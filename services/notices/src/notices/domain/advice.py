"""What a refusal means and what to do about it: by status, and for what is born outside the services' routes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plain:
    """An error that no route declares: of the gateway, or of the suite as a whole."""

    status: int
    slug: str
    title: str
    detail: str


GATEWAY = {
    404: Plain(404, "not-found", "没有找到所请求的内容。", "请检查地址；接口地址见 /api/docs。"),
    413: Plain(413, "payload-too-large", "请求内容过大。", "请缩短内容；文件请通过上传接口提交。"),
    429: Plain(429, "too-many-requests", "请求过于频繁。", "请稍候数秒，降低频率后重试。"),
    502: Plain(502, "bad-gateway", "服务暂时不可用，请稍后重试。", "如持续出现，请联系运维人员。"),
    503: Plain(503, "unavailable", "服务暂时不可用，请稍后重试。", "如持续出现，请联系运维人员。"),
    504: Plain(
        504, "gateway-timeout", "服务响应超时，请稍后重试。", "重试时请沿用同一幂等键，不会重复办理。"
    ),
}

_SUITE = (
    Plain(405, "method-not-allowed", "不支持的请求方法。", "请按接口文档使用正确的请求方法。"),
    Plain(412, "stale", "内容已被他人修改，请刷新后重试。", ""),
    Plain(428, "revision-required", "请求须注明所依据的版本（If-Match）。", ""),
    Plain(500, "internal", "服务内部错误，请联系运维人员并告知 trace_id。", ""),
)
UNDECLARED = {plain.slug: plain for plain in (*GATEWAY.values(), *_SUITE)}

_BY_STATUS = {
    401: "请登录后重试；访问令牌有效期不超过十分钟，过期请用刷新令牌换取新的令牌。",
    403: "请确认当前身份和所代表的单位具有此项权限；角色变更在重新取得令牌后生效。有 retry_at 的，请在该时刻之后重试。",
    404: "请确认标识正确，且属于您或您的单位；无权查看的内容与不存在的内容回答相同。",
    405: "请按接口文档使用正确的请求方法。",
    409: "当前状态不允许此项操作。请重新读取内容，按 allowed_actions 选择操作；有 retry_at 的，请在该时刻之后重试。",
    412: "内容已有新版本。请重新读取，核对他人的修改后，以新的 ETag 作为 If-Match 再次提交。",
    413: "请缩短请求内容；文件请通过上传接口提交。",
    422: "请按 errors 中每一项的 pointer（所在位置）和 detail（说明）修改后重新提交。",
    428: "请先读取内容，再以响应的 ETag 作为 If-Match 提交。",
    429: "请稍候数秒，降低频率后重试。",
    500: "请记下响应中的 trace_id 并联系运维人员。",
    502: "请稍后重试；POST 请求请沿用同一幂等键，不会重复办理。",
    503: "请稍后重试；POST 请求请沿用同一幂等键，不会重复办理。",
    504: "请稍后重试；POST 请求请沿用同一幂等键，不会重复办理。",
}


def advice(status: int) -> str:
    """What to do about an answer of this status."""
    return _BY_STATUS.get(status, "请按 detail 的说明处理。")
