"""What every stage is given: the people's sessions, uploads, waiting, the clock, what was found so far."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import httpx
from rich.progress import Progress

from zc import clock as clocks
from zc.season.entrance import Door
from zc.season.manner import Manner
from zc.season.platforms import Platform
from zc.season.session import PATIENCE, Broken, Refused, Session
from zc.season.transfer import Transfer
from zc.world import Applicant, Expert, Login, Person, Unit, World

REPOSITORY = Path(__file__).resolve().parents[5]

T = TypeVar("T")
R = TypeVar("R")


class Clock:
    """Business time of the whole suite; it only moves forward."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def now(self) -> datetime:
        """Business time, aware, UTC."""
        return clocks.now(self._file)

    def today(self) -> date:
        """The calendar day in Shanghai."""
        return self.now().astimezone(clocks.PLACE).date()

    def set(self, instant: datetime | date) -> None:
        """Move to an instant, or to 09:00 in Shanghai of a day; a past one is left alone."""
        if not isinstance(instant, datetime):
            instant = datetime(instant.year, instant.month, instant.day, 9, tzinfo=clocks.PLACE)
        if instant > self.now():
            clocks.set_now(self._file, instant)

    def advance(self, **delta: float) -> None:
        """Move forward, e.g. `days=5, minutes=1`."""
        clocks.shift_by(self._file, timedelta(**delta))


@dataclass
class Report:
    """What `report.json` says afterwards; `finished` only when every stage held."""

    seed: int = 0
    applicants: int = 0
    finished: bool = False
    stages: list[dict[str, Any]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    proofs: list[str] = field(default_factory=list)
    certificates: list[dict[str, str]] = field(default_factory=list)


class Season:
    """One season on one gateway."""

    def __init__(
        self,
        gateway: str,
        world: World,
        clock: Clock,
        *,
        out_dir: Path,
        http: httpx.AsyncClient,
        platform: Platform,
        root: Login,
        bars: Progress,
        manner: Manner | None = None,
    ) -> None:
        self.gateway, self.world, self.clock, self.out_dir = gateway.rstrip("/"), world, clock, out_dir
        self.http, self.door, self.report = http, Door(http, gateway.rstrip("/"), platform), Report()
        self.facts: dict[str, Any] = {}  # ids and the like that later stages need
        self.manner, self._transfer = manner or Manner(), Transfer(self)
        self.platform, self._root, self._bars = platform, root, bars
        self._sessions: dict[tuple[str, str | None], Session] = {}
        self._logins = {login.person.id_number: login for login in world.logins() if login.unit is None}

    def url(self, path: str) -> str:
        """The address of a path relative to `/api/v1`; one that starts with `/api/` or `http` is taken as it is."""
        if path.startswith("http"):
            return path
        return self.gateway + (path if path.startswith("/api/") else f"/api/v1/{path.lstrip('/')}")

    # -- people -------------------------------------------------------------------

    @property
    def anonymous(self) -> Session:
        """Nobody."""
        return Session(self, None)

    def person(self, who: Person | Applicant | Expert | Login) -> Session:
        """The session of an individual; logged in at the first request."""
        if isinstance(who, Login):
            return self.session(who)
        if isinstance(who, (Applicant, Expert)):
            return self.session(who.login)
        if who.id_number not in self._logins:
            self._logins[who.id_number] = self.account(who)
        return self.session(self._logins[who.id_number])

    def handler(self, unit: Unit, who: Login | Person | None = None) -> Session:
        """The session of somebody acting for a unit; its super administrator when nobody is named."""
        if isinstance(who, Person):
            key = f"{unit.key}/{who.id_number}"
            if key not in self._logins:
                self._logins[key] = self.account(who, unit)
            who = self._logins[key]
        if who is None:
            is_root = unit.key == self.world.province_hr.key
            who = self._root if is_root else self.world.handler(unit)
        return self.session(who)

    def session(self, login: Login, entrance: str | None = None) -> Session:
        """The one session of an account; `entrance` only to try a wrong one."""
        return self._sessions.setdefault((login.account, entrance), Session(self, login, entrance))

    def sessions(self) -> dict[str, Session]:
        """Everybody who came in by the usual entrance, by account."""
        return {account: one for (account, entrance), one in self._sessions.items() if entrance is None}

    def account(self, person: Person, unit: Unit | None = None) -> Login:
        """Open an account at the identity platform for a person who has none of this kind."""
        kind = "individual" if unit is None else "intranet" if unit.is_hr else "legal_person"
        name = f"s{self.world.seed}-{person.key}-{kind.replace('_', '-')}-{secrets.token_hex(2)}"
        login = Login(name, f"Zc-{secrets.token_hex(8)}", kind, secrets.token_hex(16), person, unit)
        self.open_accounts([login])
        return login

    def open_accounts(self, logins: Iterable[Login]) -> None:
        """Let these people log in at the identity platform."""
        self.platform.open_accounts(logins)

    @property
    def root_unit(self) -> Unit:
        """The provincial office as it was seeded, whatever the season's seed is."""
        assert self._root.unit is not None
        return self._root.unit

    # -- files ----------------------------------------------------------------------

    async def upload(
        self, session: Session, service: str, purpose: str, name: str, content: bytes, subject: Any = None
    ) -> dict[str, Any]:
        """Put a file straight into the store by its presigned address; returns {id, sha256, name, size, media_type}."""
        return await self._transfer.upload(session, service, purpose, name, content, subject)

    async def upload_refused(
        self,
        session: Session,
        service: str,
        purpose: str,
        name: str,
        content: bytes,
        subject: Any = None,
        *,
        status: int = 422,
        code: str | None = None,
    ) -> dict[str, Any]:
        """Prove that a file is refused, at the start of its upload or once its content was looked at."""
        if not self.manner.proofs:
            return {}
        try:
            file_id = await self._transfer.put(session, service, purpose, name, content, subject)
        except Refused as refused:
            if refused.status == status and code in (None, refused.code):
                return refused.problem
            raise Broken(f"{name} should be refused with {status} {code or ''}: {refused}") from refused
        return await session.refused("POST", f"/{service}/files/{file_id}/complete", status=status, code=code)

    async def download(self, url: str) -> bytes:
        """Fetch a presigned address."""
        return await self._transfer.download(url)

    # -- waiting ----------------------------------------------------------------------

    async def eventually(
        self,
        call: Callable[[], Awaitable[T]],
        until: Callable[[T], object] = bool,
        what: str = "",
        *,
        patience: float | None = None,
    ) -> T:
        """Call again until the result satisfies; 403, 404, 409 count as not yet. Raises `Broken` when it never does."""
        patience = patience or self.manner.patience or PATIENCE
        deadline, pause, last = time.monotonic() + patience, 0.05, "nothing"
        while True:
            try:
                value = await call()
                if until(value):
                    return value
                last = str(value)[:300]
            except Refused as refused:
                if refused.status not in {403, 404, 409}:
                    raise
                last = str(refused)
            if time.monotonic() > deadline:
                raise Broken(
                    f"waited {patience:.0f} seconds in vain for {what or 'an answer'}; last seen: {last}"
                )
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 1.0)

    async def together(
        self, what: str, items: Iterable[T], do: Callable[[T], Awaitable[R]], *, at_once: int = 8
    ) -> list[R]:
        """Do the same for many, some at once, with a progress bar; results in the order of the items."""
        held = list(items)
        gate = asyncio.Semaphore(at_once)
        with self.progress(what, len(held)) as step:

            async def one(item: T) -> R:
                async with gate:
                    result = await do(item)
                step()
                return result

            tasks = [asyncio.create_task(one(item)) for item in held]
            try:
                return list(await asyncio.gather(*tasks))
            except BaseException:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                raise

    # -- telling ------------------------------------------------------------------------

    @contextmanager
    def progress(self, what: str, total: int | None = None) -> Any:
        """A progress bar: `with season.progress("申报", 57) as step: step()`."""
        task = self._bars.add_task(what, total=total)
        try:
            yield lambda by=1: self._bars.advance(task, by)
        finally:
            if total is None:
                self._bars.update(task, total=1, completed=1)

    async def phase(self, name: str) -> None:
        """Say that this part of the story begins."""
        if self.manner.on_phase is not None:
            await self.manner.on_phase(name)

    def proved(self, what: str) -> None:
        """Write down what was just proved."""
        self.report.proofs.append(what)

    def check(self, holds: object, what: str) -> None:
        """Prove something: raises `Broken` when it does not hold, else writes it down."""
        if not holds:
            raise Broken(f"not so: {what}")
        self.proved(what)

    def count(self, what: str, number: int) -> None:
        """Report a number."""
        self.report.counts[what] = number

    def certificate(self, number: str, pdf: bytes, sha256: str, lookup: str) -> Path:
        """Keep a certificate's PDF in the output folder and report it; `lookup` is what its QR code says."""
        folder = self.out_dir / "certificates"
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{number}.pdf"
        file.write_bytes(pdf)
        shown = file.relative_to(REPOSITORY) if file.is_relative_to(REPOSITORY) else file
        self.report.certificates.append(
            {"number": number, "pdf": str(shown), "sha256": sha256, "lookup": lookup}
        )
        return file

    def remember(self, name: str, value: str | UUID) -> UUID:
        """Keep an id in `facts` for later stages."""
        self.facts[name] = UUID(str(value))
        return UUID(str(value))
