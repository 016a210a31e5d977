"""The fates of applicants, as plain data that a demo or a test can play."""

import copy
from collections.abc import Sequence
from random import Random
from typing import Any

Story = dict[str, Any]

RETURN_BY_EMPLOYER = {
    "by": "employer",
    "module": "education",
    "opinion": "学位证书扫描件不清晰，请重新上传。",
}
_RETURN_BY_SUPERIOR = {
    "by": "superior",
    "module": "work_history",
    "opinion": "工作内容过于简略，请补充本人承担的任务。",
}
_RETURN_BY_COMMITTEE = {
    "by": "committee",
    "module": "achievements",
    "opinion": "论文缺少封面和目录页，请补充。",
}
REJECTION = {"by": "superior", "opinion": "从事本专业技术工作年限不符合申报条件。"}
_OBJECTION = {
    "objector": "某单位职工",
    "content": "反映公示人员一项业绩成果的完成人排序与证书不符。",
}

# Weight out of forty → story; what a story does not name goes well and ends with a certificate.
_STORIES: tuple[tuple[int, Story], ...] = (
    (24, {"fate": "certified"}),
    (3, {"fate": "returned", "return": RETURN_BY_EMPLOYER}),
    (1, {"fate": "returned", "return": _RETURN_BY_SUPERIOR}),
    (1, {"fate": "returned", "return": _RETURN_BY_COMMITTEE}),
    (2, {"fate": "withdrawn", "withdraw": {"resubmit": True}}),
    (1, {"fate": "withdrawn", "withdraw": {"resubmit": False}, "ends": "WITHDRAWN"}),
    (2, {"fate": "rejected", "reject": REJECTION, "ends": "REJECTED"}),
    (1, {"fate": "borderline", "vote": "two_thirds"}),
    (1, {"fate": "fails_vote", "vote": "one_short", "ends": "VOTE_FAILED"}),
    (2, {"fate": "fails_vote", "vote": "few", "ends": "VOTE_FAILED"}),
    (1, {"fate": "objected", "objection": {**_OBJECTION, "upheld": False}}),
    (1, {"fate": "objected", "objection": {**_OBJECTION, "upheld": True}, "ends": "OBJECTION_UPHELD"}),
)


def dealt(count: int, draw: Random) -> list[Story]:
    """Returns one story for each applicant: the proportions of forty, in drawn order."""
    total = sum(weight for weight, _ in _STORIES)
    exact = [weight * count / total for weight, _ in _STORIES]
    numbers = [int(share) for share in exact]
    # What rounding left over goes to the largest remainders, so that the sum is the count.
    by_remainder = sorted(range(len(exact)), key=lambda i: (numbers[i] - exact[i], i))
    for index in by_remainder[: count - sum(numbers)]:
        numbers[index] += 1
    stories = [
        completed(story) for number, (_, story) in zip(numbers, _STORIES, strict=True) for _ in range(number)
    ]
    draw.shuffle(stories)
    return stories


def completed(story: Story) -> Story:
    """Returns the whole story: what it does not name goes well."""
    return {"fate": "certified", "vote": "clear", "ends": "ISSUED", **copy.deepcopy(story)}


def votes_for(vote: str, attending: int) -> int:
    """Returns how many of the attending vote for; the bar is 3·for ≥ 2·attending (LAW-02)."""
    bar = -(-2 * attending // 3)
    wanted = {
        "clear": max(bar, attending - attending // 10),
        "two_thirds": bar,
        "one_short": bar - 1,
        "few": attending // 3,
    }
    return wanted[vote]


def choices(story: Story, attending: int, voters: Sequence[str], seed: int = 0) -> dict[str, str]:
    """Returns FOR, AGAINST or ABSTAIN for each voter, so that the tally is the one of the story.

    `attending` is the number the majority counts from; `voters` are those who may vote on this applicant.
    """
    wanted = min(votes_for(story["vote"], attending), len(voters))
    rest = len(voters) - wanted
    cast = ["FOR"] * wanted + ["ABSTAIN"] * min(1, rest // 2) + ["AGAINST"] * (rest - min(1, rest // 2))
    Random(seed).shuffle(cast)
    return dict(zip(voters, cast, strict=True))
