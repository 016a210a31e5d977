"""The provincial identity platform as people meet it: the stand-in of the small set, or Keycloak."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import unescape
from pathlib import Path
from typing import Protocol

import httpx

from zc.keycloak_desk import Desk, DeskRefused
from zc.platform import append_accounts, visitor
from zc.platform.visitor import TurnedAway
from zc.world import Login

__all__ = ["Keycloak", "Platform", "StandIn", "TurnedAway"]

_FORM = re.compile(r'<form[^>]*id="kc-form-login"[^>]*action="([^"]+)"')
_SAID = re.compile(r'class="[^"]*kc-feedback-text[^"]*"[^>]*>(.*?)</span>', re.DOTALL)


class Platform(Protocol):
    """All that differs between platforms; what comes after is the code flow, the same for each."""

    name: str
    kept: str
    """Where accounts are kept, and how whoever started the stack gets at them."""

    def open_accounts(self, logins: Iterable[Login]) -> None:
        """Lets these people log in."""

    async def log_in(self, http: httpx.AsyncClient, address: str, login: Login) -> str:
        """Where a person is sent who opens this address and types the password; raises `TurnedAway`."""

    async def register(self, http: httpx.AsyncClient, address: str, login: Login) -> str:
        """The same for somebody who has no account yet and gets one on the way; raises `TurnedAway`."""


class StandIn:
    """`zc.platform`: accounts lie in a file, and people may register themselves."""

    name = "the identity platform's stand-in"

    def __init__(self, accounts_file: Path) -> None:
        self._accounts, self.kept = accounts_file, f"in {accounts_file}"

    def open_accounts(self, logins: Iterable[Login]) -> None:
        """Writes them into the file."""
        append_accounts(self._accounts, [login.row() for login in logins])

    async def log_in(self, http: httpx.AsyncClient, address: str, login: Login) -> str:
        """By its login page."""
        return await visitor.log_in(http, address, login.account, login.password, login.account_type)

    async def register(self, http: httpx.AsyncClient, address: str, login: Login) -> str:
        """By its registration page."""
        typed = {"name": login.person.name, "id_number": login.person.id_number}
        return await visitor.register(
            http, address, {**typed, "account": login.account, "password": login.password}
        )


class Keycloak:
    """Accounts are opened by the people who run it; everybody logs in by its own page, with a browser of their own."""

    name = "Keycloak"

    def __init__(self, issuer: str, desk: Desk) -> None:
        self.issuer, self._desk, self.kept = issuer, desk, desk.described
        self.pages: dict[str, str] = {}
        """The kind of account → the login page that Keycloak showed last to such a person."""

    def open_accounts(self, logins: Iterable[Login]) -> None:
        """Imports them into the realm."""
        self._desk.open_accounts([login.row() for login in logins])

    async def log_in(self, http: httpx.AsyncClient, address: str, login: Login) -> str:
        """By its login page: the form's own address, its cookies, and then the way back."""
        if not address.startswith(f"{self.issuer}/"):
            raise TurnedAway("this is not Keycloak's address")
        # Cookies are a session: a shared browser would come back as whoever used it last.
        async with httpx.AsyncClient(timeout=http.timeout, trust_env=False, verify=False) as browser:
            page = await browser.get(address)
            form = _FORM.search(page.text)
            if page.status_code != 200 or form is None:
                raise TurnedAway(_message(page))
            self.pages[login.account_type] = page.text
            # A browser sends secure cookies to a loopback address without TLS too; httpx does not.
            kept = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies.jar)
            typed = {"username": login.account, "password": login.password, "credentialId": ""}
            back = await browser.post(unescape(form[1]), data=typed, headers={"Cookie": kept})
        if back.status_code != 302:
            raise TurnedAway(_message(back))
        return str(back.headers["location"])

    async def register(self, http: httpx.AsyncClient, address: str, login: Login) -> str:
        """At its desk, for the realm lets nobody register alone: who somebody is was verified before."""
        try:
            self._desk.open_account(login.row())
        except DeskRefused as refused:
            raise TurnedAway(str(refused)) from refused
        return await self.log_in(http, address, login)


def _message(page: httpx.Response) -> str:
    found = _SAID.search(page.text)
    return unescape(found[1]).strip() if found else f"status {page.status_code}"
