"""feed: which life of the database cluster wrote an event, for transaction ids start anew in another one."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    # A constant default: no row is rewritten, and the previous release goes on inserting.
    op.add_column("outbox", sa.Column("life", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.create_table(
        "outbox_life",
        sa.Column("life", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("cluster", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("life"),
    )
