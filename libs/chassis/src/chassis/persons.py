"""Who is who without calls: the same reference for the same person in every service; numbers only sealed."""

import base64
import hmac
import os
from uuid import UUID

from contracts.applications.v1 import SealedText
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chassis.settings import Settings

_ref_key = b""
_seal_keys: dict[str, bytes] = {}
_seal_key_id = ""

RESIDENT_ID = "RESIDENT_ID"


class SealKeyMissing(LookupError):
    """Something was sealed with a key that this process was not told."""


def configure(settings: Settings) -> None:
    """Take the province's keys."""
    global _ref_key, _seal_key_id
    _ref_key = settings.person_ref_key.encode()
    _seal_key_id = settings.seal_key_id
    _seal_keys.update({name: bytes.fromhex(key) for name, key in settings.seal_keys.items()})


def newest_key() -> str:
    """The name of the key that seals; others only open what they sealed."""
    return _seal_key_id


def ref(id_type: str, number: str) -> UUID:
    """A person's reference: UUIDv8 of HMAC-SHA-256 over type and number; a plain hash would count as plaintext."""
    digest = bytearray(hmac.digest(_ref_key, f"{id_type}:{number.strip().upper()}".encode(), "sha256")[:16])
    digest[6] = (digest[6] & 0x0F) | 0x80
    digest[8] = (digest[8] & 0x3F) | 0x80
    return UUID(bytes=bytes(digest))


def seal(text: str) -> SealedText:
    """Encrypt a number that must be printed later (AES-256-GCM, key id beside it)."""
    nonce = os.urandom(12)
    box = nonce + AESGCM(_seal_keys[_seal_key_id]).encrypt(nonce, text.encode(), _seal_key_id.encode())
    return SealedText(key_id=_seal_key_id, box=base64.b64encode(box).decode())


def unseal(sealed: SealedText) -> str:
    """Decrypt; raises `SealKeyMissing`, or `cryptography.exceptions.InvalidTag` when it was tampered with."""
    if sealed.key_id not in _seal_keys:
        raise SealKeyMissing(
            f"nobody told this process the key {sealed.key_id}: it belongs into SEAL_KEYS_OTHER"
        )
    box = base64.b64decode(sealed.box)
    plain = AESGCM(_seal_keys[sealed.key_id]).decrypt(box[:12], box[12:], sealed.key_id.encode())
    return plain.decode()
