"""What holds after a whole season, whichever servers it was played on; each wants the fixtures `stack` and `season`."""

import json
from pathlib import Path

import httpx
import pytest
from pikepdf import Pdf
from zc import doctor
from zc.operating import ask
from zc.season.season import Report
from zc.stack import Stack
from zc.table import SERVICES

APPLICANTS = 40


@pytest.mark.req("BEY-36", "IDN-21", "MTG-02")
def test_the_season_is_played_to_its_end(season: Report) -> None:
    assert [stage["name"] for stage in season.stages if not stage["played"]] == []
    ends = {
        name: n
        for name, n in season.counts.items()
        if name.startswith("applications ") and name[-1].isupper()
    }
    assert sum(ends.values()) == APPLICANTS
    assert season.counts["certificates"] >= 20
    assert season.counts["applications VOTE_FAILED"] >= 3


@pytest.mark.req("CRT-07", "BEY-33")
def test_every_certificate_is_a_pdf_and_its_address_answers_without_login(season: Report) -> None:
    for held in season.certificates:
        with Pdf.open(held["pdf"]) as pdf:
            assert len(pdf.pages) == 1
    pages = [httpx.get(held["lookup"], follow_redirects=True) for held in season.certificates[:3]]
    assert [page.status_code for page in pages] == [200, 200, 200]


@pytest.mark.req("BEY-30")
def test_another_system_heard_of_every_certificate_once(season: Report) -> None:
    assert season.counts["events_outside"] == season.counts["certificates"] == len(season.certificates)


@pytest.mark.req("BEY-30", "BEY-31", "BEY-32")
def test_the_invariants_hold_afterwards(stack: Stack, season: Report) -> None:
    assert doctor.check(stack) == []
    assert {row.name: ask(stack, row.name, "doctor").stdout for row in SERVICES} == {
        row.name: "" for row in SERVICES
    }


def test_one_trace_leads_from_a_request_through_kafka_to_its_consumers(stack: Stack, season: Report) -> None:
    spans = [json.loads(line) for path in _span_files(stack) for line in path.read_text().splitlines()]
    submitted = {s["trace_id"]: s for s in spans if s["service"] == "applications" and _is_submit(s)}
    taken_in = {
        s["service"] for s in spans if s["trace_id"] in submitted and s["name"].startswith("consume ")
    }
    assert submitted
    assert "notices" in taken_in


def _is_submit(span: dict) -> bool:
    return span["kind"] == "SERVER" and str(span["attributes"].get("http.route", "")).endswith("/submit")


def _span_files(stack: Stack) -> list[Path]:
    return sorted({Path(stack.environment_of(row.name)["SPANS_FILE"]) for row in SERVICES})


def test_nobodys_number_or_phone_is_in_logs_or_spans(stack: Stack, season: Report) -> None:
    from zc.world import World

    written = "".join(
        p.read_text(errors="replace") for p in [*_span_files(stack), *stack.home.root.rglob("*.log")]
    )
    people = [login.person for login in World(2026, applicants=APPLICANTS).logins()]
    assert [p.key for p in people if p.id_number in written or p.phone in written] == []
