"""A season as small as the law allows: few experts, and one applicant for each fate that is of interest."""

from collections.abc import Sequence

from zc.world.model import Size
from zc.world.season import World
from zc.world.stories import REJECTION, RETURN_BY_EMPLOYER, Story

SIZE = Size(experts=10, specialties=("农学",), seats=9, prescribed=7, away=1, deadlines=(3, 4, 5))

STORIES: tuple[Story, ...] = (
    {"fate": "returned", "return": RETURN_BY_EMPLOYER},
    {"fate": "withdrawn", "withdraw": {"resubmit": True}, "vote": "one_short", "ends": "VOTE_FAILED"},
    {"fate": "certified"},
)
"""One certified after a return, one who took the application back for a while and fails the vote, one certified."""

WITH_A_REJECTION: tuple[Story, ...] = (
    *STORIES[:2],
    {"fate": "rejected", "reject": REJECTION, "ends": "REJECTED"},
)
"""The same, the last one rejected by the superior."""


def micro(seed: int = 2026, cohort: int = 0, told: Sequence[Story] = STORIES) -> World:
    """Returns the small world; its cohorts differ in nothing but numbers."""
    return World(seed, told=told, size=SIZE, cohort=cohort)
