"""An applicant's achievements in the templates of the Sichuan pack, all after the current title."""

from collections.abc import Mapping, Sequence
from typing import Any

from zc.world.facts import subject
from zc.world.filling import document
from zc.world.model import Applicant

TEMPLATES = ("paper", "award", "general", "standard", "patent", "report", "science_award", "monograph")


def answering(one: Applicant, requirements: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """Returns one item for each requirement, in a template allowed for it; templates vary.

    `requirements` maps the id of a requirement to its templates; none named means that all are allowed.
    """
    used: list[str] = []
    items = []
    for requirement, allowed in requirements.items():
        fitting = [name for name in TEMPLATES if not allowed or name in allowed]
        if not fitting:
            raise LookupError(f"requirement {requirement} allows no known template")
        template = min(fitting, key=lambda name: (used.count(name), TEMPLATES.index(name)))
        used.append(template)
        content = item(one, template, used.count(template))
        items.append({"requirement": requirement, "template": template, "content": content})
    return items


def others(one: Applicant) -> list[dict[str, Any]]:
    """Returns what answers no requirement: one piece of work."""
    return [{"template": "general", "content": item(one, "general", 9)}]


def item(one: Applicant, template: str, number: int) -> dict[str, Any]:
    """Returns the content of one item; `number` tells items of the same template apart."""
    crop, topic = subject(one)
    year = min(one.current_title_since.year + number, one.year - 1)
    name = f"{crop}{topic}技术研究与应用" + (f"（{number}）" if number > 1 else "")
    proof = {"files": document(_PROOFS[template], one.person)}
    return {**_contents(name, year, topic, crop, number)[template], **proof}


_PROOFS = {
    "paper": "论文封面目录及正文",
    "award": "获奖证书",
    "general": "项目验收证明",
    "standard": "标准文本",
    "patent": "专利证书",
    "report": "技术报告",
    "science_award": "成果奖证书",
    "monograph": "著作封面及版权页",
}


def _contents(name: str, year: int, topic: str, crop: str, number: int) -> dict[str, dict[str, Any]]:
    return {
        "paper": {
            "title": name,
            "published": f"{year}-06-15",
            "category": "GENERAL",
            "journal": "四川农业科技",
            "journal_no": "CN51-1144/S",
            "author_rank": "1",
            "own_words": 4.5,
            "note": "公开发表，独立撰写。",
        },
        "award": {
            "name": f"{topic}技术推广先进个人",
            "project": name,
            "awarding_unit": "成都市农业农村局",
            "award_level": "CITY",
            "award_class": "TITLE",
            "date": f"{year}-12-01",
            "rank": "1",
            "certificate_no": f"{year}-{number:03d}",
        },
        "general": {
            "start": f"{year}-03-01",
            "end": f"{year}-11-30",
            "work_name": name,
            "title_relation": "AFTER",
            "content": f"参加{crop}{topic}示范项目，负责试验设计和技术指导，排名第二。",
            "effect": "项目通过验收，示范面积3000亩，亩均增收180元。",
        },
        "standard": {
            "name": f"{crop}{topic}技术规程",
            "category": "LOCAL",
            "standard_no": f"DB5101/T {100 + number}—{year}",
            "issued": f"{year}-10-08",
            "rank": "3",
        },
        "patent": {
            "name": f"一种{crop}田间取样装置",
            "patent_type": "UTILITY",
            "patent_no": f"ZL{year}2 0{number:06d}.1",
            "date": f"{year}-08-20",
            "rank": "2",
            "authorised_by": "国家知识产权局",
        },
        "report": {
            "name": f"{crop}{topic}技术总结报告",
            "published": f"{year}-12-10",
            "journal": "成都市农业农村局",
            "author_rank": "1",
            "note": "被主管部门采用。",
        },
        "science_award": {
            "project": name,
            "award_name": "成都市科学技术进步奖三等奖",
            "date": f"{year}-12-25",
            "award_level": "CITY",
            "rank": "5",
            "awarding_unit": "成都市人民政府",
        },
        "monograph": {
            "name": f"{crop}{topic}实用技术",
            "issued": f"{year}-09-01",
            "category": "COMPILATION",
            "edition_no": "ISBN 978-7-5727-0001-0",
            "author_rank": "3",
            "publisher": "四川科学技术出版社",
            "own_words": 20.0,
            "note": "参加编写第三章。",
        },
    }
