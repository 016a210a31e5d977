"""One full context per bundled template."""

import datetime
import io
from typing import Any

from PIL import Image, ImageDraw

DAY = datetime.date(2026, 6, 30)


def a_photo() -> bytes:
    """A drawn head and shoulders as JPEG, 5:7."""
    image = Image.new("RGB", (350, 490), "#6fa8dc")
    draw = ImageDraw.Draw(image)
    draw.ellipse((95, 90, 255, 290), fill="#f0cfae")
    draw.ellipse((30, 300, 320, 620), fill="#2b3a55")
    out = io.BytesIO()
    image.save(out, "JPEG", quality=85)
    return out.getvalue()


def a_certificate(**changes: Any) -> dict[str, Any]:
    return {
        "authority": "示例省",
        "name": "欧阳文静",
        "sex": "女",
        "birth_date": datetime.date(1985, 3, 9),
        "id_number": "11010119850309002X",
        "title_name": "高级工程师",
        "series": "工程技术人员",
        "level": "副高级",
        "specialty": "水利水电工程",
        "work_unit": "示例省水利勘测设计研究院有限公司",
        "review_body": "示例省工程技术高级职称评审委员会",
        "approval_date": DAY,
        "issuing_unit": "示例省人力资源和社会保障厅",
        "document_number": "示人社职称〔2026〕18号",
        "certificate_number": "2026010100018",
        "obtaining_method": "评审",
        "lookup_url": "https://title.example/lookup?number=2026010100018&code=8KQ2",
        **changes,
    }


def persons(count: int) -> list[dict[str, Any]]:
    return [
        {
            "name": ("王小明", "欧阳文静", "买买提·阿不都热合曼")[n % 3],
            "sex": "男女"[n % 2],
            "id_number": f"1101011985{n % 12 + 1:02d}09{n % 1000:03d}X",
            "work_unit": ("示例市第一人民医院", "示例省水利勘测设计研究院有限公司示例分院")[n % 2],
            "series": "工程技术人员",
            "level": "副高级",
            "specialty": "水利水电工程",
            "title_name": "高级工程师",
            "certificate_number": f"20260101{n:05d}",
        }
        for n in range(1, count + 1)
    ]


def a_publicity(count: int = 60) -> dict[str, Any]:
    return {
        "title": "关于2026年度示例省工程技术高级职称评审结果的公示",
        "paragraphs": [
            "根据职称评审有关规定，经个人申报、单位推荐、逐级审核、专家评审，"
            "现将2026年度示例省工程技术高级职称评审通过人员名单予以公示，接受社会监督。"
        ],
        "persons": persons(count),
        "period_from": "2026-07-01",
        "period_to": "2026-07-07",
        "contact": "李老师、赵老师",
        "phone": "0000-12345678",
        "address": "示例市示例路1号 专业技术人员管理处",
        "objection_channels": ["登录公共服务网“评审公示”栏目在线提交；", "来信来访或致电下列联系方式。"],
        "publishing_unit": "示例省人力资源和社会保障厅",
        "published_on": DAY,
    }


def a_summary(count: int = 30) -> dict[str, Any]:
    return {
        "document_number": "示人社职称〔2026〕18号",
        "approval_date": DAY,
        "review_body": "示例省工程技术高级职称评审委员会",
        "issuing_unit": "示例省人力资源和社会保障厅",
        "batch": "2026-001",
        "persons": persons(count),
        "prepared_by": "张经办",
        "prepared_on": DAY,
    }


def minutes(count: int = 12) -> dict[str, Any]:
    results = [
        {**each, "votes_for": 19 - n % 9, "votes_against": n % 9, "abstentions": 2, "recused": n % 2}
        | {"result": "通过" if 3 * (19 - n % 9) >= 42 else "未通过"}
        for n, each in enumerate(persons(count))
    ]
    return {
        "committee": "示例省工程技术高级职称评审委员会",
        "campaign": "2026年度工程技术高级职称评审",
        "meeting_name": "2026年度水利专业评审会议",
        "held_on": DAY,
        "place": "示例会议中心三楼",
        "chair": "陈主任",
        "prescribed": 25,
        "attending": 21,
        "majority": "同意票数达到出席专家总数三分之二以上为通过（回避专家计入出席人数）",
        "experts": [f"专家{n}" for n in "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌"],
        "absent": ["专家亥"],
        "paragraphs": ["会议听取了专业组评议意见，经充分讨论，以无记名投票方式对申报人逐一表决。"],
        "applicants": results,
        "counted_on": DAY,
    }


def a_qualification_document(count: int = 40) -> dict[str, Any]:
    return {
        "issuing_unit": "示例省人力资源和社会保障厅",
        "document_number": "示人社职称〔2026〕18号",
        "title": "关于确认欧阳文静等同志高级工程师任职资格的通知",
        "addressee": "各市人力资源和社会保障局，省直有关单位",
        "paragraphs": [
            "经示例省工程技术高级职称评审委员会评审通过并公示无异议，现确认欧阳文静等同志具备高级工程师任职资格。",
            "请按照有关规定做好聘任工作。",
        ],
        "persons": persons(count),
        "approval_date": DAY,
        "copies_to": "示例省水利厅。",
    }


def a_review_form() -> dict[str, Any]:
    long = "长期从事水利水电工程勘测设计工作，主持完成多项大中型水库除险加固设计。" * 9
    return {
        "campaign": "2026年度工程技术高级职称评审",
        "name": "欧阳文静",
        "work_unit": "示例省水利勘测设计研究院有限公司",
        "title_name": "高级工程师",
        "series": "工程技术人员",
        "specialty": "水利水电工程",
        "application_number": "GC2026-000123",
        "filled_on": DAY,
        "lookup_url": "https://title.example/applications/GC2026-000123",
        "modules": [
            {
                "title": "一、基本信息",
                "pairs": [
                    ("姓名", "欧阳文静"),
                    ("性别", "女"),
                    ("出生日期", "1985-03-09"),
                    ("民族", "汉族"),
                    ("政治面貌", ""),
                    ("工作单位", "示例省水利勘测设计研究院有限公司示例分院水工设计所"),
                    ("联系电话", "13800000000"),
                ],
            },
            {
                "title": "二、工作经历",
                "tables": [
                    {
                        "columns": ["起止时间", "单位", "岗位", "证明人"],
                        "rows": [[f"{y}-07 起", "示例省水利院", "设计", "李某"] for y in range(2000, 2026)],
                    },
                    {"columns": ["获奖时间", "奖项", "等级"], "rows": []},
                ],
            },
            {"title": "三、专业技术工作总结", "texts": [long, long]},
            {"title": "四、审核意见", "signature": "单位推荐意见："},
            {"title": "五、评审意见", "signature": "评审委员会意见："},
        ],
    }


ALL = {
    "certificate.html": a_certificate,
    "publicity.html": a_publicity,
    "issuing_summary.html": a_summary,
    "minutes.html": minutes,
    "qualification_document.html": a_qualification_document,
    "review_form.html": a_review_form,
}
