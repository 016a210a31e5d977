"""How an applicant fills the form: files by presigned upload, then module by module."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from zc.season.season import Season
from zc.season.session import Session
from zc.world import Applicant, File, attached, dossier

APPLICATIONS = "/applications/applications"
_THOROUGH = 2  # applicants who upload every proof by itself; the others scan theirs into one file


def settings(season: Season, one: Applicant, found: dict[str, Any]) -> dict[str, Any]:
    """What this applicant chooses and declares."""
    return {
        "employer_id": str(season.facts[f"unit/{one.employer.key}"]),
        "year": one.year,
        "method": "REVIEW",
        "series": one.series,
        "level": one.level,
        "specialty": one.specialty,
        "title_name": one.title,
        "committee_id": found["id"],
        "in_service": True,
        "id_type": one.person.id_type,
        "id_number": one.person.id_number,
    }


async def submit(season: Season, one: Applicant) -> dict[str, Any]:
    """Submit at the revision that is there now."""
    session = season.person(one)
    path = f"{APPLICATIONS}/{season.facts[f'application/{one.person.key}']}"
    seen = await session.get(path)
    key = f"submit-{uuid4()}"
    done: dict[str, Any] = await session.post(f"{path}/submit", if_match=seen["revision"], key=key)
    if one is season.world.applicants[0]:
        again = await session.post(f"{path}/submit", if_match=seen["revision"], key=key)
        season.check(again == done, "the same submission sent twice is carried out once")
    return done


async def fill(
    season: Season, session: Session, one: Applicant, form: dict[str, Any], only: tuple[str, ...] = ()
) -> None:
    """Save every module of the applicant's dossier, or only some; the form is as the service showed it."""
    application = form["application"]["id"]
    data = dossier(
        one,
        requirements={row["id"]: row["templates"] for row in form["requirements"]},
        materials=form["materials"],
    )
    uploads = _Uploads(season, session, application, _is_thorough(season, one))
    for module in form["modules"]:
        name = module["name"]
        if name not in data or (only and name not in only):
            continue
        filled = await (
            uploads.materials(data[name]) if name == "materials" else attached(data[name], uploads.plain)
        )
        await session.put(
            f"{APPLICATIONS}/{application}/modules/{name}",
            {"data": filled},
            if_match=module["revision"],
        )


def _is_thorough(season: Season, one: Applicant) -> bool:
    return one in season.world.applicants[:_THOROUGH]


class _Uploads:
    """One applicant's uploads for one application."""

    def __init__(self, season: Season, session: Session, application: str, thorough: bool) -> None:
        self._season, self._session, self._application = season, session, application
        self._thorough = thorough
        self._held: dict[str, dict[str, Any]] = {}

    async def plain(self, file: File) -> dict[str, Any]:
        """A photo or a proof; the same file is uploaded once."""
        photo = file.media_type == "image/jpeg"
        key = "photo" if photo else file.name if self._thorough else "attachment"
        if key not in self._held:
            self._held[key] = await self._put("photo" if photo else "attachment", file)
        return dict(self._held[key])

    async def materials(self, data: dict[str, Any]) -> dict[str, Any]:
        """The campaign's table: each upload is for its own row."""
        items = []
        for item in data["items"]:
            one: File = item["files"]
            items.append(
                {
                    "material": item["material"],
                    "files": [await self._put(f"material:{item['material']}", _single(one))],
                }
            )
        return {"items": items}

    async def _put(self, purpose: str, file: File) -> dict[str, Any]:
        done = await self._season.upload(
            self._session, "applications", purpose, file.name, file.content, self._application
        )
        return {
            "file_id": done["id"],
            **{name: done[name] for name in ("sha256", "name", "size", "media_type")},
        }


def _single(files: Any) -> File:
    found = files[0] if isinstance(files, list) else files
    assert isinstance(found, File)
    return found
