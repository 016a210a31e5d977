"""The page that opens when somebody scans the QR code of a certificate."""

import base64
import hashlib
from functools import cache
from html import escape
from pathlib import Path as File

from chassis.access import public
from chassis.problems import Missing
from chassis.web import Db, Router
from fastapi import Response
from fastapi.responses import HTMLResponse
from provinces.certificate_numbers import CertificateNumberInvalid

from certificates.api.lookup import Number, by_number
from certificates.api.views import Validity, validity
from certificates.rules import Rules

router = Router(tags=["lookup"])
_STYLE = File(__file__).parent / "page.css"


@router.get(
    "/c/{number}",
    access=public(),
    refuses=[CertificateNumberInvalid],
    response_class=HTMLResponse,
    include_in_schema=False,
)
async def show_page(number: Number, db: Db, rules: Rules) -> Response:
    """Show for people whether the certificate of this number is in force."""
    try:
        found = validity(await by_number(db, number, rules))
    except Missing:
        return _page(
            "未查到此证书", _unknown("没有编号为此的证书。请核对编号；如有疑问，请联系发证单位。"), 404
        )
    except CertificateNumberInvalid as wrong:
        return _page("编号有误", _unknown(wrong.detail), 422)
    return _page("证书查验结果", _known(found, rules.authority), 200)


def _known(found: Validity, authority: str) -> str:
    good = found.state == "ISSUED"
    mark, said = ("good", "证书有效") if good else ("bad", "证书已撤销")
    facts = [
        ("姓名", found.name),
        ("职称名称", found.title_name),
        ("级别", found.level),
        ("系列", found.series),
        ("专业", found.specialty),
        ("批准日期", f"{found.approval_date:%Y}年{found.approval_date.month}月{found.approval_date.day}日"),
        ("发证单位", found.issuing_unit),
        ("证书编号", found.number),
    ]
    if found.revoked_on is not None:
        day = found.revoked_on
        facts.append(("撤销日期", f"{day:%Y}年{day.month}月{day.day}日"))
    rows = "".join(f"<dt>{escape(label)}</dt><dd>{escape(value)}</dd>" for label, value in facts)
    return (
        f'<p class="authority">{escape(authority)}</p><h1>职称证书查验</h1>'
        f'<p class="mark {mark}" role="status">{said}</p><dl>{rows}</dl>'
        f"<details><summary>核对电子文件</summary><p>电子证书 PDF 的 SHA-256 应为</p>"
        f"<code>{escape(found.sha256)}</code></details>"
        '<p class="note">请核对本页信息与所持证书是否一致，并确认本页网址属于官方系统。</p>'
    )


def _unknown(detail: str) -> str:
    return f'<h1>职称证书查验</h1><p class="mark none" role="status">未查到</p><p class="note">{escape(detail)}</p>'


@cache
def _style() -> tuple[str, str]:
    text = _STYLE.read_text()
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return text, digest


def _page(title: str, body: str, status: int) -> HTMLResponse:
    style, digest = _style()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'none'"
    )
    html = (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="robots" content="noindex"><meta name="color-scheme" content="light dark">'
        f"<title>{escape(title)}</title><style>{style}</style></head><body><main>{body}</main></body></html>"
    )
    headers = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }
    return HTMLResponse(html, status, headers=headers)
