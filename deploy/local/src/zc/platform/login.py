"""The pages a person sees: authorisation endpoint, login and registration."""

import re
from datetime import date
from typing import Annotated
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse

from zc.platform import pages
from zc.platform.accounts import Account, hashed
from zc.platform.flow import Grant, LoginRequest
from zc.platform.forms import read_form
from zc.platform.identities import is_real_name, is_resident_id
from zc.platform.memory import Platform

router = APIRouter(default_response_class=Response)

_ACCOUNT = re.compile(r"[A-Za-z0-9_-]{4,32}")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_EXPIRED = "登录请求已失效，请返回业务系统重新登录。"


def platform(request: Request) -> Platform:
    """Returns the platform that the app was built with."""
    held = request.app.state.platform
    assert isinstance(held, Platform)
    return held


Held = Annotated[Platform, Depends(platform)]


@router.get("/authorize")
async def authorize(request: Request, held: Held) -> Response:
    """Checks the client's request and shows the login page."""
    query = request.query_params
    settings = held.settings
    redirect_uri = query.get("redirect_uri", "")
    if query.get("client_id") != settings.client_id or redirect_uri not in settings.redirect_uris:
        # Nothing is sent to an address nobody registered.
        return pages.notice("无法登录", "应用未登记，或回调地址与登记的不一致。", 400)
    problem = _problem_of(dict(query))
    if problem:
        error, description = problem
        return _back(redirect_uri, query.get("state"), error=error, error_description=description)
    wanted = LoginRequest(
        settings.client_id, redirect_uri, query["state"], query["nonce"], query["code_challenge"]
    )
    return pages.login(held.logins.put(wanted), query.get("entrance", ""))


def _problem_of(query: dict[str, str]) -> tuple[str, str] | None:
    """Returns the OAuth error of a request whose client and redirect address are right."""
    if query.get("response_type") != "code":
        return "unsupported_response_type", "response_type must be code"
    if "openid" not in query.get("scope", "openid").split():
        return "invalid_scope", "scope must contain openid"
    missing = [name for name in ("state", "nonce", "code_challenge") if not query.get(name)]
    if missing:
        return "invalid_request", f"missing {', '.join(missing)}"
    if query.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(query["code_challenge"]):
        return "invalid_request", "PKCE with S256 is required"
    return None


@router.post("/authorize")
async def log_in(request: Request, held: Held) -> Response:
    """Checks account and password and sends the person back with a code."""
    form = await read_form(request)
    token, name = form.get("request", ""), form.get("account", "").strip()
    wanted = held.logins.get(token)
    if wanted is None:
        return pages.notice("无法登录", _EXPIRED, 400)
    entrance = form.get("entrance", "")
    account = held.book.find(name)
    key = account.account if account else name
    if held.attempts.locked(key):
        minutes = -(-held.settings.lock_seconds // 60)
        return pages.login(
            token, entrance, f"密码错误次数过多，账号已锁定，请 {minutes} 分钟后再试。", name, 403
        )
    # Counted before the password is looked at, so that attempts made at the same time all count.
    left = held.attempts.failed(key)
    if not await run_in_threadpool(_accepts, account, form.get("password", "")):
        return pages.login(token, entrance, f"账号或密码错误，还可以尝试 {left} 次。", name, 401)
    held.attempts.succeeded(key)
    assert account is not None
    if entrance and entrance != account.account_type:
        expected = pages.ENTRANCES[account.account_type]
        return pages.login(token, entrance, f"该账号请从“{expected}”入口登录。", name, 403)
    return _logged_in(held, token, wanted, account)


def _accepts(account: Account | None, password: str) -> bool:
    """Takes the same work for an unknown account as for a known one."""
    if account is None:
        hashed(password)
        return False
    return account.accepts(password)


@router.get("/register")
async def registration(held: Held, request: str = "") -> Response:
    """Shows the registration page, inside a login or on its own."""
    if request and held.logins.get(request) is None:
        return pages.notice("无法注册", _EXPIRED, 400)
    return pages.register(request)


@router.post("/register")
async def register(request: Request, held: Held) -> Response:
    """Creates an individual account after the real-name check and returns the person logged in."""
    form = {name: value.strip() for name, value in (await read_form(request)).items()}
    token = form.get("request", "")
    wanted = held.logins.get(token)
    if token and wanted is None:
        return pages.notice("无法注册", _EXPIRED, 400)
    form["id_number"] = form.get("id_number", "").upper()
    problem = _complaint(held, form)
    if problem:
        return pages.register(token, problem, form, 422)
    account = Account(
        account=form["account"],
        name=form["name"],
        id_number=form["id_number"],
        password_scrypt=await run_in_threadpool(hashed, form["password"]),
    )
    if not held.book.add(account):
        return pages.register(token, "该账号名已被使用，或该身份证号码已注册。", form, 409)
    if wanted is None:
        return pages.notice("注册成功", "请从业务系统的登录入口登录。", 201)
    return _logged_in(held, token, wanted, account)


def _complaint(held: Platform, form: dict[str, str]) -> str:
    """Returns what is wrong with a registration, empty when nothing is."""
    name, number, password = form.get("name", ""), form["id_number"], form.get("password", "")
    if not is_real_name(name):
        return "姓名应为中文。"
    if not is_resident_id(number, date.today()):
        return "居民身份证号码不正确。"
    known = held.book.name_of(number)
    if known is not None and known != name:
        return "姓名与身份证号码不一致，实名核验未通过。"
    if not _ACCOUNT.fullmatch(form.get("account", "")):
        return "账号应为 4—32 位字母、数字、下划线或连字符。"
    if is_resident_id(form["account"].upper(), date.today()):
        # It would stand in the way of the number's owner, who may log in by it.
        return "账号不能是身份证号码。"
    if len(password) < 8 or not re.search(r"[A-Za-z]", password) or not re.search(r"\d", password):
        return "密码至少 8 位，且同时含有字母和数字。"
    return "" if password == form.get("password_again") else "两次输入的密码不一致。"


def _logged_in(held: Platform, token: str, wanted: LoginRequest, account: Account) -> Response:
    """Ends the login: one form brings one code."""
    if held.logins.take(token) is None:
        return pages.notice("无法登录", _EXPIRED, 400)
    code = held.codes.put(Grant(wanted, account))
    return _back(wanted.redirect_uri, wanted.state, code=code, iss=held.settings.issuer)


def _back(redirect_uri: str, state: str | None, **values: str) -> Response:
    """Redirects to the client with 303, so that a browser never repeats the password there."""
    query = urlencode({**values, **({"state": state} if state else {})})
    joint = "&" if urlsplit(redirect_uri).query else "?"
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return RedirectResponse(f"{redirect_uri}{joint}{query}", status_code=303, headers=headers)
