"""The acting unit's posts per matter (UNT-13)."""

from typing import Annotated
from uuid import UUID

from chassis.access import Relation, needs, signed_in
from chassis.audit import audit
from chassis.web import Caller, Db, IfMatch, Model, Router, expect
from contracts.vocabulary import Matter
from pydantic import BaseModel, Field

from units import store
from units.actions import configure_posts
from units.domain.posts import PostPlan, PostsInvalid
from units.tables import PostPlanRow

router = Router(tags=["posts"])

HINT = "尚未配置审核岗位：单位内一步审核即可；如需多岗审核，请先配置。"


class PostWanted(Model):
    """A post and who holds it."""

    name: str = Field(min_length=1, max_length=50, examples=["初审"])
    persons: list[UUID] = Field(min_length=1, max_length=50, description="Staff of the unit.")


class ConfigurePosts(Model):
    """All posts, the first to vet first; none = one step suffices."""

    posts: list[PostWanted] = Field(
        max_length=9, examples=[[{"name": "初审", "persons": ["01890a5d-ac96-774b-bcce-b302099a8057"]}]]
    )


class HolderView(BaseModel):
    """Who holds a post."""

    person: UUID
    name: str


class PostView(BaseModel):
    """One post."""

    rank: int
    name: str
    persons: list[HolderView]


class PostPlanView(BaseModel):
    """The plan for a matter; revision 0 = never configured, `hint` says what that means."""

    matter: Matter
    revision: int
    posts: list[PostView]
    hint: Annotated[str | None, Field(examples=[HINT])]


@router.get("/own/posts", access=signed_in(Relation.OWN_UNIT))
async def show_posts(db: Db, caller: Caller) -> list[PostPlanView]:
    """The acting unit's posts for each matter."""
    unit = await store.open_unit(db, caller.unit)
    staff = await store.staff_of(db, unit.id)
    plans = await store.plans_of(db, unit.id)
    return [_view(plans.get(matter) or store.no_plan(unit.id, matter), staff) for matter in Matter]


@router.put(
    "/own/posts/{matter}", access=needs("units.posts.configure", Relation.OWN_UNIT), refuses=[PostsInvalid]
)
async def set_posts(
    matter: Matter, body: ConfigurePosts, db: Db, caller: Caller, if_match: IfMatch
) -> PostPlanView:
    """Set the posts for a matter, the lowest rank first; the highest post's pass is the unit's."""
    unit = await store.open_unit(db, caller.unit)
    row = await store.lock_plan(db, unit.id, matter)
    expect(row, if_match)
    staff = await store.staff_of(db, unit.id)
    plan = PostPlan.of(((post.name, post.persons) for post in body.posts), staff)
    configure_posts(db, row, plan, caller.actor)
    audit(db, caller, "units.posts.configured", row.id, matter)
    return _view(row, staff)


def _view(row: PostPlanRow, staff: dict[UUID, str]) -> PostPlanView:
    posts = [
        PostView(
            rank=post.rank,
            name=post.name,
            persons=[HolderView(person=person, name=staff.get(person, "")) for person in post.persons],
        )
        for post in store.plan(row).posts
    ]
    return PostPlanView(
        matter=Matter(row.matter), revision=row.revision, posts=posts, hint=None if posts else HINT
    )
