"""What templates call."""

import datetime

import pytest
from documents import qr_svg
from documents.filters import balanced, blank, cn_date, pair_rows


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (datetime.date(2026, 6, 30), "2026年6月30日"),
        ("2026-06-30", "2026年6月30日"),
        ("2026-06-30T16:00:00+08:00", "2026年6月30日"),
        ("2026年6月", "2026年6月"),
        ("2026-13-45", "2026-13-45"),
        (None, ""),
        ("", ""),
    ],
)
def test_a_date_is_chinese(value: object, text: str) -> None:
    assert cn_date(value) == text  # type: ignore[arg-type]


def test_nothing_is_a_dash_but_zero_is_a_value() -> None:
    assert [blank(each) for each in (None, "", 0, "甲")] == ["—", "—", 0, "甲"]


def test_a_title_breaks_evenly_and_between_words() -> None:
    assert balanced("评审会议纪要", 20) == "评审会议纪要"
    assert balanced("关于确认欧阳文静等同志高级工程师任职资格的通知", 20).count("<br>") == 1
    for line in balanced("关于2026年度示例省工程技术高级职称评审结果的公示", 20).split("<br>"):
        assert 6 < len(line) <= 22
        assert not line.startswith("的")


def test_a_title_is_escaped() -> None:
    assert balanced("<b>甲</b>", 20) == "&lt;b&gt;甲&lt;/b&gt;"
    assert "<b>" not in balanced("<b>" + "甲" * 60, 20)


def test_pairs_share_rows_unless_they_are_long() -> None:
    long = "很长" * 20
    rows = pair_rows([("甲", "1"), ("乙", "2"), ("丙", "3"), ("丁", long), ("戊", "5")])
    assert rows == [
        [("甲", "1", 1), ("乙", "2", 1)],
        [("丙", "3", 3)],
        [("丁", long, 3)],
        [("戊", "5", 3)],
    ]


def test_a_qr_code_is_markup_that_scales() -> None:
    svg = qr_svg("https://title.example/lookup?number=1&code=2")
    assert svg.startswith("<svg")
    assert "viewBox" in svg
    assert "width=" not in svg.split(">")[0]
    assert qr_svg("证书编号2026") != qr_svg("证书编号2027")
    with pytest.raises(ValueError, match="text"):
        qr_svg("")
