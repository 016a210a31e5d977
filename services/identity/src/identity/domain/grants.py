"""Codes, refresh tokens and the proof key: what may still be exchanged."""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class OAuthError(Exception):
    """An error that clients understand (RFC 6749 §5.2); `description` is ASCII, `wait` are seconds."""

    def __init__(self, error: str, description: str, *, wait: int = 0) -> None:
        super().__init__(error, description)
        self.error, self.description, self.wait = error, description, wait


class Use(StrEnum):
    """What presenting a one-time secret means."""

    GOOD = "GOOD"
    EXPIRED = "EXPIRED"
    REPLAYED = "REPLAYED"  # somebody else may hold it: everything that came from it ends


@dataclass(frozen=True, slots=True)
class OneTime:
    """A code or refresh token as it is remembered."""

    expires_at: datetime
    used_at: datetime | None

    def use(self, now: datetime) -> Use:
        """Say what presenting it at this (real) time means."""
        if self.used_at is not None:
            return Use.REPLAYED
        return Use.GOOD if now < self.expires_at else Use.EXPIRED


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a verifier (RFC 7636 §4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def proves(verifier: str, challenge: str) -> bool:
    """Say whether a well-formed verifier belongs to the challenge, in constant time."""
    if not _VERIFIER.fullmatch(verifier):
        return False
    return hmac.compare_digest(challenge_of(verifier), challenge)


def check_request(response_type: str, state: str, challenge: str, method: str, entrance: str) -> None:
    """Raise OAuthError for what a portal's authorisation request lacks; client and address are right already."""
    if response_type != "code":
        raise OAuthError("unsupported_response_type", "response_type must be code")
    if not state:
        raise OAuthError("invalid_request", "state is required")
    if method != "S256" or not _CHALLENGE.fullmatch(challenge):
        raise OAuthError("invalid_request", "code_challenge with code_challenge_method S256 is required")
    if entrance not in ("individual", "unit", "intranet"):
        raise OAuthError("invalid_request", "entrance must be individual, unit or intranet")


def hash_of(secret: str) -> str:
    """Return what is stored of a random secret; it has too much entropy to be guessed from its hash."""
    return hashlib.sha256(secret.encode()).hexdigest()
