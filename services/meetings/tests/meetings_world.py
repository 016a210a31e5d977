"""A committee of the tests: what other services tell of it, and the office's way through a meeting."""

from datetime import date, datetime, timedelta
from functools import cached_property
from uuid import UUID, uuid4

from chassis import clock as clocks
from contracts.applications.v1 import ApplicationAccepted, ApplicationState, ApplicationStatus
from contracts.committees import v1
from contracts.event import Actor
from contracts.units.v1 import UnitCreated, UnitState
from contracts.vocabulary import EvaluationMethod, Level

PACK = "sichuan@2026-01-01"
SPECIALTIES = ("农学", "园艺", "植物保护")
NOW = datetime(2026, 11, 2, 1, 0, tzinfo=clocks.PLACE)


class Office:
    """Tells the service what it must know, and acts for the establishing and the authorising unit."""

    def __init__(self, api, deliver, db, clock) -> None:
        self.api, self.deliver, self.db, self.clock = api, deliver, db, clock
        self.unit, self.authorising, self.superior = uuid4(), uuid4(), uuid4()
        self.committee, self.campaign = uuid4(), uuid4()
        self.employer = uuid4()
        self.experts: dict[UUID, v1.ExpertState] = {}
        self.applicants: list[UUID] = []
        self.clients = {}  # a client is slow to make
        clock.set(NOW)

    # -- what others tell -----------------------------------------------------------

    def committee_filed(self, revision=2, **changes):
        state = {
            "name": "成都市农业技术系列中级职称评审委员会",
            "office": "成都市农业农村局人事处",
            "establishing_unit_id": self.unit,
            "authorising_unit_id": self.authorising,
            "filing_unit_id": self.authorising,
            "review_type": "INTERMEDIATE",
            "levels": (Level.INTERMEDIATE,),
            "composition": "BY_SPECIALTY",
            "series": "农业技术",
            "specialties": SPECIALTIES,
            "area": "510100",
            "contact": "张科长",
            "phone": "028-86740101",
            "address": "成都市锦江区",
            "prescribed_size": 7,
            "state": v1.FilingStatus.FILED,
            "valid_from": date(2025, 1, 1),
            "valid_until": date(2027, 12, 31),
            **changes,
        }
        return v1.CommitteeFiled(
            subject=self.committee, revision=revision, actor=Actor(), state=v1.CommitteeState(**state)
        )

    def campaign_published(self, revision=3, **changes):
        start = NOW - timedelta(days=60)
        state = {
            "committee_id": self.committee,
            "name": "2026年度农业技术系列中级职称评审",
            "eligible_scope": "成都市",
            "year": 2026,
            "category": "ANNUAL",
            "review_mode": "EXPERT",
            "written_test": "NONE",
            "oral_defence": "NONE",
            "start": start,
            "first_deadline": start + timedelta(days=20),
            "modified_deadline": start + timedelta(days=25),
            "receipt_deadline": start + timedelta(days=30),
            "series": "农业技术",
            "opened": (),
            "requirements": (),
            "pack": PACK,
            "state": v1.CampaignStatus.PUBLISHED,
            "establishing_unit_id": self.unit,
            "authorising_unit_id": self.authorising,
            **changes,
        }
        return v1.CampaignPublished(
            subject=self.campaign, revision=revision, actor=Actor(), state=v1.CampaignState(**state)
        )

    def expert_admitted(self, subject=None, revision=2, **changes):
        number = len(self.experts)
        state = v1.ExpertState(
            **{
                "committee_id": self.committee,
                "person": uuid4(),
                "name": f"专家{number:02d}",
                "sex": "MALE",
                "work_unit": "四川农科作物研究院",
                "duty": v1.Duty.MEMBER,
                "title_series": "农业技术",
                "title_name": "高级农艺师",
                "title_level": Level.DEPUTY_SENIOR,
                "specialty": SPECIALTIES[number % 3],
                "state": v1.ExpertStatus.IN_LIBRARY,
                **changes,
            }
        )
        subject = subject or uuid4()
        self.experts[subject] = state
        return v1.ExpertAdmitted(subject=subject, revision=revision, actor=Actor(), state=state)

    def accepted(self, subject=None, revision=5, **changes):
        number = len(self.applicants)
        subject = subject or uuid4()
        self.applicants.append(subject)
        state = {
            "person": uuid4(),
            "name": f"申报人{number:02d}",
            "year": 2026,
            "campaign_id": self.campaign,
            "committee_id": self.committee,
            "employer_id": self.employer,
            "employer_name": "成都市园艺作物研究所",
            "method": EvaluationMethod.REVIEW,
            "application_type": "NORMAL",
            "series": "农业技术",
            "level": Level.INTERMEDIATE,
            "specialty": SPECIALTIES[number % 3],
            "title_name": "农艺师",
            "state": ApplicationStatus.ACCEPTED,
            "sex": "FEMALE",
            "id_number_masked": "5101**********123X",
            "pack": PACK,
            **changes,
        }
        return ApplicationAccepted(
            subject=subject, revision=revision, actor=Actor(), state=ApplicationState(**state)
        )

    def unit_created(self, subject, name, superior=None):
        state = UnitState(
            uscc="11510100MB0000001X",
            name=name,
            kinds=("HR",),
            nature="STATE_ORGAN",
            jurisdiction="510100L",
            jurisdiction_path=("510000", "510100", "510100L"),
            superior_id=superior,
            state="AUTHORISED",
        )
        return UnitCreated(subject=subject, revision=1, actor=Actor(), state=state)

    async def told(self, *, experts=15, applicants=3, chairs=1, committee=None, campaign=None, expert=None):
        """Everything that a meeting needs has arrived."""
        duty = [v1.Duty.CHAIR] * chairs + [v1.Duty.VICE_CHAIR] + [v1.Duty.MEMBER] * experts
        await self.deliver(
            self.unit_created(self.superior, "四川省人力资源和社会保障厅"),
            self.unit_created(self.unit, "成都市农业农村局", self.superior),
            self.unit_created(self.authorising, "成都市人社局", self.superior),
            self.committee_filed(**(committee or {})),
            self.campaign_published(**(campaign or {})),
            *[self.expert_admitted(duty=duty[n], **(expert or {})) for n in range(experts)],
            *[self.accepted() for _ in range(applicants)],
        )

    # -- the office ------------------------------------------------------------------

    @cached_property
    def staff(self):
        return self.api.as_unit(
            self.unit,
            "meetings.meeting.manage",
            "meetings.publicity.manage",
            "meetings.issuing-information.submit",
        )

    @cached_property
    def confirmer(self):
        return self.api.as_unit(self.authorising, "meetings.confirmation.decide")

    async def ok(self, answer, status=None):
        assert answer.is_success, answer.text
        if status:
            assert answer.status_code == status
        return answer.json() if answer.content else None

    async def get(self, path):
        return await self.ok(await self.staff.get(path))

    async def created(self, **body):
        return await self.ok(await self.staff.post("/meetings", {"campaign_id": str(self.campaign), **body}))

    async def meeting(self, meeting_id):
        return await self.get(f"/meetings/{meeting_id}")

    async def drawn(self, groups=({"to_draw": 7},), multiplier="1.5", **body):
        """A meeting right after the draw."""
        made = await self.created()
        path = f"/meetings/{made['id']}"
        groups_set = await self.staff.put(
            f"{path}/draw-groups",
            {"groups": list(groups), "multiplier": multiplier, **body},
            if_match=made["revision"],
        )
        await self.ok(groups_set)
        await self.ok(await self.staff.post(f"{path}/draw-commitment"))
        revision = (await self.meeting(made["id"]))["revision"]
        return await self.ok(await self.staff.post(f"{path}/draw", {}, if_match=revision))

    async def places(self, meeting_id):
        return (await self.get(f"/meetings/{meeting_id}/attendance"))["places"]

    async def attending(self, groups=({"to_draw": 7},), **body):
        """A meeting whose drawn experts all come, its list confirmed, presided by its chair or vice chair."""
        made = await self.drawn(groups, **body)
        path = f"/meetings/{made['id']}"
        wanted = {number: group["to_draw"] for number, group in enumerate(groups, 1)}
        places = await self.places(made["id"])
        leading = next(p for d in ("CHAIR", "VICE_CHAIR") for p in places if p["duty"] == d)
        for place in places:
            group = place["group_number"]
            last = (
                leading["group_number"] == group
                and wanted[group] == 1
                and place["position"] < leading["position"]
            )
            if wanted[group] == 0:
                continue
            if last:  # keep the last seat for who can preside
                await self.ok(
                    await self.staff.post(f"{path}/places/{place['id']}/skip", {"reason": "UNREACHABLE"})
                )
                continue
            await self.ok(await self.staff.post(f"{path}/places/{place['id']}/confirm"))
            wanted[group] -= 1
        confirmed = await self.ok(
            await self.staff.post(
                f"{path}/attendance/confirm", if_match=(await self.meeting(made["id"]))["revision"]
            )
        )
        seats = (await self.get(f"{path}/attendance"))["seats"]
        seat = next(s for d in ("CHAIR", "VICE_CHAIR") for s in seats if s["duty"] == d)
        return await self.ok(
            await self.staff.put(f"{path}/presiding", {"seat_id": seat["id"]}, if_match=confirmed["revision"])
        )

    # -- towards the vote ---------------------------------------------------------------

    async def seats(self, meeting_id):
        return (await self.get(f"/meetings/{meeting_id}/attendance"))["seats"]

    def expert(self, seat):
        """The client of who sits there."""
        if seat["id"] not in self.clients:
            person = self.experts[UUID(seat["expert_id"])].person
            self.clients[seat["id"]] = self.api.as_person(person, name=seat["name"])
        return self.clients[seat["id"]]

    async def put(self, path, body, meeting_id):
        revision = (await self.meeting(meeting_id))["revision"]
        return await self.ok(await self.staff.put(f"/meetings/{meeting_id}{path}", body, if_match=revision))

    async def post(self, path, body, meeting_id):
        revision = (await self.meeting(meeting_id))["revision"]
        return await self.ok(await self.staff.post(f"/meetings/{meeting_id}{path}", body, if_match=revision))

    async def refused(self, path, body, meeting_id, status, code):
        revision = (await self.meeting(meeting_id))["revision"]
        answer = await self.staff.post(f"/meetings/{meeting_id}{path}", body, if_match=revision)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
        return answer.json()

    async def allocated(self, **attending):
        """A meeting without groups whose applicants are in order, each with three reviewers."""
        meeting = (await self.attending(**attending))["id"]
        await self.put("/order", {"applicants": [str(one) for one in self.applicants]}, meeting)
        order = (await self.get(f"/meetings/{meeting}/order"))["applicants"]
        seats = [seat["id"] for seat in await self.seats(meeting)]
        reviewers = []
        for one in order:
            free = [seat for seat in seats if seat not in one["recused"]]
            reviewers.append(
                {"application_id": one["application_id"], "lead": free[0], "assistants": free[1:3]}
            )
        await self.put("/reviewers", {"reviewers": reviewers}, meeting)
        return meeting

    async def write_opinions(self, meeting_id):
        for seat in await self.seats(meeting_id):
            client = self.expert(seat)
            shown = await self.ok(await client.get(f"/seats/{seat['id']}"))
            mine = [
                {"application_id": one["application_id"], "text": "同意推荐。"}
                for one in shown["applicants"]
                if one["reviewer"]
            ]
            if shown["leads_group"]:
                mine += [
                    {"application_id": one["application_id"], "text": "本组同意推荐。", "for_group": True}
                    for one in shown["applicants"]
                ]
            if mine:
                await self.ok(await client.post(f"/seats/{seat['id']}/opinions", {"opinions": mine}))

    async def ready(self, **attending):
        """A meeting without groups that can be voted in."""
        meeting = await self.allocated(**attending)
        await self.post("/arrange", None, meeting)
        await self.write_opinions(meeting)
        return meeting

    async def voting(self, **attending):
        """A meeting without groups whose round is open."""
        meeting = await self.ready(**attending)
        await self.post("/rounds", None, meeting)
        return meeting

    async def ballot(self, seat):
        return await self.ok(await self.expert(seat).get(f"/seats/{seat['id']}/ballot"))

    async def cast(self, seat, choose=lambda applicant: "FOR", ok=True):
        """Fill in and cast a seat's ballot; `choose` says how by application id."""
        ballot = await self.ballot(seat)
        key = "choice" if ballot["method"] == "VOTE" else "score"
        lines = [
            {"application_id": line["application_id"], key: choose(line["application_id"])}
            for line in ballot["lines"]
        ]
        answer = await self.expert(seat).post(
            f"/seats/{seat['id']}/ballot/cast", {"lines": lines}, if_match=ballot["revision"]
        )
        return await self.ok(answer) if ok else answer

    async def counted(self, choose=lambda applicant: "FOR", **attending):
        """A counted meeting without groups."""
        meeting = await self.voting(**attending)
        for seat in await self.seats(meeting):
            await self.cast(seat, choose)
        await self.post("/rounds/close", {}, meeting)
        return meeting

    async def announced(self, run_jobs, choose=lambda applicant: "FOR", **attending):
        """A meeting whose result is signed."""
        meeting = await self.counted(choose, **attending)
        await run_jobs()
        shown = await self.meeting(meeting)
        seat = next(seat for seat in await self.seats(meeting) if seat["id"] == shown["presiding"])
        body = {"minutes_sha256": shown["minutes_sha256"]}
        await self.ok(await self.expert(seat).post(f"/seats/{seat['id']}/sign", body))
        return meeting
