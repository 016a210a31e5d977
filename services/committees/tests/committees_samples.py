"""Builders: units, a described committee, experts."""

from datetime import date
from uuid import UUID, uuid4

from contracts.event import Actor
from contracts.units.v1 import (
    PostPlanState,
    PostsConfigured,
    PostState,
    UnitAuthorised,
    UnitState,
    UnitStatus,
)
from contracts.vocabulary import UnitKind

PROVINCE_HR, CITY_HR, AGRICULTURE, COUNTY_HR, OTHER_CITY = (UUID(int=n, version=4) for n in range(1, 6))
UNITS = {
    PROVINCE_HR: ("省人社厅", UnitKind.HR, "510000L", None),
    CITY_HR: ("成都市人社局", UnitKind.HR, "510100L", PROVINCE_HR),
    AGRICULTURE: ("成都市农业农村局", UnitKind.SUPERVISING, "510100L", CITY_HR),
    COUNTY_HR: ("锦江区人社局", UnitKind.HR, "510104", CITY_HR),
    OTHER_CITY: ("自贡市人社局", UnitKind.HR, "510300L", PROVINCE_HR),
}


def a_unit(subject, **changes):
    name, kind, jurisdiction, superior = UNITS.get(subject, ("某单位", UnitKind.SUPERVISING, "510100L", None))
    state = {
        "uscc": "", "name": name, "kinds": (kind,), "nature": "STATE_ORGAN", "jurisdiction": jurisdiction,
        "jurisdiction_path": (jurisdiction,), "superior_id": superior, "state": UnitStatus.AUTHORISED,
    }  # fmt: skip
    revision = changes.pop("revision", 1)
    return UnitAuthorised(
        subject=subject, revision=revision, actor=Actor(), state=UnitState(**state | changes)
    )


def a_plan(unit, matter, *posts, revision=1, subject=None):
    state = PostPlanState(
        unit_id=unit,
        matter=matter,
        posts=tuple(
            PostState(rank=rank, name=f"岗位{rank}", persons=people) for rank, people in enumerate(posts, 1)
        ),
    )
    return PostsConfigured(subject=subject or uuid4(), revision=revision, actor=Actor(), state=state)


def described(**changes):
    """A committee that may be created as it is."""
    return {
        "name": "成都市农业技术系列中级职称评审委员会",
        "office_body": "成都市农业农村局",
        "office": "人事处",
        "review_type": "社会化评审",
        "levels": ["INTERMEDIATE"],
        "authorising_unit_id": str(CITY_HR),
        "filing_unit_id": str(CITY_HR),
        "contact": "王办事",
        "phone": "028-86271234",
        "address": "成都市青羊区蜀源路1号",
        "composition": "BY_SPECIALTY",
        "series": "agriculture",
        "specialties": ["农学", "园艺"],
        "area": "510100",
        "prescribed_size": 7,
    } | changes


def an_id_number(n=0, *, birth="19750315", region="510104"):
    from provinces.people import check_char

    first = f"{region}{birth}{n:03d}"
    return first + check_char(first)


def an_expert(n=0, **changes):
    """An expert who may be submitted as they are."""
    return {
        "name": f"专家{n}",
        "id_number": an_id_number(2 * n + 1),
        "sex": "MALE",
        "birth": "197503",
        "work_unit": "成都市农技站",
        "administrative_post": "站长",
        "phone": f"138{n:08d}",
        "honours": "无",
        "title_series": "agriculture",
        "specialty": "农学",
        "title_name": "高级农艺师",
        "duty": "CHAIR" if n == 0 else "MEMBER",
    } | changes


def ok(answer, status=200):
    assert answer.status_code == status, answer.text
    return answer.json()


def refused(answer, status, code):
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text
    return answer.json()


async def a_committee(owner, **changes):
    return ok(await owner.post("/committees", described(**changes)), 201)


async def a_stored_file(db, unit, purpose, sha256="a" * 64, media_type="application/pdf"):
    from chassis.files import FileState, StoredFile

    file = StoredFile(
        purpose=purpose, name="文件.pdf", owner_unit=unit, state=FileState.CLEAN, quarantine_key="k",
        sha256=sha256, size=10, media_type=media_type,
    )  # fmt: skip
    db.add(file)
    await db.commit()
    return file.id


async def a_filed_committee(db, **changes):
    """A row of a committee that was filed on 1 June 2026 for three years."""
    from datetime import UTC, date, datetime

    from committees.tables import Committee

    values = described() | {
        "establishing_unit_id": AGRICULTURE, "authorising_unit_id": CITY_HR, "filing_unit_id": CITY_HR,
        "state": "FILED", "filed_at": datetime(2026, 6, 1, tzinfo=UTC), "valid_from": date(2026, 6, 1),
        "valid_until": date(2029, 5, 31), "pack": "sichuan@2026-01-01", "revision": 5,
    }  # fmt: skip
    row = Committee(**values | changes)
    db.add(row)
    await db.commit()
    return row


BASIC = {
    "name": "2026年度农业技术中级职称评审",
    "eligible_scope": "成都市农业技术人员",
    "year": 2026,
    "category": "ANNUAL",
    "review_mode": "EXPERT",
    "written_test": "NONE",
    "oral_defence": "NONE",
    "start": "2026-07-01T00:00:00+08:00",
    "first_deadline": "2026-08-01T00:00:00+08:00",
    "modified_deadline": "2026-08-15T00:00:00+08:00",
    "receipt_deadline": "2026-09-01T00:00:00+08:00",
    "health_page": False,
    "school_teacher_page": True,
    "vocational_teacher_page": False,
    "public": True,
    "exceptional_deliberation": True,
    "specialty_groups": True,
    "group_method": "VOTE",
}
OPENED = {"opened": [{"level": "INTERMEDIATE", "specialty": "农学", "title_name": "农艺师"}]}
CLAUSES = [
    {"serial": 2, "title": "业绩成果", "templates": ["general"], "text": "主持项目1项以上"},
    {"serial": 1, "title": "论文论著", "templates": ["paper", "monograph"], "text": "发表论文1篇以上"},
]
MATERIAL = {"key": "pledge", "name": "承诺书", "type": "PDF", "max_mb": 10, "required": True}
MODULES = {
    "basic": BASIC,
    "opened": OPENED,
    "requirements": {"requirements": CLAUSES},
    "conditions": {"conditions": []},
    "materials": {"materials": [MATERIAL]},
}


async def a_campaign(owner, committee, upto=5, **basic):
    """A campaign with so many modules saved."""
    name = {key: basic.get(key, BASIC[key]) for key in ("name", "year", "category")}
    made = ok(await owner.post("/campaigns", {"committee_id": str(committee.id), **name}), 201)
    for module, body in list(MODULES.items())[:upto]:
        body = body | basic if module == "basic" else body
        path = f"/campaigns/{made['id']}/{module}"
        made = ok(await owner.put(path, body, if_match=made["revision"]))
    return made


async def a_submitted_filing(owner, db, **changes):
    """A committee with seven experts and its letter, handed in."""
    from uuid import UUID as Id

    from committees.rules import rules_of
    from committees.rules.experts import checked
    from committees.tables import Expert

    made = await a_committee(owner, **changes)
    blank = {
        "nationality": "CHN", "id_type": "RESIDENT_ID", "retired": False, "supervising_unit": "", "post_grade": "",
        "phone2": "", "term_from": date(2026, 1, 1), "term_until": None,
    }  # fmt: skip
    for n in range(7):
        values, said = checked(blank | an_expert(n), rules_of("sichuan@2026-01-01"), date(2026, 6, 1))
        assert not said
        db.add(Expert(**values, committee_id=Id(made["id"]), vetting_unit_id=CITY_HR, revision=1))
    file = await a_stored_file(db, AGRICULTURE, "filing-letter")
    path = f"/committees/{made['id']}"
    bound = ok(await owner.put(f"{path}/letter", {"file_id": str(file)}, if_match=made["revision"]))
    return ok(await owner.post(f"{path}/submit", {}, if_match=bound["revision"]))
