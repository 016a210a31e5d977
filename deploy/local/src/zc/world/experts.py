"""Draws the experts of the committee."""

from random import Random

from zc.world.model import Expert, Size, Unit
from zc.world.people import Census

# Weight → level and title name.
_TITLES = (
    (2, "FULL_SENIOR", "正高级农艺师"),
    (5, "DEPUTY_SENIOR", "高级农艺师"),
    (3, "INTERMEDIATE", "农艺师"),
)
_WORK_UNITS = (
    ("四川农科作物研究院", "四川省农业农村厅"),
    ("四川省植物保护中心", "四川省农业农村厅"),
    ("成都农林技术学院", "成都市教育局"),
    ("绵阳市农业科学研究所", "绵阳市农业农村局"),
    ("德阳市农业技术推广中心", "德阳市农业农村局"),
    ("眉山市果树研究中心", "眉山市农业农村局"),
    ("雅安市茶叶研究所", "雅安市农业农村局"),
    ("资阳市种子管理站", "资阳市农业农村局"),
    ("遂宁市蔬菜研究所", "遂宁市农业农村局"),
    ("乐山市植保植检站", "乐山市农业农村局"),
)
_POSTS = ("无", "室主任", "站长", "副所长", "科长")
_HONOURS = ("四川省农业技术推广先进个人", "省科学技术进步奖三等奖（第三完成人）", "市级优秀科技工作者", "无")


def drawn(census: Census, seed: int, size: Size, shared: Unit) -> list[Expert]:
    """Returns the experts: two chairs, three vice chairs, and two members who work for the shared unit."""
    draw = Random(f"experts {seed}")
    return [
        _expert(census, draw, index, size, shared if index in (5, 6) else None)
        for index in range(size.experts)
    ]


def _expert(census: Census, draw: Random, index: int, size: Size, employer: Unit | None) -> Expert:
    person = census.person(f"expert-{index + 1:03d}", (1968, 1986))
    weights = [weight for weight, _, _ in _TITLES]
    _, level, title = _TITLES[0] if index < 5 else draw.choices(_TITLES, weights)[0]
    work_unit, above = draw.choice(_WORK_UNITS)
    return Expert(
        person=person,
        login=census.login(person),
        work_unit=employer.name if employer else work_unit,
        supervising_unit="成都市农业农村局" if employer else above,
        employer=employer,
        level=level,
        title=title,
        specialty=size.specialties[index % len(size.specialties)],
        duty="CHAIR" if index < 2 else "VICE_CHAIR" if index < 5 else "MEMBER",
        post=draw.choice(_POSTS),
        honours=draw.choice(_HONOURS),
        away=index >= size.experts - size.away,
    )
