"""The pages of the platform: login, registration and notices, as plain HTML without scripts."""

from html import escape

from fastapi.responses import HTMLResponse

ENTRANCES = {"individual": "个人登录", "legal_person": "法人登录", "intranet": "内网登录"}

_STYLE = """
:root{--ink:#1f2a37;--line:#d5dbe3;--blue:#1b5fa8;--red:#b3261e}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;background:#eef2f7;color:var(--ink);
font:16px/1.6 "Noto Sans CJK SC","Microsoft YaHei",sans-serif}
header{background:var(--blue);color:#fff;padding:18px 24px;font-size:20px;letter-spacing:.08em}
main{max-width:420px;margin:48px auto;padding:28px 32px 32px;background:#fff;border-radius:8px;
box-shadow:0 2px 14px rgba(20,40,80,.12)}
h1{margin:0 0 16px;font-size:22px;font-weight:600}
fieldset{border:0;margin:0 0 12px;padding:0;display:flex;gap:16px}
legend{position:absolute;clip-path:inset(50%)}
label.field{display:block;margin-bottom:14px}
label.field span{display:block;font-size:14px;color:#52606f}
input[type=text],input[type=password]{width:100%;padding:9px 11px;font:inherit;border:1px solid var(--line);
border-radius:5px}
input:focus-visible,button:focus-visible,a:focus-visible{outline:3px solid #8bb8ea;outline-offset:1px}
button{width:100%;padding:11px;font:inherit;color:#fff;background:var(--blue);border:0;border-radius:5px;
cursor:pointer}
.error{margin:0 0 16px;padding:9px 12px;color:var(--red);background:#fdeceb;border-radius:5px}
.more{margin:18px 0 0;text-align:center;font-size:14px}
a{color:var(--blue)}
"""

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
}


def login(
    request: str, entrance: str = "", error: str = "", account: str = "", status: int = 200
) -> HTMLResponse:
    """Returns the login page; addresses are relative, so it works under any base path."""
    chosen = entrance if entrance in ENTRANCES else "individual"
    radios = "".join(
        f'<label><input type="radio" name="entrance" value="{value}"{" checked" if value == chosen else ""}> '
        f"{label}</label>"
        for value, label in ENTRANCES.items()
    )
    body = (
        f'<h1>用户登录</h1>{_error(error)}<form method="post" action="authorize">{_hidden(request)}'
        f"<fieldset><legend>登录入口</legend>{radios}</fieldset>"
        f"{_field('account', '账号', account, 'username')}"
        f"{_field('password', '密码', '', 'current-password', 'password')}"
        '<button type="submit">登录</button></form>'
        f'<p class="more">没有账号？<a href="register?request={escape(request)}">实名注册</a></p>'
    )
    return _page("用户登录", body, status)


def register(
    request: str, error: str = "", shown: dict[str, str] | None = None, status: int = 200
) -> HTMLResponse:
    """Returns the registration page with what was typed, passwords left out."""
    typed = shown or {}
    account_label = "账号（字母、数字、下划线或连字符，4—32 位）"
    body = (
        f'<h1>实名注册</h1>{_error(error)}<form method="post" action="register">{_hidden(request)}'
        f"{_field('name', '姓名', typed.get('name', ''), 'name')}"
        f"{_field('id_number', '居民身份证号码', typed.get('id_number', ''), 'off')}"
        f"{_field('account', account_label, typed.get('account', ''), 'username')}"
        f"{_field('password', '密码（至少 8 位，含字母和数字）', '', 'new-password', 'password')}"
        f"{_field('password_again', '再次输入密码', '', 'new-password', 'password')}"
        '<button type="submit">注册</button></form>'
    )
    return _page("实名注册", body, status)


def notice(title: str, text: str, status: int) -> HTMLResponse:
    """Returns a page that only says something."""
    return _page(title, f"<h1>{escape(title)}</h1><p>{escape(text)}</p>", status)


def _field(name: str, label: str, value: str, autocomplete: str, kind: str = "text") -> str:
    return (
        f'<label class="field"><span>{label}</span>'
        f'<input type="{kind}" name="{name}" value="{escape(value)}" '
        f'autocomplete="{autocomplete}" maxlength="80" required></label>'
    )


def _hidden(request: str) -> str:
    return f'<input type="hidden" name="request" value="{escape(request)}">'


def _error(text: str) -> str:
    return f'<p class="error" role="alert">{escape(text)}</p>' if text else ""


def _page(title: str, body: str, status: int) -> HTMLResponse:
    html = (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)} · 统一身份认证平台</title><style>{_STYLE}</style></head>"
        f"<body><header>统一身份认证平台</header><main>{body}</main></body></html>"
    )
    return HTMLResponse(html, status_code=status, headers=_HEADERS)
