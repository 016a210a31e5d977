"""The ordered posts of a unit for one matter (UNT-13)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from uuid import UUID

from refusals import Complaint, Kind, Refusal


class PostsInvalid(Refusal):
    """岗位配置有误。"""

    slug, kind = "posts-invalid", Kind.INVALID


@dataclass(frozen=True, slots=True)
class Post:
    """One post: its rank from 1 (vets first), its name, who holds it."""

    rank: int
    name: str
    persons: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class PostPlan:
    """Posts from the lowest rank to the highest, whose pass is the unit's; none = one step suffices."""

    posts: tuple[Post, ...] = ()

    @classmethod
    def of(cls, posts: Iterable[tuple[str, Iterable[UUID]]], staff: Collection[UUID]) -> "PostPlan":
        """Rank posts in the order given; raises `PostsInvalid` with every complaint at once.

        Each post has a name of its own and at least one person; all persons are the unit's staff.
        """
        plan = cls(
            tuple(Post(i, name, tuple(dict.fromkeys(held))) for i, (name, held) in enumerate(posts, 1))
        )
        if complaints := (*plan._unnamed(), *plan._strangers(staff)):
            raise PostsInvalid("请按提示修改后重新提交。", complaints=complaints)
        return plan

    def without(self, person: UUID) -> "PostPlan":
        """The plan after a person left; a post that nobody holds any more is dropped, or vetting would stand still."""
        left = (replace(p, persons=tuple(x for x in p.persons if x != person)) for p in self.posts)
        held = [post for post in left if post.persons]
        return PostPlan(tuple(replace(post, rank=rank) for rank, post in enumerate(held, 1)))

    def with_merged(self, person: UUID, into: UUID) -> "PostPlan":
        """The plan after a person's reference became another one."""
        return PostPlan(
            tuple(
                replace(p, persons=tuple(dict.fromkeys(into if x == person else x for x in p.persons)))
                for p in self.posts
            )
        )

    def _unnamed(self) -> tuple[Complaint, ...]:
        names = [post.name for post in self.posts]
        return tuple(
            Complaint(f"/posts/{i}/name", "unique", "岗位名称不能重复。")
            for i, name in enumerate(names)
            if name in names[:i]
        )

    def _strangers(self, staff: Collection[UUID]) -> tuple[Complaint, ...]:
        return tuple(
            Complaint(f"/posts/{post.rank - 1}/persons", "staff", "岗位人员须是本单位的在职经办人员。")
            for post in self.posts
            if not post.persons or not set(post.persons) <= set(staff)
        )
