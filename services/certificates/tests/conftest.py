"""The service under test, and builders of what its tests need."""

import io
import sys
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

sys.path.insert(0, str(Path(__file__).parent))

from certificate_builders import (
    CAMPAIGN,
    COMMITTEE,
    PACK,
    TODAY,
    Issuer,
    an_id_number,
    issuing_information,
    surroundings,
)  # fmt: skip

if TYPE_CHECKING:
    from chassis.service import Service


@pytest.fixture(scope="session")
def service() -> "Service":
    """certificates."""
    from certificates.app import service

    return service


@pytest.fixture(scope="session")
def photo() -> bytes:
    """A small portrait."""
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (250, 350), (180, 60, 60)).save(out, "JPEG")
    return out.getvalue()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def photo_sha(runtime: Any, photo: bytes) -> str:
    """The same in the bucket of applications."""
    from chassis.files import Files

    files = Files(runtime.settings, "applications")
    await files.ensure_buckets()
    return await files.put(photo, "image/jpeg")


@pytest.fixture
def an_application(photo_sha: str) -> Callable[..., Any]:
    """An accepted application's event."""
    from chassis import persons
    from contracts.applications.v1 import ApplicationAccepted, ApplicationState, FileRef
    from contracts.event import Actor
    from provinces.people import mask_id

    def make(**changes: Any) -> ApplicationAccepted:
        number = changes.pop("number", None) or an_id_number()
        values: dict[str, Any] = {
            "person": persons.ref("RESIDENT_ID", number),
            "name": "王芳",
            "year": 2026,
            "campaign_id": CAMPAIGN,
            "committee_id": COMMITTEE,
            "employer_id": uuid4(),
            "employer_name": "四川省农业科学院园艺研究所",
            "method": "REVIEW",
            "application_type": "NORMAL",
            "series": "农业技术",
            "level": "DEPUTY_SENIOR",
            "specialty": "园艺",
            "title_name": "高级农艺师",
            "state": "ACCEPTED",
            "sex": "FEMALE",
            "birth_date": date(1985, 3, 15),
            "id_number": persons.seal(number),
            "id_number_masked": mask_id(number),
            "photo": FileRef(sha256=photo_sha, name="照片.jpg", size=1, media_type="image/jpeg"),
            "pack": PACK,
            **changes,
        }
        return ApplicationAccepted(
            subject=uuid4(), revision=5, actor=Actor(), state=ApplicationState(**values)
        )

    return make


@pytest.fixture
def issuer(api: Any, runtime: Any, clock: Any) -> Issuer:
    """The issuing unit, on the day of approval."""
    clock.set(TODAY)
    return Issuer(api, runtime)


@pytest.fixture
def a_batch(deliver: Any, an_application: Any) -> Callable[..., Awaitable[UUID]]:
    """Issuing information that has arrived with everything it needs; its id."""

    async def make(persons: int = 2, **changes: Any) -> UUID:
        accepted = [an_application(name=f"王芳{'甲乙丙丁戊己'[at]}") for at in range(persons)]
        told = issuing_information(*accepted, **changes)
        for event in [*surroundings(), *accepted, told]:
            await deliver.once(event)
        return UUID(str(told.subject))

    return make
