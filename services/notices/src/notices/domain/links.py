"""Public addresses of other services that the portal's lists point at."""

from uuid import UUID

CERTIFICATE_LOOKUP = "/api/v1/certificates/lookup"
COMMITTEE_DIRECTORY = "/api/v1/committees/public/committees"


def policy_file(campaign_id: UUID) -> str:
    """Where anybody downloads a published campaign's policy file."""
    return f"/api/v1/committees/public/campaigns/{campaign_id}/files/policy"


def arrangement_file(campaign_id: UUID) -> str:
    """Where anybody downloads a published campaign's arrangement."""
    return f"/api/v1/committees/public/campaigns/{campaign_id}/files/arrangement"


def publicity_document(publicity_id: UUID) -> str:
    """Where anybody downloads a publicity announcement's document."""
    return f"/api/v1/meetings/public/publicities/{publicity_id}/document"
