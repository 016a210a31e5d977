"""Chinese names, drawn from common surnames and given names."""

from random import Random

SURNAMES = tuple(
    "李王张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
    "余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
_MALE = "伟强磊军洋勇杰涛明超刚平辉鹏华飞鑫波斌宇浩凯健俊帆帅旭宁龙林博峰志文建国海东晨航睿泽宏毅成松柏川岷山"
_FEMALE = (
    "芳娜敏静丽娟艳霞秀英玉兰红梅婷雪琳倩颖洁莉琴云莲蓉燕萍慧佳欣怡梦瑶诗雨薇晓岚春秋菊素淑珍惠青竹荷语桐"
)


def drawn(draw: Random, sex: str) -> str:
    """Returns a name of two or three characters."""
    pool = _MALE if sex == "MALE" else _FEMALE
    given = draw.choice(pool)
    if draw.random() < 0.78:
        given += draw.choice(pool.replace(given, ""))
    return draw.choice(SURNAMES) + given


def latin(index: int) -> str:
    """Returns a mailbox name that tells nothing about the person."""
    return f"u{index:05d}"
