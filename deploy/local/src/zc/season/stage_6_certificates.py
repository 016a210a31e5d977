"""Certificates: vetted, stamped, issued, printed, downloaded and looked up; then the campaign is closed.

Needs `committee`, `campaign`, `application/<person key>` and `unit/<key>` of earlier stages, and issuing information
that the committee submitted. Leaves `batch` and `certificate/<person key>`.
"""

from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta
from typing import Any
from uuid import UUID

from zc.season.outside import Outside
from zc.season.scanning import scanned
from zc.season.season import Season
from zc.season.session import PATIENCE, Broken, Session
from zc.world import Applicant
from zc.world.files import pdf as a_pdf
from zc.world.files import photo as a_photo

CERTIFICATES = "/certificates"
VET, ISSUE = "certificates.batch.vet", "certificates.certificate.issue"
_SCANS = 5  # how many codes are read from their pictures; the rest are downloaded and compared


async def play(season: Season) -> None:
    """From issuing information to certificates in the hands of those who passed."""
    committee = season.world.committee
    office = season.handler(season.world.unit(committee.authorising))
    await office.permitted(VET, ISSUE)
    batch = await _vetted(season, office)
    await _not_closed_yet(season)
    await _withdrawn_and_back(season, office, batch["id"])
    await _prepared(season, office, batch["id"])
    done = await _issued(season, office, batch["id"])
    holders = await _holders(season, done)
    season.count("certificates", len(holders))
    await season.together("下载证书", holders, lambda pair: _downloads(season, *pair))
    await _looked_up(season, *holders[0])
    await _heard_outside(season, len(holders))
    await _closed(season)


async def _vetted(season: Season, office: Session) -> dict[str, Any]:
    """待处理: the authorising unit accepts what the committee sent (CRT-04)."""
    campaign = str(season.facts["campaign"])

    async def waiting() -> list[dict[str, Any]]:
        page = await office.get(f"{CERTIFICATES}/vetting", tab="to-process", campaign_id=campaign)
        return list(page["items"])

    [batch] = await season.eventually(waiting, len, "issuing information at the authorising unit")
    path = f"{CERTIFICATES}/vetting/{batch['id']}"
    stranger = season.handler(season.world.employer_a)
    await stranger.refused("GET", path, status=403)
    await season.anonymous.refused("GET", path, status=401)
    revision = batch["revision"]
    await office.refused(
        "POST", f"{path}/return", {"reason": ""}, status=422, code="reason-needed", if_match=revision
    )
    await office.refused("POST", f"{path}/pass", {}, status=428)
    passed = await office.post(f"{path}/pass", {"opinion": "发证信息属实"}, if_match=revision)
    season.check(passed["state"] == "TO_ISSUE", "issuing information passes to 待发放")
    listed = await office.get(
        f"{CERTIFICATES}/batches", tab="to-issue", document_number=passed["document_number"]
    )
    season.check(
        [row["id"] for row in listed["items"]].count(passed["id"]) == 1,
        "待发放 lists the batch by its document number",
    )
    season.remember("batch", passed["id"])
    return dict(passed)


async def _act(office: Session, method: str, batch_id: str, verb: str, body: Any = None) -> dict[str, Any]:
    """Do something to the batch as it is now."""
    seen = await office.get(f"{CERTIFICATES}/batches/{batch_id}")
    path = f"{CERTIFICATES}/batches/{batch_id}/{verb}"
    return dict(await office.call(method, path, body, if_match=seen["revision"]))


async def _withdrawn_and_back(season: Season, office: Session, batch_id: str) -> None:
    """取消发证 takes a doubtful person out, and the same person is put back (CRT-02, Q54)."""
    before = await office.get(f"{CERTIFICATES}/batches/{batch_id}")
    listed = {one["application_id"] for one in before["people"]}
    ours = [str(season.facts.get(f"application/{one.person.key}")) for one in season.world.applicants]
    person = next(one for one in ours if one in listed)
    path = f"persons/{person}"
    out = await _act(office, "POST", batch_id, f"{path}/withdraw", {"reason": "单位来函，业绩待核实"})
    waiting = await office.get(f"{CERTIFICATES}/withdrawn")
    season.check(
        out["persons"] == before["persons"] - 1
        and person in {one["application_id"] for one in waiting["items"]},
        "取消发证 takes a person back to the list before",
    )
    back = await _act(office, "POST", batch_id, f"{path}/put-back")
    season.check(back["persons"] == before["persons"], "a person who was taken out is put back")


async def _prepared(season: Season, office: Session, batch_id: str) -> None:
    """Nothing is issued before approval date and stamped summary are there (CRT-03)."""
    path = f"{CERTIFICATES}/batches/{batch_id}"
    seen = await office.get(path)
    problem = await office.refused(
        "POST", f"{path}/issue", status=422, code="not-ready-to-issue", if_match=seen["revision"]
    )
    missing = {error["pointer"] for error in problem.get("errors", ())}
    season.check(
        not season.manner.proofs or missing == {"/approval_date", "/stamped_summary"},
        "issuing names everything that is missing at once",
    )
    today = season.clock.today()
    late = {"approval_date": (today + timedelta(days=1)).isoformat()}
    await office.refused(
        "PUT", f"{path}/approval", late, status=422, code="approval-date-invalid", if_match=seen["revision"]
    )
    await _act(office, "PUT", batch_id, "approval", {"approval_date": today.isoformat()})
    sheet = await office.get(f"{path}/summary", format="pdf")
    book = await office.get(f"{path}/summary", format="xlsx")
    season.check(
        sheet.startswith(b"%PDF-") and book.startswith(b"PK"), "the summary sheet is exported as PDF and xlsx"
    )
    portrait = a_photo(season.world.applicants[0].person)
    await season.upload_refused(office, "certificates", "stamped-summary", "汇总表.pdf", portrait)
    still = await office.get(path)
    await office.refused(
        "POST", f"{path}/issue", status=422, code="not-ready-to-issue", if_match=still["revision"]
    )
    season.proved("without the stamped summary nothing is issued")
    scan = a_pdf("职称证书发证汇总表（盖章扫描件）", [still["document_number"]])
    stamped = await season.upload(office, "certificates", "stamped-summary", "汇总表-已盖章.pdf", scan)
    await _act(office, "PUT", batch_id, "stamped-summary", {"file_id": stamped["id"]})


async def _issued(season: Season, office: Session, batch_id: str) -> dict[str, Any]:
    """Numbers are given at once; printing is followed until the last certificate is there."""
    await season.phase("issuing")
    started = await _act(office, "POST", batch_id, "issue")
    path = f"{CERTIFICATES}/batches/{batch_id}"
    season.check(started["state"] == "ISSUING", "issuing begins: numbers are final, printing follows")
    numbers = [one["certificate_number"] for one in started["people"] if not one["withdrawn"]]
    season.check(
        len(set(numbers)) == len(numbers) == started["persons"] and all(numbers), "everybody has a number"
    )
    with season.progress("制作证书", started["persons"]) as step:
        shown = 0
        while True:
            work = await office.get(f"{CERTIFICATES}/work/{started['work_id']}")
            step(work["count"] - shown)
            shown = work["count"]
            if work["state"] != "RUNNING":
                break
            await asyncio.sleep(0.5)
    season.check(
        (work["state"], work["count"]) == ("FINISHED", started["persons"]), "every certificate is printed"
    )
    done = await office.get(path)
    season.check(
        (done["state"], done["issued"], done["failed"]) == ("ISSUED", started["persons"], 0),
        "the batch is 已发放",
    )
    await office.refused("POST", f"{path}/issue", status=409, code="illegal-move", if_match=done["revision"])
    return dict(done)


async def _holders(season: Season, batch: dict[str, Any]) -> list[tuple[Applicant, dict[str, Any]]]:
    """The applicants of the batch, each with their line of it."""
    people = {
        str(season.facts[name]): one
        for one in season.world.applicants
        if (name := f"application/{one.person.key}") in season.facts
    }
    return [(people[line["application_id"]], line) for line in batch["people"] if not line["withdrawn"]]


async def _downloads(season: Season, one: Applicant, line: dict[str, Any]) -> None:
    """A person downloads the own certificate; the file is what the service says it is (CRT-06)."""
    session = season.person(one)
    mine = await session.get(f"{CERTIFICATES}/mine")
    held = next(row for row in mine["items"] if row["number"] == line["certificate_number"])
    found = await session.get(f"{CERTIFICATES}/mine/{held['id']}/download")
    content = await season.download(found["url"])
    sha256 = hashlib.sha256(content).hexdigest()
    season.check(
        sha256 == found["sha256"] == held["sha256"], f"{held['number']}: the PDF has the hash that is told"
    )
    lookup = season.url(f"{CERTIFICATES}/lookup/{held['number']}")
    if season.manner.proofs and len(season.report.certificates) < _SCANS:
        codes = await scanned(content)
        season.check(
            len(codes) == 1 and codes[0].endswith(held["number"]), f"{held['number']}: its QR code is read"
        )
        lookup = codes[0]
    season.certificate(held["number"], content, sha256, lookup)
    season.remember(f"certificate/{one.person.key}", held["id"])


async def _looked_up(season: Season, one: Applicant, line: dict[str, Any]) -> None:
    """Anybody sees whether a certificate is in force, and nothing beyond (CRT-07, BEY-33, Q37)."""
    if not season.manner.proofs:
        return
    nobody = season.anonymous
    number, person = line["certificate_number"], one.person
    held = next(row for row in season.report.certificates if row["number"] == number)
    [address] = await scanned(_pdf_of(season, held))
    page = await nobody.raw("GET", address)
    season.check(
        page.status_code == 200 and "证书有效" in page.text and number in page.text,
        "the address read from the QR code shows that the certificate is in force",
    )
    season.check(
        person.name not in page.text and person.id_number not in page.text,
        "the page shows neither the full name nor the ID number",
    )
    shown = await nobody.get(f"{CERTIFICATES}/lookup/{number}")
    season.check(
        (shown["state"], shown["sha256"]) == ("ISSUED", held["sha256"]), "the lookup tells state and hash"
    )
    keys = {"name": person.name, "id_number": person.id_number}
    found = await nobody.post(f"{CERTIFICATES}/lookup", keys)
    season.check(shown in found["certificates"], "name and ID number find the certificate")
    other = await nobody.post(f"{CERTIFICATES}/lookup", keys | {"name": f"{person.name}某"})
    season.check(other == {"certificates": []}, "another name with the same ID number finds nothing")
    genuine = await nobody.post(f"{CERTIFICATES}/verify", {"sha256": held["sha256"]})
    forged = await nobody.post(f"{CERTIFICATES}/verify", {"sha256": "0" * 64})
    season.check(genuine["genuine"] and not forged["genuine"], "a PDF is told from a forgery by its hash")
    slip = number[:-1] + ("0" if number[-1] != "0" else "1")
    await nobody.refused(
        "GET", f"{CERTIFICATES}/lookup/{slip}", status=422, code="certificate-number-invalid"
    )
    season.proved("a number with a wrong check character is refused before any search")
    other_person = next(each for each in season.world.applicants if each is not one)
    mine = f"{CERTIFICATES}/mine/{season.facts[f'certificate/{person.key}']}/download"
    await season.person(other_person).refused("GET", mine, status=404)
    season.proved("nobody downloads another person's certificate")


def _pdf_of(season: Season, held: dict[str, str]) -> bytes:
    return (season.out_dir / "certificates" / f"{held['number']}.pdf").read_bytes()


async def _heard_outside(season: Season, certificates: int) -> None:
    """Another system has learnt of each certificate exactly once."""
    outside = season.facts.get("outside")
    if not isinstance(outside, Outside):
        return
    patience = season.manner.patience or PATIENCE
    heard = await outside.learns(UUID(str(season.facts["campaign"])), certificates, patience)
    season.count("events_outside", len(heard))
    told = {state.number: state.sha256 for state in heard.values()}
    held = {row["number"]: row["sha256"] for row in season.report.certificates}
    if len(heard) != certificates:
        raise Broken(f"another system heard of {len(heard)} certificates instead of {certificates}")
    season.proved("another system heard of every certificate exactly once")
    season.check(told == held, "what it heard is what was downloaded")


async def _campaign(season: Season) -> tuple[Session, dict[str, Any]]:
    handler = season.handler(season.world.unit(season.world.committee.establishing))
    return handler, dict(await handler.get(f"/committees/campaigns/{season.facts['campaign']}"))


async def _not_closed_yet(season: Season) -> None:
    """办结 is refused while somebody who passed has no certificate (MTG-47)."""
    handler, campaign = await _campaign(season)
    path = f"/committees/campaigns/{campaign['id']}/close"
    await handler.refused("POST", path, {}, status=409, if_match=campaign["revision"])
    season.proved("办结 is refused before everybody who passed has a certificate")


async def _closed(season: Season) -> None:
    """The committee closes the campaign once it has learnt of all certificates."""

    async def close() -> dict[str, Any]:
        handler, campaign = await _campaign(season)
        path = f"/committees/campaigns/{campaign['id']}/close"
        return dict(await handler.post(path, {}, if_match=campaign["revision"]))

    closed = await season.eventually(close, lambda row: row["state"] == "CLOSED", "办结")
    season.check(closed["state"] == "CLOSED", "办结: the campaign is closed once all certificates are issued")
