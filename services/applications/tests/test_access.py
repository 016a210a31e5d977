"""Every route: nobody, without the permission, foreign objects."""

from typing import Any

from applications.app import service as applications
from chassis.testing.access import check_access


async def test_access(scene: Any, someone: Any, api: Any) -> None:
    row = await scene.submitted(someone)
    photo = await scene.file(someone)
    foreign = {
        "application_id": row["id"],
        "file_id": photo["file_id"],
        "module": "education",
        "sha256": "0" * 64,
    }
    await check_access(applications, api, foreign)
