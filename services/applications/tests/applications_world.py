"""Applicants and vetters at work around one campaign."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from chassis import persons
from chassis.files import FileState, StoredFile
from provinces import people

if TYPE_CHECKING:
    from chassis.testing.clients import Client

from applications_events import ELIGIBLE, OWN, SERIAL, SUB, Surroundings


@dataclass
class Someone:
    """An applicant with a valid ID number."""

    number: str
    name: str = "王小农"

    @classmethod
    def new(cls) -> "Someone":
        """Another person every time."""
        first = f"51010419880601{next(SERIAL):03d}"
        return cls(first + people.check_char(first))

    @property
    def ref(self) -> UUID:
        """Under which this person logs in."""
        return persons.ref("RESIDENT_ID", self.number)


class Scene(Surroundings):
    """The steps of applicants and vetters."""

    # --- people ----------------------------------------------------------------------------------------

    def applicant(self, who: Someone) -> "Client":
        """The applicant's own session."""
        return self.api.as_person(who.ref, name=who.name)

    def own(self, person: UUID | None = None) -> "Client":
        """A handler of the employer."""
        return self.api.as_unit(self.employer, OWN, "applications.application.query", person=person)

    def superior(self, person: UUID | None = None) -> "Client":
        """A handler of the unit above."""
        return self.api.as_unit(
            self.agriculture, SUB, ELIGIBLE, "applications.application.query", person=person
        )

    # --- the applicant's steps ---------------------------------------------------------------------------

    def settings(self, who: Someone, **changes: Any) -> dict[str, Any]:
        """Valid settings."""
        return {
            "employer_id": str(self.employer),
            "year": 2026,
            "method": "REVIEW",
            "series": "agriculture",
            "level": "INTERMEDIATE",
            "specialty": "农学",
            "title_name": "农艺师",
            "committee_id": str(self.committee),
            "in_service": True,
            "id_number": who.number,
        } | changes

    async def file(
        self, who: Someone, purpose: str = "attachment", subject: Any = None, **changes: Any
    ) -> dict[str, Any]:
        """An upload of the applicant's that has passed its checks, as a form holds it."""
        photo = purpose == "photo"
        row = StoredFile(
            **{
                "purpose": purpose,
                "subject": UUID(str(subject)) if subject else None,
                "name": "照片.jpg" if photo else "附件.pdf",
                "owner_person": who.ref,
                "state": FileState.CLEAN,
                "quarantine_key": "x",
                "sha256": f"{next(SERIAL):064x}",
                "size": 1000,
                "media_type": "image/jpeg" if photo else "application/pdf",
            }
            | changes
        )
        self.db.add(row)
        await self.db.commit()
        return {
            "file_id": str(row.id),
            "sha256": row.sha256,
            "name": row.name,
            "size": row.size,
            "media_type": row.media_type,
        }

    async def unit_file(self, unit: UUID, purpose: str) -> str:
        """An upload of a unit's that has passed its checks."""
        row = StoredFile(
            purpose=purpose,
            name="附件.pdf",
            owner_person=uuid4(),
            owner_unit=unit,
            state=FileState.CLEAN,
            quarantine_key="x",
            sha256=f"{next(SERIAL):064x}",
            size=1000,
            media_type="application/pdf",
        )
        self.db.add(row)
        await self.db.commit()
        return str(row.id)

    async def begin(self, who: Someone, **changes: Any) -> dict[str, Any]:
        """A draft."""
        answer = await self.applicant(who).post("/applications", self.settings(who, **changes))
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def modules(self, who: Someone, application: str) -> dict[str, dict[str, Any]]:
        """Everything that must be filled in."""
        pdf = await self.file(who)
        return {
            "basic_info": {
                "nationality": "CHN",
                "ethnicity": "01",
                "mobile": "13800000000",
                "registered_address": "成都市",
                "usual_residence": "成都市",
                "first_job": "2011-07-01",
                "political_status": "13",
                "performance_overview": "从事农技推广工作。",
                "in_service": True,
                "punishment": "NONE",
                "photo": await self.file(who, "photo", application),
            },
            "education": {
                "items": [
                    {
                        "start": "2007-09-01",
                        "graduation": "2011-06-20",
                        "school": "四川农业大学",
                        "major": "农学",
                        "education": "BACHELOR",
                        "degree": "BACHELOR",
                        "study_length": "4",
                        "before_first_job": True,
                        "diploma": [pdf],
                    }
                ]
            },
            "work_history": {
                "items": [{"start": "2011-07-01", "work_unit": "市农技站", "content": "负责示范片建设。"}]
            },
            "materials": {
                "items": [
                    {"material": "pledge", "files": [await self.file(who, "material:pledge", application)]}
                ]
            },
        }

    async def save(
        self, who: Someone, application: str, name: str, data: dict[str, Any], revision: int | None = None
    ) -> Any:
        """Save a module at its present revision."""
        client = self.applicant(who)
        if revision is None:
            revision = (await client.get(f"/applications/{application}/modules/{name}")).json()["revision"]
        return await client.put(
            f"/applications/{application}/modules/{name}", json={"data": data}, if_match=revision
        )

    async def fill(self, who: Someone, application: str, **changes: Any) -> None:
        """Save everything that must be filled in."""
        for name, data in ((await self.modules(who, application)) | changes).items():
            answer = await self.save(who, application, name, data)
            assert answer.status_code == 200, answer.text

    async def submit(self, who: Someone, application: dict[str, Any]) -> dict[str, Any]:
        """Submit at the present revision."""
        client = self.applicant(who)
        seen = (await client.get(f"/applications/{application['id']}")).json()
        answer = await client.post(f"/applications/{application['id']}/submit", if_match=seen["revision"])
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def submitted(self, who: Someone | None = None, **changes: Any) -> dict[str, Any]:
        """A complete application at its employer."""
        who = who or Someone.new()
        draft = await self.begin(who, **changes)
        await self.fill(who, draft["id"])
        return await self.submit(who, draft)

    # --- the vetters' steps --------------------------------------------------------------------------------

    async def employer_files(self) -> dict[str, Any]:
        """What an employer's pass needs: proof of five working days of publicity, and the recommendation."""
        return {
            "publicity_proof": await self.unit_file(self.employer, "publicity_proof"),
            "unit_recommendation": await self.unit_file(self.employer, "unit_recommendation"),
            "publicity_from": "2026-08-24",
            "publicity_to": "2026-08-31",
        }

    async def recommended(self, who: Someone | None = None) -> dict[str, Any]:
        """An application that the employer has passed."""
        row = await self.submitted(who)
        body = {"opinion": "同意推荐", **(await self.employer_files())}
        answer = await self.own().post(f"/vetting/own-staff/{row['id']}/pass", body, if_match=row["revision"])
        assert answer.status_code == 200, answer.text
        return answer.json()["application"]

    async def at_committee(self, who: Someone | None = None) -> dict[str, Any]:
        """An application that waits for eligibility vetting."""
        row = await self.recommended(who)
        answer = await self.superior().post(
            f"/vetting/subordinate-staff/{row['id']}/pass", {}, if_match=row["revision"]
        )
        assert answer.status_code == 200, answer.text
        return answer.json()["application"]
