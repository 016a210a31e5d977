"""Builders of what the tests of certificates need, and the issuing unit at work."""

import io
from datetime import UTC, date, datetime
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import httpx

ISSUER = UUID("01990000-0000-7000-8000-0000000000a1")
COMMITTEE = UUID("01990000-0000-7000-8000-0000000000b1")
CAMPAIGN = UUID("01990000-0000-7000-8000-0000000000c1")
VET, ISSUE = "certificates.batch.vet", "certificates.certificate.issue"
PACK = "sichuan@2026-01-01"
DOCUMENT = "川人社职称〔2026〕18号"
TODAY = datetime(2026, 12, 18, 2, tzinfo=UTC)
_serial = count(1)


def an_id_number() -> str:
    """A valid number, each another."""
    from provinces import people

    at = next(_serial)
    first17 = f"510104198{at % 10}0{1 + at % 9}15{at % 1000:03d}"
    return first17 + people.check_char(first17)


def issuing_information(*accepted: Any, **changes: Any) -> Any:
    """What the committee sends for these applications."""
    from contracts.applications.v1 import FileRef
    from contracts.event import Actor
    from contracts.meetings.v1 import (
        IssuingInformationState,
        IssuingInformationSubmitted,
        IssuingPerson,
    )

    subject, revision = changes.pop("subject", None) or uuid4(), changes.pop("revision", 1)
    values: dict[str, Any] = {
        "campaign_id": CAMPAIGN,
        "committee_id": COMMITTEE,
        "issuing_unit_id": ISSUER,
        "document_number": DOCUMENT,
        "review_date": date(2026, 11, 20),
        "confirmed_date": date(2026, 12, 10),
        "persons": tuple(
            IssuingPerson(application_id=one.subject, person=one.state.person, name=one.state.name)
            for one in accepted
        ),
        "qualification_document": FileRef(
            sha256="ab" * 32, name="任职资格文件.pdf", size=9, media_type="application/pdf"
        ),
        **changes,
    }
    return IssuingInformationSubmitted(
        subject=subject, revision=revision, actor=Actor(), state=IssuingInformationState(**values)
    )


def surroundings() -> list[Any]:
    """The issuing unit, the committee and the campaign."""
    from contracts.committees.v1 import CampaignPublished, CampaignState, CommitteeFiled, CommitteeState
    from contracts.event import Actor
    from contracts.units.v1 import UnitCreated, UnitState

    unit = UnitState(
        uscc="11510000MB1234567X", name="四川省人力资源和社会保障厅", kinds=("HR",), nature="STATE_ORGAN",
        jurisdiction="510000L", jurisdiction_path=("510000", "510000L"), superior_id=None, state="AUTHORISED",
    )  # fmt: skip
    committee = CommitteeState(
        name="四川省农业技术高级职称评审委员会", office="职改办", establishing_unit_id=uuid4(),
        authorising_unit_id=ISSUER, filing_unit_id=ISSUER, review_type="SENIOR", levels=("DEPUTY_SENIOR",),
        composition="BY_SERIES", series="农业技术", area="510000", contact="陈强", phone="028-86740101",
        address="成都市", prescribed_size=17, state="FILED",
    )  # fmt: skip
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    campaign = CampaignState(
        committee_id=COMMITTEE, name="2026年度农业技术高级职称评审", eligible_scope="全省", year=2026,
        category="ANNUAL", review_mode="EXPERT", written_test="NONE", oral_defence="NONE", start=moment,
        first_deadline=moment, modified_deadline=moment, receipt_deadline=moment, series="农业技术", opened=(),
        requirements=(), pack=PACK, state="PUBLISHED",
    )  # fmt: skip
    return [
        UnitCreated(subject=ISSUER, revision=1, actor=Actor(), state=unit),
        CommitteeFiled(subject=COMMITTEE, revision=1, actor=Actor(), state=committee),
        CampaignPublished(subject=CAMPAIGN, revision=1, actor=Actor(), state=campaign),
    ]


class Issuer:
    """The issuing unit at work, as its handler would be."""

    def __init__(self, api: Any, runtime: Any) -> None:
        self.client = api.as_unit(ISSUER, VET, ISSUE, person=uuid4())
        self._runtime = runtime

    async def batch(self, batch_id: Any) -> dict[str, Any]:
        """The batch as it is now."""
        answer = await self.client.get(f"/batches/{batch_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def do(self, method: str, path: str, body: Any = None, *, batch_id: Any) -> httpx.Response:
        """Call with the revision of this moment."""
        seen = (await self.batch(batch_id))["revision"]
        return await self.client.request(method, path, json=body, if_match=seen)  # type: ignore[no-any-return]

    async def must(self, method: str, path: str, body: Any = None, *, batch_id: Any) -> dict[str, Any]:
        """The same, which must succeed."""
        answer = await self.do(method, path, body, batch_id=batch_id)
        assert answer.is_success, answer.text
        return dict(answer.json())

    async def upload(self, purpose: str = "stamped-summary") -> str:
        """Upload a PDF; its file id."""
        content = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
        import pikepdf

        out = io.BytesIO()
        with pikepdf.new() as pdf:
            pdf.add_blank_page()
            pdf.save(out)
        content = out.getvalue()
        opened = await self.client.post(
            "/files", {"purpose": purpose, "name": "汇总表.pdf", "size": len(content)}
        )
        assert opened.status_code == 200, opened.text
        async with httpx.AsyncClient() as http:
            put = await http.put(opened.json()["put_url"], content=content)
            assert put.is_success, put.text
        done = await self.client.post(f"/files/{opened.json()['id']}/complete")
        assert done.status_code == 200, done.text
        return str(opened.json()["id"])

    async def prepare(self, batch_id: Any) -> None:
        """Vet, approve and stamp."""
        await self.must("POST", f"/vetting/{batch_id}/pass", {}, batch_id=batch_id)
        await self.must(
            "PUT", f"/batches/{batch_id}/approval", {"approval_date": "2026-12-18"}, batch_id=batch_id
        )
        file_id = await self.upload()
        await self.must(
            "PUT", f"/batches/{batch_id}/stamped-summary", {"file_id": file_id}, batch_id=batch_id
        )
