"""Tabs and public states along the way, and the way itself."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from applications.domain import choosing, notice, refusals, reporting
from applications.domain.choosing import Choice, CommitteeFacts
from applications.domain.dossier import digest, files_in
from applications.domain.form_rules import no_gap
from applications.domain.notice import Ground, Notice
from applications.domain.route import Supervised, UnitFacts, initial_route, review_route, supervising
from applications.domain.standing import Desk, Status, placements, status_of
from hypothesis import given
from hypothesis import strategies as st
from vetting import Case, Opinion, Route, State, Tab, WithdrawalRule

EMPLOYER, OFFICE, HR, PROVINCE = (UUID(int=i) for i in range(1, 5))
ME, VETTER = uuid4(), uuid4()
NOW = datetime(2026, 9, 2, tzinfo=UTC)
SAID = [Opinion(None, "请补充")]
PATH = ("510000", "510100", "510100L")
UNITS = {
    EMPLOYER: UnitFacts(EMPLOYER, OFFICE, frozenset({"DECLARING"}), PATH),
    OFFICE: UnitFacts(OFFICE, HR, frozenset({"SUPERVISING"}), PATH),
    HR: UnitFacts(HR, PROVINCE, frozenset({"HR"}), PATH),
    PROVINCE: UnitFacts(PROVINCE, None, frozenset({"HR"}), ("510000", "510000L")),
}
CHOICE = Choice("agriculture", "INTERMEDIATE", "农学", "农艺师")


def a_case() -> Case:
    return Case.submit(Route.through(EMPLOYER, OFFICE, OFFICE), ME, NOW)


def tabs(case: Case) -> list[Tab | None]:
    return [one.tab for one in placements(case, committee=True)]


def test_a_unit_that_is_twice_on_the_way_has_two_desks() -> None:
    case = a_case()
    assert [one.desk for one in placements(case, committee=True)] == [
        Desk.OWN_STAFF,
        Desk.SUBORDINATE_STAFF,
        Desk.ELIGIBILITY,
    ]
    assert (status_of(case, committee=True), tabs(case)) == (Status.VETTING, [Tab.FIRST_POST, None, None])
    case = case.pass_(VETTER, EMPLOYER, NOW)
    assert tabs(case) == [Tab.REPORTED, Tab.FIRST_POST, None]
    case = case.pass_(VETTER, OFFICE, NOW)
    assert status_of(case, committee=True) is Status.COMMITTEE_PENDING
    assert tabs(case) == [Tab.REPORTED, Tab.REPORTED, Tab.FIRST_POST]
    back = case.return_to_unit(0, VETTER, OFFICE, NOW, SAID)
    assert (status_of(back, committee=True), tabs(back)) == (
        Status.RETURNED_TO_UNIT,
        [Tab.RETURNED_BY_SUPERIOR, Tab.RETURNED, Tab.RETURNED],
    )
    done = case.pass_(VETTER, OFFICE, NOW)
    assert (status_of(done, committee=True), tabs(done)) == (Status.ACCEPTED, [Tab.REPORTED] * 3)
    no = case.reject(VETTER, OFFICE, NOW, SAID)
    assert (status_of(no, committee=True), tabs(no)) == (Status.REJECTED, [Tab.REJECTED] * 3)


def test_what_was_withdrawn_is_on_nobodys_list() -> None:
    case = a_case().withdraw(ME, NOW, WithdrawalRule.DECIDED)
    assert (status_of(case, committee=True), tabs(case)) == (Status.DRAFT, [None, None, None])


@given(st.lists(st.sampled_from(["pass", "return", "unit", "resubmit", "withdraw", "give_up"]), max_size=12))
def test_an_open_case_lies_under_exactly_one_working_tab(moves: list[str]) -> None:
    case = a_case()
    working = {Tab.FIRST_POST, Tab.LATER_POST, Tab.RETURNED_BY_SUPERIOR}
    for move in moves:
        at, unit = case.state in (State.VETTING, State.RETURNED_TO_UNIT), case.here.unit
        if move == "pass" and at:
            case = case.pass_(VETTER, unit, NOW)
        elif move == "return" and at:
            case = case.return_to_applicant(VETTER, unit, NOW, SAID)
        elif move == "unit" and at and case.node:
            case = case.return_to_unit(0, VETTER, unit, NOW, SAID)
        elif move == "withdraw" and "withdraw" in case.allowed(None, ME):
            case = case.withdraw(ME, NOW, WithdrawalRule.DECIDED)
        elif move == "resubmit" and case.state in (State.RETURNED_TO_APPLICANT, State.WITHDRAWN):
            case = case.resubmit(ME, NOW)
        elif move == "give_up" and case.state is State.RETURNED_TO_APPLICANT:
            case = case.give_up(NOW)
        busy = sum(tab in working for tab in tabs(case))
        assert busy == (case.state in (State.VETTING, State.RETURNED_TO_UNIT))


@pytest.mark.req("APP-50", "UNT-15")
@pytest.mark.parametrize(
    ("establishing", "authorising", "entrusted", "department", "expected"),
    [
        (OFFICE, HR, False, None, (EMPLOYER, OFFICE, OFFICE)),  # the committee's unit is the superior
        (UUID(int=9), HR, False, None, (EMPLOYER, OFFICE, UUID(int=9))),  # who confirms does not vet
        (UUID(int=9), PROVINCE, False, None, (EMPLOYER, OFFICE, HR, UUID(int=9))),
        (UUID(int=9), UUID(int=8), True, None, (EMPLOYER, OFFICE, HR, UUID(int=9))),  # HR writes the letter
        (OFFICE, HR, False, UUID(int=7), (EMPLOYER, OFFICE, UUID(int=7), OFFICE)),
        (OFFICE, HR, False, OFFICE, (EMPLOYER, OFFICE, OFFICE)),
        (EMPLOYER, HR, False, None, (EMPLOYER, OFFICE, EMPLOYER)),
    ],
)
def test_the_way_up(
    establishing: UUID,
    authorising: UUID,
    entrusted: bool,
    department: UUID | None,
    expected: tuple[UUID, ...],
) -> None:
    found = review_route(
        UNITS,
        EMPLOYER,
        establishing=establishing,
        authorising=authorising,
        entrusted=entrusted,
        department=department,
    )
    assert found == expected


def test_an_initial_determination_ends_at_the_first_hr_department() -> None:
    assert initial_route(UNITS, EMPLOYER, None) == (EMPLOYER, OFFICE, HR)
    assert initial_route(UNITS, EMPLOYER, UUID(int=7)) == (EMPLOYER, OFFICE, UUID(int=7), HR)


def test_a_superior_that_is_not_known_yet_is_not_left_out() -> None:
    with pytest.raises(KeyError):
        initial_route({EMPLOYER: UNITS[EMPLOYER]}, EMPLOYER, None)


def test_the_nearest_configuration_holds() -> None:
    far, near = Supervised("510000", PROVINCE), Supervised("510100", OFFICE)
    assert supervising(PATH, [far, near]) == OFFICE
    assert supervising(PATH, [Supervised("510300", HR)]) is None


def a_committee(**changes: object) -> CommitteeFacts:
    facts: dict[str, object] = {
        "id": uuid4(), "name": "市评委会", "series": "agriculture", "levels": frozenset({"INTERMEDIATE"}),
        "specialties": frozenset(), "area": "510100", "natures": frozenset(),
    }  # fmt: skip
    return CommitteeFacts(**(facts | changes))  # type: ignore[arg-type]


@pytest.mark.req("APP-04", "LAW-16")
def test_the_nearest_committee_is_named_first() -> None:
    city, province = a_committee(), a_committee(area="510000", name="省评委会")
    assert choosing.responsible([province, city], CHOICE, PATH, "INSTITUTION") == (city, province)
    for one in (city, province):
        choosing.check_committee(
            one, [city, province], CHOICE, path=PATH, nature="INSTITUTION", entrusted=False
        )
    far = a_committee(area="510300")
    choosing.check_committee(far, [far], CHOICE, path=PATH, nature="INSTITUTION", entrusted=True)
    with pytest.raises(refusals.CommitteeNotResponsible):
        choosing.check_committee(far, [far], CHOICE, path=PATH, nature="INSTITUTION", entrusted=False)
    with pytest.raises(refusals.EntrustmentNotOffered, match="市评委会、省评委会"):
        choosing.check_committee(
            far, [far, city, province], CHOICE, path=PATH, nature="INSTITUTION", entrusted=True
        )


@pytest.mark.req("LAW-14")
@pytest.mark.parametrize(
    ("punishment", "punished", "nature", "fine"),
    [
        ("NONE", True, "INSTITUTION", True),
        ("WARNING", True, "INSTITUTION", True),
        ("DEMERIT", True, "INSTITUTION", False),
        ("DISMISSAL", True, "INSTITUTION", False),
        ("DEMERIT", False, "INSTITUTION", True),
        ("DEMERIT", True, "PRIVATE_ENTERPRISE", True),
    ],
)
def test_demerit_bars_staff_of_institutions_for_its_time(
    punishment: str, punished: bool, nature: str, fine: bool
) -> None:
    def check() -> None:
        choosing.check_person(in_service=True, punishment=punishment, punished=punished, nature=nature)

    if fine:
        check()
    else:
        with pytest.raises(refusals.UnderPunishment):
            check()


@pytest.mark.req("LAW-19")
def test_notices() -> None:
    told = Notice(EMPLOYER, NOW, ("education",), NOW + timedelta(days=9))
    notice.check_reject(Ground.CONDITIONS, [])
    notice.check_reject(Ground.MATERIAL, [told])
    with pytest.raises(refusals.NoticeNeeded):
        notice.check_reject(Ground.MATERIAL, [])
    later = {"work_history": NOW + timedelta(days=1), "exams": NOW - timedelta(days=1)}
    for fine in (["education"], ["work_history"], [None]):
        notice.check_told_once(EMPLOYER, fine, [told], later)
    notice.check_told_once(OFFICE, ["exams"], [told], later)
    for new in ("exams", "society"):
        with pytest.raises(refusals.DefectsToldOnce):
            notice.check_told_once(EMPLOYER, ["education", new], [told], later)
    assert notice.within_receipt(NOW + timedelta(9), NOW + timedelta(5), NOW) == NOW + timedelta(5)
    with pytest.raises(refusals.ReceiptOver):
        notice.within_receipt(NOW + timedelta(9), NOW, NOW)


@pytest.mark.req("APP-54", "LAW-20")
def test_an_employer_proves_five_working_days() -> None:
    needed = {"publicity_proof": "公示证明"}
    reporting.check_employer({"publicity_proof": {}}, needed, working_days=5, minimum=5)
    with pytest.raises(refusals.PublicityTooShort):
        reporting.check_employer({"publicity_proof": {}}, needed, working_days=4, minimum=5)
    with pytest.raises(refusals.EmployerFilesMissing) as missing:
        reporting.check_employer({}, needed, working_days=None, minimum=5)
    assert [one.pointer for one in missing.value.complaints] == ["/publicity_proof", "/publicity"]


def test_a_dossier_is_bound_by_its_content() -> None:
    modules = {"basic_info": {"data": {"photo": {"file_id": "1", "sha256": "a"}}}}
    assert digest({"id": 1}, modules) == digest({"id": 1}, dict(modules))
    assert digest({"id": 1}, modules) != digest({"id": 2}, modules)
    assert [path for path, _ in files_in(modules)] == [("basic_info", "data", "photo")]


def test_a_work_history_has_no_gap() -> None:
    today = NOW.date()
    history = [
        {"start": "2020-01-01", "end": "2021-01-01"},
        {"start": "2021-03-01"},
    ]
    assert [one.pointer for one in no_gap({"items": history}, {"today": today})] == ["/items/1/start"]
    assert no_gap({"items": history}, {"today": today}, days=60) == []
    ended = [{"start": "2020-01-01", "end": "2021-01-01"}]
    assert [one.pointer for one in no_gap({"items": ended}, {"today": today})] == ["/items"]
