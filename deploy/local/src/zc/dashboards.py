"""Grafana dashboards: one for each question that an operator asks in season."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

_SOURCE = {"type": "prometheus", "uid": "prometheus"}
_REQUESTS = "http_server_request_duration_seconds"
_BALLOTS = 'service="meetings",http_route=~".*/(ballots?|rounds).*"'
_WRONG, _REFUSED = 'http_response_status_code=~"5.."', 'http_response_status_code=~"4.."'
_ON_DISKS = '{fstype!~"tmpfs|overlay|squashfs"}'

Series = tuple[str, str]
"""An expression, and how its lines are called."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture: what it shows, its series, and the line that an alert draws."""

    title: str
    series: tuple[Series, ...]
    unit: str = "short"
    line: float | None = None


def _legend(by: str) -> str:
    return " ".join(f"{{{{{label.strip()}}}}}" for label in by.split(","))


def _most(metric: str, by: str = "service") -> tuple[Series, ...]:
    """What every process of a service says alike: the greatest counts once."""
    return ((f"max by ({by}) ({metric})", _legend(by)),)


def _rate(metric: str, by: str, where: str = "") -> tuple[Series, ...]:
    return ((f"sum by ({by}) (rate({metric}{{{where}}}[$__rate_interval]))", _legend(by)),)


def _new(metric: str, by: str, where: str = "") -> tuple[Series, ...]:
    return ((f"sum by ({by}) (increase({metric}{{{where}}}[$__rate_interval]))", _legend(by)),)


def _slowest(quantile: float, by: str, where: str = "") -> Series:
    groups = ", ".join(filter(None, (by, "le")))
    rates = f"sum by ({groups}) (rate({_REQUESTS}_bucket{{{where}}}[$__rate_interval]))"
    return f"histogram_quantile({quantile}, {rates})", _legend(by) if by else f"p{quantile:.0%}"


_DEADLINES = (
    Panel("最早一项已逾期多久", _most("deadlines_oldest_seconds"), "s", 120),
    Panel("逾期未处理的事项", _most("deadlines_overdue"), line=1),
    Panel("已处理", _new("deadlines_done_total", "service, kind", 'outcome="done"')),
    Panel("处理失败", _new("deadlines_done_total", "service, kind", 'outcome="failed"'), line=1),
    Panel("排队的后台任务", _most("jobs_waiting"), line=500),
    Panel("进程在线", (('min by (service, part) (up{service!=""})', "{{service}} {{part}}"),)),
)
_VOTING = (
    Panel("投票请求每秒", _rate(f"{_REQUESTS}_count", "http_route", _BALLOTS), "reqps"),
    Panel("投票请求耗时", tuple(_slowest(q, "", _BALLOTS) for q in (0.5, 0.95, 0.99)), "s", 1),
    Panel(
        "投票被拒绝",
        _rate(f"{_REQUESTS}_count", "http_route, http_response_status_code", f"{_BALLOTS},{_REFUSED}"),
        "reqps",
    ),
    Panel("投票出错", _rate(f"{_REQUESTS}_count", "http_route", f"{_BALLOTS},{_WRONG}"), "reqps", 0.01),
    Panel("会议服务最早的待发布事件已等待", _most('outbox_oldest_seconds{service="meetings"}'), "s", 60),
    Panel("谁还没收到会议事件", _most('consumer_lag{topic=~"meetings[.].*"}', "service, topic"), line=1000),
)
_EVENTS = (
    Panel("未处理的事件", _most("consumer_lag", "service, topic"), line=1000),
    Panel("每秒处理", _rate("events_handled_total", "service"), "ops"),
    Panel("最早的待发布事件已等待", _most("outbox_oldest_seconds"), "s", 60),
    Panel("待发布的事件（每轮至多五百）", _most("outbox_unpublished")),
    Panel("每秒发布", _rate("outbox_published_total", "service"), "ops"),
    Panel("搁置的事件", _most("parked"), line=1),
    Panel(
        "冲突与尚未得知（409）",
        _rate(f"{_REQUESTS}_count", "service, http_route", 'http_response_status_code="409"'),
        "reqps",
    ),
)
_FAILURES = (
    Panel("出错的请求（5xx）", _rate(f"{_REQUESTS}_count", "service, http_route", _WRONG), "reqps", 0.01),
    Panel("百分之五的请求慢于", (_slowest(0.95, "service"),), "s", 1),
    Panel("网关：按状态", _rate("traefik_service_requests_total", "code"), "reqps"),
    Panel("放弃的后台任务", _most("jobs_failed"), line=1),
    Panel("失败的运行", _new("jobs_done_total", "service, task", 'outcome="failed"'), line=1),
    Panel("被拒绝的文件", _new("files_refused_total", "service, reason")),
    Panel("搁置的事件", _most("parked"), line=1),
    Panel(
        "磁盘剩余",
        (
            (
                f"node_filesystem_avail_bytes{_ON_DISKS} / node_filesystem_size_bytes{_ON_DISKS}",
                "{{mountpoint}}",
            ),
        ),
        "percentunit",
        0.15,
    ),
)
_WEBHOOKS = (
    Panel("最早一项未送达已等待", _most("webhook_oldest_seconds"), "s", 3600),
    Panel("已停用的订阅", _most("webhooks_disabled"), line=1),
    Panel("推送次数，按结果", _new("webhook_deliveries_total", "service, outcome")),
    Panel(
        "推送任务失败",
        _new("jobs_done_total", "task", 'task="certificates.deliver-webhooks",outcome="failed"'),
    ),
    Panel("拉取请求每秒", _rate(f"{_REQUESTS}_count", "http_route", 'http_route=~".*/feed"'), "reqps"),
    Panel("拉取请求慢于", (_slowest(0.95, "http_route", 'http_route=~".*/feed"'),), "s"),
)
DASHBOARDS = {
    "deadlines": ("到期事项是否按时处理？", _DEADLINES),
    "voting": ("投票是否正常？", _VOTING),
    "events": ("谁在等待事件？", _EVENTS),
    "failures": ("什么失败了？", _FAILURES),
    "webhooks": ("其他系统收到证书了吗？", _WEBHOOKS),
}
"""Name → the question, and the panels that answer it."""


_WORDS = {
    "max", "min", "sum", "by", "rate", "increase", "histogram_quantile", "predict_linear", "unless", "and",
}  # fmt: skip


def metrics_in(expression: str) -> set[str]:
    """The metrics that an expression names."""
    bare = re.sub(r"\bby\s*\([^)]*\)", "", expression)
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]", "", bare)
    return set(re.findall(r"[a-z_][a-z0-9_]*", bare)) - _WORDS


def rendered() -> dict[str, str]:
    """File name → what Grafana reads."""
    boards = {name: _board(name, question, panels) for name, (question, panels) in DASHBOARDS.items()}
    return {
        f"{name}.json": json.dumps(board, ensure_ascii=False, indent=1) + "\n"
        for name, board in boards.items()
    }


def _board(name: str, question: str, panels: tuple[Panel, ...]) -> dict[str, Any]:
    return {
        "uid": f"season-{name}",
        "title": question,
        "tags": ["title-review"],
        "timezone": "Asia/Shanghai",
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "schemaVersion": 41,
        "editable": False,
        "panels": [_panel(number, panel) for number, panel in enumerate(panels)],
    }


def _panel(number: int, panel: Panel) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    steps += [] if panel.line is None else [{"color": "red", "value": panel.line}]
    custom = {"fillOpacity": 10, "thresholdsStyle": {"mode": "off" if panel.line is None else "line"}}
    shown = {"unit": panel.unit, "min": 0, "custom": custom}
    return {
        "id": number + 1,
        "title": panel.title,
        "type": "timeseries",
        "datasource": _SOURCE,
        "gridPos": {"x": 12 * (number % 2), "y": 8 * (number // 2), "w": 12, "h": 8},
        "fieldConfig": {
            "defaults": shown | {"thresholds": {"mode": "absolute", "steps": steps}},
            "overrides": [],
        },
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
        "targets": [
            {"refId": chr(65 + place), "datasource": _SOURCE, "expr": expression, "legendFormat": legend}
            for place, (expression, legend) in enumerate(panel.series)
        ],
    }
