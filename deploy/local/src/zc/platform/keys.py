"""The platform's signing key and its ID tokens."""

import json
import os
import time
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey

ALGORITHM = "ES256"


class Signer:
    """Signs ID tokens with one ES256 key, kept in a file when one is named."""

    def __init__(self, key_file: Path | None = None) -> None:
        self._key = _load(key_file)

    def jwks(self) -> dict[str, Any]:
        """Returns the public key set."""
        public = self._key.as_dict(private=False)
        return {"keys": [{**public, "use": "sig", "alg": ALGORITHM, "kid": self._key.thumbprint()}]}

    def id_token(self, claims: dict[str, Any], seconds: int) -> str:
        """Returns a signed token that carries the claims and lives for the seconds."""
        now = int(time.time())
        header = {"alg": ALGORITHM, "typ": "JWT", "kid": self._key.thumbprint()}
        return jwt.encode(header, {**claims, "iat": now, "exp": now + seconds}, self._key)


def _load(key_file: Path | None) -> ECKey:
    if key_file is None:
        return ECKey.generate_key("P-256")
    if key_file.exists():
        return ECKey.import_key(json.loads(key_file.read_text()))
    key = ECKey.generate_key("P-256")
    key_file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        json.dump(key.as_dict(private=True), handle)
    return key
