"""Units, drafts, posts, supervision, the copy of staff."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "known_staff",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_known_staff_person"), "known_staff", ["person"], unique=False)
    op.create_index("known_staff_unit", "known_staff", ["unit_id", "person"], unique=False)
    op.create_table(
        "unit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uscc", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kinds", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("nature", sa.Text(), nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("jurisdiction_path", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("contact_person", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("postal_address", sa.Text(), nullable=False),
        sa.Column("licence", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("legal_person", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("handlers", postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("superior_id", sa.Uuid(), nullable=True),
        sa.Column("wanted_superior_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pack", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(state = 'SUPERIOR_CHANGE_PENDING') = (wanted_superior_id IS NOT NULL)",
            name="unit_wanted_superior",
        ),
        sa.CheckConstraint(
            "state IN ('PENDING', 'RETURNED', 'AUTHORISED', 'SUPERIOR_CHANGE_PENDING')", name="unit_state"
        ),
        sa.CheckConstraint("cardinality(kinds) > 0", name="unit_kinds"),
        sa.CheckConstraint(
            "superior_id <> id AND wanted_superior_id <> id", name="unit_not_its_own_superior"
        ),
        sa.ForeignKeyConstraint(
            ["superior_id"],
            ["unit.id"],
        ),
        sa.ForeignKeyConstraint(
            ["wanted_superior_id"],
            ["unit.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("uscc"),
    )
    op.create_index("unit_below", "unit", ["superior_id", "state"], unique=False)
    op.create_index(
        "unit_wants",
        "unit",
        ["wanted_superior_id"],
        unique=False,
        postgresql_where="wanted_superior_id IS NOT NULL",
    )
    op.create_table(
        "post_plan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("matter", sa.Text(), nullable=False),
        sa.Column("posts", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint(
            "matter IN ('COMMITTEE_FILING', 'CAMPAIGN', 'APPLICATION')", name="post_plan_matter"
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["unit.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("unit_id", "matter", name="post_plan_once"),
    )
    op.create_table(
        "supervision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("supervising_unit_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "level IN ('JUNIOR', 'INTERMEDIATE', 'DEPUTY_SENIOR', 'FULL_SENIOR')", name="supervision_level"
        ),
        sa.ForeignKeyConstraint(
            ["supervising_unit_id"],
            ["unit.id"],
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"],
            ["unit.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("unit_id", "area", "level", name="supervision_once"),
    )
    op.create_table(
        "unit_draft",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superior_id", sa.Uuid(), nullable=False),
        sa.Column("basic", postgresql.JSONB(), nullable=False),
        sa.Column("licence", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("legal_person", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["superior_id"],
            ["unit.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_unit_draft_superior_id"), "unit_draft", ["superior_id"], unique=False)
