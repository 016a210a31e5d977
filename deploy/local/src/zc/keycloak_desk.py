"""What the people who run a Keycloak do there: open accounts, many at once, and register where clients live."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import httpx

from zc.trouble import Trouble

REALM = "province"
CLIENT = "title-review"
ADMIN = "zcadmin"
_ATTRIBUTES = ("id_type", "id_number", "account_type", "uscc", "unit_name")
_AT_ONCE = 100


class DeskRefused(Exception):
    """An account was not opened; the text says why."""


class Desk:
    """One server's administration."""

    def __init__(self, address: str, password: str) -> None:
        self._address, self._password = address, password

    @property
    def described(self) -> str:
        """How somebody gets there."""
        return f"at {self._address}/admin (user {ADMIN}, password keycloak-admin of secrets.json)"

    def open_accounts(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Opens accounts, given as the rows of an accounts file; one that exists stays as it is."""
        # Who is named twice would be refused, and everybody else with him.
        users = list({user["username"]: user for user in map(_user, rows)}.values())
        for first in range(0, len(users), _AT_ONCE):
            some = {"ifResourceExists": "SKIP", "users": users[first : first + _AT_ONCE]}
            self._ask("POST", f"/admin/realms/{REALM}/partialImport", some)

    def open_account(self, row: Mapping[str, Any]) -> None:
        """Opens one, with the checks of the realm's profile; raises `DeskRefused` when it may not exist."""
        answer = self._asked("POST", f"/admin/realms/{REALM}/users", _user(row))
        if answer.status_code in (400, 409):
            raise DeskRefused(answer.text[:300])
        _must(answer)

    def sends_back_to(self, client: str, address: str) -> None:
        """Sends people who logged in for a client to this address and to no other."""
        path = f"/admin/realms/{REALM}/clients"
        found = self._ask("GET", f"{path}?clientId={client}").json()
        if len(found) != 1:
            raise Trouble(f"Keycloak's realm {REALM} knows no client {client}.")
        if found[0]["redirectUris"] != [address]:
            self._ask("PUT", f"{path}/{found[0]['id']}", found[0] | {"redirectUris": [address]})

    def _ask(self, method: str, path: str, content: Any = None) -> httpx.Response:
        return _must(self._asked(method, path, content))

    def _asked(self, method: str, path: str, content: Any) -> httpx.Response:
        form = {
            "grant_type": "password", "client_id": "admin-cli", "username": ADMIN, "password": self._password,
        }  # fmt: skip
        try:
            with httpx.Client(base_url=self._address, timeout=120, trust_env=False, verify=False) as http:
                token = _must(http.post("/realms/master/protocol/openid-connect/token", data=form)).json()
                bearer = {"Authorization": f"Bearer {token['access_token']}"}
                return http.request(method, path, json=content, headers=bearer)
        except httpx.HTTPError as error:
            raise Trouble(f"Keycloak does not answer: {type(error).__name__}") from error


def _user(row: Mapping[str, Any]) -> dict[str, Any]:
    attributes = {"real_name": row["name"]} | {name: row[name] for name in _ATTRIBUTES if row.get(name)}
    return {
        "username": row["account"].lower(),  # it would do so itself
        "enabled": True,
        "attributes": {name: [value] for name, value in attributes.items()},
        "credentials": [{"type": "password", "value": row["password"], "temporary": False}],
    }


def _must(answer: httpx.Response) -> httpx.Response:
    if not answer.is_success:
        raise Trouble(
            f"Keycloak refused what its administrator asks: {answer.status_code} {answer.text[:300]}"
        )
    return answer
