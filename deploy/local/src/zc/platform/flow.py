"""What the platform remembers between the steps of a login: requests, attempts, codes, tokens."""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from zc.platform.accounts import Account

Clock = Callable[[], float]
T = TypeVar("T")


@dataclass(frozen=True)
class LoginRequest:
    """One validated call of the authorisation endpoint."""

    client_id: str
    redirect_uri: str
    state: str
    nonce: str
    code_challenge: str


@dataclass(frozen=True)
class Grant:
    """What a code stands for until it is redeemed."""

    request: LoginRequest
    account: Account


@dataclass
class _Held(Generic[T]):
    value: T
    until: float


class Shelf(Generic[T]):
    """Keeps values under random names for a time."""

    def __init__(self, seconds: float, clock: Clock, limit: int = 10_000) -> None:
        self._seconds, self._clock, self._limit = seconds, clock, limit
        self._held: dict[str, _Held[T]] = {}

    def put(self, value: T) -> str:
        """Stores the value and returns its name; the oldest value leaves a full shelf."""
        name = secrets.token_urlsafe(32)
        self.keep(name, value)
        return name

    def keep(self, name: str, value: T) -> None:
        """Stores the value under a name that is already random."""
        self._drop_expired()
        while len(self._held) >= self._limit:
            self._held.pop(next(iter(self._held)))
        self._held[name] = _Held(value, self._clock() + self._seconds)

    def get(self, name: str) -> T | None:
        """Returns the value while it lives."""
        held = self._held.get(name)
        return held.value if held and held.until > self._clock() else None

    def take(self, name: str) -> T | None:
        """Returns the value and forgets it."""
        value = self.get(name)
        self._held.pop(name, None)
        return value

    def _drop_expired(self) -> None:
        now = self._clock()
        # Values are stored in the order in which they expire.
        while self._held and next(iter(self._held.values())).until <= now:
            self._held.pop(next(iter(self._held)))


@dataclass
class Attempts:
    """Counts wrong passwords per account and locks it for a while."""

    limit: int
    lock_seconds: float
    clock: Clock = time.monotonic
    _wrong: dict[str, list[float]] = field(default_factory=dict)

    def locked(self, account: str) -> bool:
        """Says whether the account has used up its attempts."""
        return len(self._recent(account)) >= self.limit

    def failed(self, account: str) -> int:
        """Records a wrong password and returns the attempts left."""
        recent = [*self._recent(account), self.clock()]
        self._wrong.pop(account, None)
        while len(self._wrong) >= 10_000:
            self._wrong.pop(next(iter(self._wrong)))
        self._wrong[account] = recent
        return max(0, self.limit - len(recent))

    def succeeded(self, account: str) -> None:
        """Forgets the account's wrong passwords."""
        self._wrong.pop(account, None)

    def _recent(self, account: str) -> list[float]:
        since = self.clock() - self.lock_seconds
        return [at for at in self._wrong.get(account, []) if at > since]


def challenge_of(verifier: str) -> str:
    """Returns the S256 challenge of a verifier (RFC 7636)."""
    digest = hashlib.sha256(verifier.encode("ascii", "replace")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def matches(verifier: str, challenge: str) -> bool:
    """Says whether the verifier belongs to the challenge, in constant time."""
    return hmac.compare_digest(challenge_of(verifier).encode(), challenge.encode())
