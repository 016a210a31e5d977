"""What may be uploaded: by applicants for their own application, by units for what they report."""

from uuid import UUID

from chassis import clock
from chassis.caller import Caller
from chassis.files import FileRule, file_routes
from sqlalchemy.ext.asyncio import AsyncSession

from applications import store
from applications.rules import rules_of, rules_on
from applications.settings import Settings

PHOTO, ATTACHMENT, MATERIAL, LETTER = "photo", "attachment", "material:", "entrustment_letter"


async def upload_rule(
    db: AsyncSession, caller: Caller, purpose: str, subject: UUID | None
) -> FileRule | None:
    """The rule for a purpose; `subject` is the application, needed for a campaign's materials."""
    if caller.unit_id is not None:
        rules = rules_on(Settings().province, clock.local_date(clock.now()))
        uploads = {**rules.employer_uploads, LETTER: rules.letter}
        return uploads[purpose].rule if purpose in uploads else None
    if subject is None:
        rules = rules_on(Settings().province, clock.local_date(clock.now()))
    else:
        row = await store.own(db, subject, caller.person, locked=False)
        rules = rules_of(row.pack)
        if purpose.startswith(MATERIAL) and row.campaign_id is not None:
            campaign = await store.campaign_state(db, row.campaign_id)
            key = purpose.removeprefix(MATERIAL)
            found = next((one for one in campaign.materials if one.key == key), None)
            return rules.material_rule(found.type, found.max_mb) if found else None
    return {PHOTO: rules.photo, ATTACHMENT: rules.attachment}.get(purpose)


router = file_routes(upload_rule)
