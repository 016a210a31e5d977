"""HTTP clients of a service in process, each with an access token of its own."""

from typing import Any
from uuid import UUID, uuid4

import httpx
from contracts.permissions import Holder, of_holder
from fastapi import FastAPI
from joserfc.jwk import ECKey

from chassis import clock
from chassis.auth import token_of

KEY = ECKey.generate_key("P-256")
KID = "test"


class Client:
    """Calls one service as somebody; paths are relative to `/api/v1/<service>`."""

    def __init__(self, app: FastAPI, service: str, token: str | None = None) -> None:
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app, raise_app_exceptions=False),
            base_url=f"http://test/api/v1/{service}/",
            headers={"Authorization": f"Bearer {token}"} if token else {},
        )

    async def get(self, path: str, **kw: Any) -> httpx.Response:
        """Read."""
        return await self.request("GET", path, **kw)

    async def post(self, path: str, json: Any = None, **kw: Any) -> httpx.Response:
        """Command; carries a fresh Idempotency-Key unless `key` is given."""
        return await self.request("POST", path, json=json, **kw)

    async def put(self, path: str, json: Any = None, **kw: Any) -> httpx.Response:
        """Replace."""
        return await self.request("PUT", path, json=json, **kw)

    async def delete(self, path: str, **kw: Any) -> httpx.Response:
        """Remove."""
        return await self.request("DELETE", path, **kw)

    async def request(
        self, method: str, path: str, *, if_match: int | None = None, key: str | None = None, **kw: Any
    ) -> httpx.Response:
        """Any request; `if_match` names the revision seen."""
        headers = dict(kw.pop("headers", {}))
        if key or method == "POST":
            headers["Idempotency-Key"] = key or str(uuid4())
        if if_match is not None:
            headers["If-Match"] = f'"{if_match}"'
        return await self.http.request(method, path.lstrip("/"), headers=headers, **kw)


class Api:
    """Makes clients of the service under test."""

    def __init__(self, app: FastAPI, service: str, issuer: str) -> None:
        self.app = app
        self._service = service
        self._issuer = issuer

    @property
    def nobody(self) -> Client:
        """Without a token."""
        return Client(self.app, self._service)

    def as_person(
        self, person: UUID | None = None, *, name: str = "张三", account: UUID | None = None
    ) -> Client:
        """A logged-in individual, with every permission of persons."""
        return self._client(
            person=person, name=name, account=account, kind="individual", perms=of_holder(Holder.PERSON)
        )

    def as_unit(
        self,
        unit: UUID | None,
        *permissions: str,
        person: UUID | None = None,
        name: str = "李经办",
        uscc: str | None = None,
        unit_name: str | None = None,
    ) -> Client:
        """A handler acting for a unit with exactly these permissions."""
        return self._client(
            person=person,
            name=name,
            kind="unit",
            perms=permissions,
            unit=unit,
            uscc=uscc,
            unit_name=unit_name,
        )

    def as_system(self, *permissions: str, system: UUID | None = None, client_id: str = "archive") -> Client:
        """Another information system with exactly these permissions."""
        return self._client(
            person=system, name=client_id, kind="system", perms=permissions, client_id=client_id
        )

    def _client(
        self,
        *,
        person: UUID | None,
        perms: Any,
        unit: UUID | None = None,
        account: UUID | None = None,
        **claims: Any,
    ) -> Client:
        person = person or uuid4()
        claims |= {"sub": str(account or person), "person": str(person), "perms": sorted(perms)}
        if unit:
            claims["unit"] = str(unit)
        token = token_of(claims, KEY, kid=KID, issuer=self._issuer, lives=600, now=clock.real_now())
        return Client(self.app, self._service, token)
