"""The service under test, and the world around an application."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from chassis import persons
from chassis.files import FileState, StoredFile
from contracts.committees import v1 as committees
from contracts.event import Actor
from contracts.units import v1 as units
from contracts.vocabulary import Level, Matter, UnitKind
from provinces import people

if TYPE_CHECKING:
    from chassis.service import Service
    from chassis.testing.clients import Api, Client

CHENGDU = ("510000", "510100", "510100L")
OPEN = datetime(2026, 9, 2, 1, tzinfo=UTC)  # in the test campaign's reception
OWN, SUB, ELIGIBLE = (
    "applications.own-staff.vet",
    "applications.subordinate-staff.vet",
    "applications.eligibility.vet",
)
_serial = count(1)


@pytest.fixture(scope="session")
def service() -> "Service":
    """The service under test."""
    from applications.app import service

    return service


@dataclass
class Someone:
    """An applicant with a valid ID number."""

    number: str
    name: str = "王小农"

    @classmethod
    def new(cls) -> "Someone":
        """Another person every time."""
        first = f"51010419880601{next(_serial):03d}"
        return cls(first + people.check_char(first))

    @property
    def ref(self) -> UUID:
        """Under which this person logs in."""
        return persons.ref("RESIDENT_ID", self.number)


@dataclass
class Scene:
    """Three units one above the other, a committee of the middle one, a campaign, and who calls."""

    api: "Api"
    deliver: Callable[..., Awaitable[None]]
    db: Any
    hr: UUID = field(default_factory=uuid4)
    agriculture: UUID = field(default_factory=uuid4)
    employer: UUID = field(default_factory=uuid4)
    committee: UUID = field(default_factory=uuid4)
    campaign: UUID = field(default_factory=uuid4)
    revision: int = 1

    # --- events of others ------------------------------------------------------------------------------

    def unit_event(self, unit: UUID, superior: UUID | None, *kinds: str, **changes: Any) -> units.UnitCreated:
        """A unit of the city level itself."""
        state = {
            "uscc": "x",
            "name": {self.hr: "市人社局", self.agriculture: "市农业农村局", self.employer: "市农技站"}.get(
                unit, "某单位"
            ),
            "kinds": tuple(UnitKind(kind) for kind in kinds),
            "nature": "INSTITUTION",
            "jurisdiction": "510100L",
            "jurisdiction_path": CHENGDU,
            "superior_id": superior,
            "state": units.UnitStatus.AUTHORISED,
        } | changes
        return units.UnitCreated(
            subject=unit, revision=1, actor=Actor(), state=units.UnitState.model_validate(state)
        )

    def committee_event(self, committee: UUID | None = None, **changes: Any) -> committees.CommitteeFiled:
        """The middle unit's committee for agriculture."""
        state = {
            "name": "市农业中级评委会",
            "office": "办公室",
            "establishing_unit_id": self.agriculture,
            "authorising_unit_id": self.hr,
            "filing_unit_id": self.hr,
            "review_type": "REVIEW",
            "levels": (Level.INTERMEDIATE,),
            "composition": "BY_SERIES",
            "series": "agriculture",
            "area": "510100",
            "contact": "李主任",
            "phone": "028-61880000",
            "address": "成都",
            "prescribed_size": 11,
            "state": committees.FilingStatus.FILED,
        } | changes
        return committees.CommitteeFiled(
            subject=committee or self.committee,
            revision=1,
            actor=Actor(),
            state=committees.CommitteeState.model_validate(state),
        )

    def campaign_event(self, kind: Any = committees.CampaignReceiving, **changes: Any) -> Any:
        """The committee's campaign of 2026, as it is received."""
        revision = changes.pop("revision", 1)
        subject = changes.pop("subject", self.campaign)
        day = lambda month, at: datetime(2026, month, at, tzinfo=UTC) - timedelta(hours=8)  # noqa: E731
        state = {
            "committee_id": self.committee,
            "name": "2026年农业中级评审",
            "eligible_scope": "全市农业技术人员",
            "year": 2026,
            "category": "ANNUAL",
            "review_mode": "EXPERT",
            "written_test": "NONE",
            "oral_defence": "NONE",
            "start": day(9, 1),
            "first_deadline": day(9, 21),
            "modified_deadline": day(10, 11),
            "receipt_deadline": day(11, 1),
            "series": "agriculture",
            "opened": ({"level": "INTERMEDIATE", "specialty": "农学", "title_name": "农艺师"},),
            "requirements": (
                {
                    "serial": 1,
                    "title": "论文论著",
                    "templates": ("paper", "monograph"),
                    "text": "发表论文1篇",
                },
            ),
            "materials": (
                {"key": "pledge", "name": "真实性承诺书", "type": "PDF", "max_mb": 1, "required": True},
                {"key": "summary", "name": "工作总结", "type": "PDF", "max_mb": 2, "required": False},
            ),
            "pack": "sichuan@2026-01-01",
            "state": committees.CampaignStatus.RECEIVING,
        } | changes
        return kind(
            subject=subject,
            revision=revision,
            actor=Actor(),
            state=committees.CampaignState.model_validate(state),
        )

    async def posts(self, unit: UUID, *posts: tuple[str, UUID], revision: int = 1) -> None:
        """Let the unit configure posts for applications."""
        plan = units.PostPlanState(
            unit_id=unit,
            matter=Matter.APPLICATION,
            posts=tuple(
                units.PostState(rank=rank, name=name, persons=(person,))
                for rank, (name, person) in enumerate(posts, start=1)
            ),
        )
        await self.deliver(
            units.PostsConfigured(
                subject=UUID(int=unit.int ^ 1), revision=revision, actor=Actor(), state=plan
            )
        )

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
                "sha256": f"{next(_serial):064x}",
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
            sha256=f"{next(_serial):064x}",
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


@pytest_asyncio.fixture(loop_scope="session")
async def scene(api: "Api", deliver: Any, db: Any, clock: Any) -> Scene:
    """A campaign that is receiving on 2 September 2026."""
    clock.set(OPEN)
    made = Scene(api, deliver, db)
    await deliver(
        made.unit_event(made.hr, None, "HR"),
        made.unit_event(made.agriculture, made.hr, "SUPERVISING"),
        made.unit_event(made.employer, made.agriculture, "DECLARING"),
        made.committee_event(),
        made.campaign_event(),
    )
    return made


@pytest.fixture
def someone() -> Someone:
    """A new applicant."""
    return Someone.new()


__all__ = ["ELIGIBLE", "OPEN", "OWN", "SUB", "Scene", "Someone", "date"]
