"""The way a case travels: units in order, posts inside a unit, and what was said on the way."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from vetting.refusals import PostWithoutPerson, RouteEmpty
from vetting.states import Action


@dataclass(frozen=True, slots=True)
class Post:
    """One post of a unit's multi-post vetting; posts run from the lowest rank to the highest (UNT-13)."""

    rank: int
    name: str
    persons: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class Node:
    """One unit on the route; without posts one step by any permitted handler suffices."""

    unit: UUID
    posts: tuple[Post, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "posts", tuple(sorted(self.posts, key=lambda post: post.rank)))
        if len({post.rank for post in self.posts}) < len(self.posts):
            raise ValueError("two posts of a unit have the same rank")

    @property
    def last_post(self) -> int:
        """Return the index of the post whose pass is the unit's pass."""
        return max(len(self.posts) - 1, 0)


@dataclass(frozen=True, slots=True)
class Route:
    """The units that vet, in order; the last one's pass passes the case."""

    nodes: tuple[Node, ...]

    @classmethod
    def through(cls, *units: UUID) -> "Route":
        """Make a route of units that each vet in one step."""
        return cls(tuple(Node(unit) for unit in units))

    def index_of(self, unit: UUID) -> int | None:
        """Return the index of the first node of this unit, or None."""
        return next((i for i, node in enumerate(self.nodes) if node.unit == unit), None)

    def check(self, subject: UUID | None) -> None:
        """Refuse a route on which a case about `subject` would get stuck.

        Raises RouteEmpty, or PostWithoutPerson where nobody but the subject holds a post.
        """
        if not self.nodes:
            raise RouteEmpty("没有可以审核的单位，请先完善审核流程。")
        for node in self.nodes:
            for post in node.posts:
                if not post.persons - {subject}:
                    raise PostWithoutPerson(f"岗位“{post.name}”没有可以审核本事项的人员，请先配置岗位人员。")


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a vetter says, about one form module or (module None) about the whole."""

    module: str | None
    text: str


@dataclass(frozen=True, slots=True)
class TrailEntry:
    """One step of the trail: who did what, where, when, why, and under which rule."""

    at: datetime
    action: Action
    node: int | None  # the node that acted; None for the applicant and the owner
    unit: UUID | None
    post: str | None
    actor: UUID | None  # None for the owner's own jobs
    opinions: tuple[Opinion, ...] = ()
    to_node: int | None = None  # where it went, if to a node
    rule: str | None = None  # e.g. the withdrawal rule, or the article applied


@dataclass(frozen=True, slots=True)
class Inbox:
    """Where a case lies: at one post of one node's unit, or (unit None) with the applicant."""

    unit: UUID | None = None
    node: int | None = None
    post: int | None = None
    post_name: str | None = None
    persons: frozenset[UUID] = field(default_factory=frozenset)  # empty = any permitted handler of the unit

    @property
    def with_applicant(self) -> bool:
        """Say whether the applicant has to act."""
        return self.node is None


def spoken(opinions: Iterable[Opinion]) -> tuple[Opinion, ...]:
    """Keep the opinions that say something."""
    return tuple(opinion for opinion in opinions if opinion.text.strip())
