"""What one running platform is told by its command line."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Settings:
    """Names the issuer, the one client and the file that holds the accounts."""

    issuer: str
    accounts_file: Path
    client_id: str
    client_secret: str
    redirect_uris: tuple[str, ...]
    key_file: Path | None = None
    code_seconds: int = 60
    token_seconds: int = 600
    login_seconds: int = 900
    max_attempts: int = 5
    lock_seconds: int = 900

    def __post_init__(self) -> None:
        """Refuses an issuer that discovery could not serve, and a client without a redirect address."""
        parts = urlsplit(self.issuer)
        if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query or parts.fragment:
            raise ValueError("issuer must be an http(s) address without query or fragment")
        if self.issuer.endswith("/"):
            raise ValueError("issuer must not end with a slash")
        if not self.redirect_uris:
            raise ValueError("at least one redirect address is needed")

    @property
    def base_path(self) -> str:
        """Returns the path of the issuer, empty when the platform owns its host."""
        return urlsplit(self.issuer).path
