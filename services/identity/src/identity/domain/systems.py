"""Other information systems: their states, how often one may guess a secret, what their tokens may say."""

import base64
import binascii
import re
from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import unquote_plus

from refusals import Complaint, Kind, Refusal
from refusals.machine import Machine, Move

from identity.domain.grants import OAuthError

_CLIENT_ID = re.compile(r"[a-z][a-z0-9-]{2,49}")
_GUESSES = 10  # wrong secrets within a window, after which whoever sends another is told to wait for its end
_WINDOW = timedelta(minutes=1)


class SystemState(StrEnum):
    """A system gets tokens or does not."""

    ACTIVE = "ACTIVE"
    DISABLED = "DISABLED"


class SystemAct(StrEnum):
    """What an operator does to a system."""

    REGISTER = "register"
    ALLOW = "allow"
    ROTATE = "rotate"
    DISABLE = "disable"
    ENABLE = "enable"


SYSTEMS = Machine(
    "system",
    (
        Move(None, SystemAct.REGISTER, SystemState.ACTIVE, who="operator"),
        Move(SystemState.ACTIVE, SystemAct.ALLOW, SystemState.ACTIVE, who="operator"),
        Move(SystemState.ACTIVE, SystemAct.ROTATE, SystemState.ACTIVE, who="operator"),
        Move(SystemState.ACTIVE, SystemAct.DISABLE, SystemState.DISABLED, who="operator"),
        Move(SystemState.DISABLED, SystemAct.ALLOW, SystemState.DISABLED, who="operator"),
        Move(SystemState.DISABLED, SystemAct.ENABLE, SystemState.ACTIVE, who="operator"),
    ),
)


class SystemTaken(Refusal):
    """该系统标识已被登记。"""

    slug, kind = "system-taken", Kind.CONFLICT


class SystemInvalid(Refusal):
    """系统的登记信息不符合要求。"""

    slug, kind = "system-invalid", Kind.INVALID


def check_system(client_id: str, wanted: Iterable[str], grantable: Set[str]) -> None:
    """Raise SystemInvalid for an id that other programs trip over, or permissions that no system may hold."""
    complaints = [] if _CLIENT_ID.fullmatch(client_id) else [_odd_id()]
    complaints += [
        Complaint(f"/permissions/{index}", "not-grantable", f"{name} 不能授予信息系统。")
        for index, name in enumerate(wanted)
        if name not in grantable
    ]
    if complaints:
        said = "".join(complaint.detail for complaint in complaints)
        raise SystemInvalid(f"{said}可授予：{'、'.join(sorted(grantable))}。", complaints=tuple(complaints))


def _odd_id() -> Complaint:
    detail = "系统标识须为 3 至 50 个小写字母、数字或连字符，以字母开头。"
    return Complaint("/client_id", "format", detail)


@dataclass(frozen=True, slots=True)
class Guesses:
    """Wrong secrets of one client since a moment (real time)."""

    wrong: int = 0
    since: datetime | None = None

    def wait(self, now: datetime) -> int:
        """Seconds that whoever sends another wrong secret is told to wait, 0 for none."""
        if self.since is None or self.wrong < _GUESSES:
            return 0
        left = (self.since + _WINDOW - now).total_seconds()
        return max(0, int(left) + 1) if left > 0 else 0

    def another(self, now: datetime) -> "Guesses":
        """One more wrong secret; a new window begins when the last one is over."""
        if self.since is None or now >= self.since + _WINDOW:
            return Guesses(1, now)
        return Guesses(self.wrong + 1, self.since)


def credentials(header: str, client_id: str, client_secret: str) -> tuple[str, str]:
    """Return the client's id and secret from either place (RFC 6749 §2.3.1).

    `header` is the Authorization header as it came, empty when there was none. Raises OAuthError when both places
    carry a secret, or the header is of another scheme or not what it should be.
    """
    if not header:
        return client_id, client_secret
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        raise OAuthError("invalid_client", "the authentication scheme is not supported")
    try:
        name, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        name = colon = secret = ""
    if not colon:
        raise OAuthError("invalid_client", "the Authorization header is malformed")
    name, secret = unquote_plus(name), unquote_plus(secret)
    if client_secret or client_id not in ("", name):
        raise OAuthError("invalid_request", "the client authenticates in more than one way")
    return name, secret


def narrowed(scope: str, held: Set[str]) -> frozenset[str]:
    """Return what a token may say: all that is held, or exactly the scope that was asked for (RFC 6749 §3.3).

    Raises OAuthError for a scope of which anything is not held: less than what was asked would surprise later.
    """
    asked = frozenset(scope.split())
    if asked - held:
        raise OAuthError("invalid_scope", "the scope exceeds what the client may do")
    return asked or frozenset(held)
