"""A scripted person in front of the platform's pages, for demos and journeys."""

import re
from collections.abc import Mapping
from html import unescape
from urllib.parse import urljoin

import httpx

_TOKEN = re.compile(r'name="request" value="([^"]*)"')
_ERROR = re.compile(r'<p class="error" role="alert">(.*?)</p>', re.DOTALL)


class TurnedAway(Exception):
    """The platform showed a page instead of sending the person back; the text is what the page says."""


async def log_in(
    http: httpx.AsyncClient, address: str, account: str, password: str, entrance: str = ""
) -> str:
    """Opens the login page, enters the password and returns where the platform sends the person.

    Raises TurnedAway with the platform's message. `entrance` is individual, legal_person or intranet.
    """
    page = await http.get(address, follow_redirects=False)
    form = {"account": account, "password": password, "entrance": entrance}
    return await _submit(http, page, "authorize", form)


async def register(http: httpx.AsyncClient, address: str, typed: Mapping[str, str]) -> str:
    """Opens the login page, follows its way to the registration and returns where the person is sent.

    `typed` holds name, id_number, account and password. Raises TurnedAway with the platform's message.
    """
    page = await http.get(address, follow_redirects=False)
    way = urljoin(str(page.url), "register")
    page = await http.get(way, params={"request": _token(page)}, follow_redirects=False)
    return await _submit(http, page, "register", {"password_again": typed["password"], **typed})


async def _submit(http: httpx.AsyncClient, page: httpx.Response, action: str, form: Mapping[str, str]) -> str:
    data = {"request": _token(page), **form}
    answer = await http.post(urljoin(str(page.url), action), data=data, follow_redirects=False)
    if answer.status_code != 303:
        raise TurnedAway(_message(answer))
    return str(answer.headers["location"])


def _token(page: httpx.Response) -> str:
    found = _TOKEN.search(page.text)
    if page.status_code != 200 or found is None:
        raise TurnedAway(_message(page))
    return unescape(found[1])


def _message(page: httpx.Response) -> str:
    found = _ERROR.search(page.text) or re.search(r"<main>(.*?)</main>", page.text, re.DOTALL)
    text = re.sub(r"<[^>]+>", " ", found[1]) if found else ""
    return unescape(text).strip() or f"status {page.status_code}"
