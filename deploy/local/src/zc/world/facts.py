"""What an applicant would write into the form, module by module, under the names of the Sichuan pack."""

from datetime import date
from random import Random
from typing import Any

from zc.world.filling import document, portrait
from zc.world.model import Applicant

_SCHOOLS = ("四川农业大学", "西南大学", "西昌学院", "成都农业科技职业学院")
_CROPS = {
    "农学": ("水稻", "小麦", "油菜"),
    "园艺": ("柑橘", "草莓", "番茄"),
    "植物保护": ("水稻", "茶树", "柑橘"),
}
_TOPICS = {
    "农学": ("绿色高产栽培", "密植机插", "品种比较"),
    "园艺": ("设施栽培", "水肥一体化", "品质提升"),
    "植物保护": ("病虫害绿色防控", "生物防治", "抗药性监测"),
}
_MAJORS = {"农学": "农学", "园艺": "园艺", "植物保护": "植物保护"}


def basic_info(one: Applicant) -> dict[str, Any]:
    """Returns the personal particulars with the photo."""
    person = one.person
    crop, topic = subject(one)
    return {
        "id_type": person.id_type,
        "id_number": person.id_number,
        "name": person.name,
        "sex": person.sex,
        "birth_date": person.birth_date.isoformat(),
        "nationality": "CHN",
        "ethnicity": person.ethnicity,
        "mobile": person.phone,
        "phone": person.phone,
        "contact_phone": person.phone,
        "registered_address": person.birthplace,
        "registered_residence": person.birthplace,
        "birthplace": person.birthplace,
        "email": person.email,
        "usual_residence": one.employer.address,
        "postcode": "610000",
        "work_unit": one.employer.name,
        "first_job": one.first_job.isoformat(),
        "political_status": "群众",
        "performance_overview": (
            f"取得{one.current_title}以来，一直从事{crop}{topic}技术的试验、示范和推广工作，"
            f"参加市级示范项目2项，每年组织农户技术培训4次以上，累计推广面积1.2万亩。"
        ),
        "in_service": True,
        "punishment": "NONE",
        "photo": portrait(person),
    }


def education(one: Applicant) -> list[dict[str, Any]]:
    """Returns the one full-time course that ended in the year of the first job."""
    year = one.first_job.year
    return [
        {
            "start": f"{year - 4}-09-01",
            "graduation": f"{year}-06-20",
            "school": _draw(one).choice(_SCHOOLS[:3]),
            "major": _MAJORS[one.specialty],
            "education": "BACHELOR",
            "degree": "BACHELOR",
            "study_length": "4",
            "before_first_job": True,
            "country": "DOMESTIC",
            "source": "TYPED",
            "diploma": document("学历证书", one.person),
            "degree_certificate": document("学位证书", one.person),
        }
    ]


def qualification(one: Applicant) -> list[dict[str, Any]]:
    """Returns the title held now and its appointment."""
    held = one.current_title_since
    return [
        {
            "title_name": one.current_title,
            "level": "JUNIOR",
            "specialty": one.specialty,
            "issuer": "成都市人力资源和社会保障局",
            "obtained": held.isoformat(),
            "document_number": f"成人社职〔{held.year}〕{_draw(one).randrange(10, 99)}号",
            "present_specialty": one.specialty,
            "appointed_title": one.current_title,
            "appointed_since": date(held.year + 1, 1, 1).isoformat(),
            "files": document("现职称证书", one.person),
        }
    ]


def work_history(one: Applicant) -> list[dict[str, Any]]:
    """Returns the time up to the present title and the time since, without a gap."""
    crop, topic = subject(one)
    change = one.current_title_since.isoformat()
    return [
        {
            "start": one.first_job.isoformat(),
            "end": change,
            "work_unit": one.employer.name,
            "technical_post": "技术员",
            "content": f"参加{crop}{topic}田间试验，负责数据记录和农户指导。",
        },
        {
            "start": change,
            "work_unit": one.employer.name,
            "technical_post": one.current_title,
            "employed_post": "专业技术岗位",
            "content": f"承担{crop}{topic}示范片建设，独立完成方案编制、现场指导和总结，排名第二。",
        },
    ]


def assessment(one: Applicant) -> list[dict[str, Any]]:
    """Returns the results of the last five years."""
    draw = _draw(one)
    years = range(max(one.year - 5, one.first_job.year), one.year)
    return [{"year": year, "result": draw.choice(("COMPETENT", "COMPETENT", "EXCELLENT"))} for year in years]


def continuing_education(one: Applicant) -> list[dict[str, Any]]:
    """Returns last year's course."""
    year = one.year - 1
    return [
        {
            "start": f"{year}-05-10",
            "end": f"{year}-05-20",
            "host": "成都市农业农村局",
            "place": "成都市",
            "content": f"{one.specialty}专业技术人员知识更新培训",
            "files": document("继续教育证书", one.person),
        }
    ]


def society(one: Applicant) -> list[dict[str, Any]]:
    """Returns the membership of a learned society."""
    return [{"name": "成都市农学会", "start": f"{one.current_title_since.year + 1}-03-01", "post": "会员"}]


def subject(one: Applicant) -> tuple[str, str]:
    """Returns the crop and the topic on which the applicant works."""
    draw = _draw(one)
    return draw.choice(_CROPS[one.specialty]), draw.choice(_TOPICS[one.specialty])


def _draw(one: Applicant) -> Random:
    return Random(f"facts {one.person.key} {one.person.name}")
