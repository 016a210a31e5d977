"""Three units one above the other, a committee of the middle one, and a campaign, as events."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from contracts.committees import v1 as committees
from contracts.event import Actor
from contracts.units import v1 as units
from contracts.vocabulary import Level, Matter, UnitKind

if TYPE_CHECKING:
    from chassis.testing.clients import Api

CHENGDU = ("510000", "510100", "510100L")
OPEN = datetime(2026, 9, 2, 1, tzinfo=UTC)  # in the test campaign's reception
OWN, SUB, ELIGIBLE = (
    "applications.own-staff.vet",
    "applications.subordinate-staff.vet",
    "applications.eligibility.vet",
)
SERIAL = count(1)


@dataclass
class Surroundings:
    """Three units one above the other, a committee of the middle one, a campaign."""

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
