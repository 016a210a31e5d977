"""What identity needs to know beyond the suite's settings."""

from chassis.settings import Settings as SuiteSettings
from chassis.settings import settings_for
from pydantic import BaseModel, Field


class PortalClient(BaseModel):
    """A registered portal: a public client whose addresses are compared letter by letter."""

    client_id: str
    name: str
    redirect_uris: list[str] = Field(min_length=1)


class Settings(SuiteSettings):
    """The provincial identity platform, and which portals may ask for tokens."""

    model_config = settings_for("IDENTITY_")

    platform_issuer: str  # as this service reaches it; discovery lies below it
    platform_client_id: str
    platform_client_secret: str
    platform_timeout: float = 5.0  # seconds
    portal_clients: list[PortalClient] = Field(default_factory=list)

    access_token_seconds: int = Field(300, ge=30, le=600)
    code_seconds: int = Field(60, ge=10, le=60)
    sign_in_seconds: int = Field(900, ge=60)  # from leaving the portal to coming back from the platform
    session_idle_seconds: int = Field(7200, ge=600)
    session_seconds: int = Field(43_200, ge=600)

    def portal(self, client_id: str) -> PortalClient | None:
        """The portal registered under this id."""
        return next((client for client in self.portal_clients if client.client_id == client_id), None)
