"""Webhook subscriptions and their deliveries; the index of the feed. Only adds."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chassis.feed import index_for

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table('webhook_subscription',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('owner', sa.Uuid(), nullable=False),
    sa.Column('url', sa.Text(), nullable=False),
    sa.Column('types', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('disabled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('resume_from', sa.Text(), nullable=True),
    sa.Column('failing_since', sa.DateTime(timezone=True), nullable=True),
    sa.Column('secret', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('former_secret', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('former_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('wake_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(state = 'DISABLED') = (disabled_at IS NOT NULL)", name='webhook_disabled'),
    sa.CheckConstraint("(state = 'DISABLED') = (resume_from IS NOT NULL)", name='webhook_resumable'),
    sa.CheckConstraint("state IN ('ACTIVE', 'DISABLED')", name='webhook_state'),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_webhook_subscription_owner'), 'webhook_subscription', ['owner'], unique=False)
    op.create_table('webhook_delivery',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('subscription_id', sa.Uuid(), nullable=False),
    sa.Column('event_seq', sa.BigInteger(), nullable=True),
    sa.Column('event_id', sa.Uuid(), nullable=False),
    sa.Column('type', sa.Text(), nullable=False),
    sa.Column('subject', sa.Uuid(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('next_attempt_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_attempt_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_status', sa.Integer(), nullable=True),
    sa.Column('last_error', sa.Text(), nullable=False),
    sa.Column('last_body', sa.Text(), nullable=False),
    sa.Column('duration_ms', sa.Integer(), nullable=True),
    sa.CheckConstraint("state IN ('PENDING', 'DELIVERED', 'EXHAUSTED')", name='delivery_state'),
    sa.ForeignKeyConstraint(['subscription_id'], ['webhook_subscription.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('subscription_id', 'event_id', name='delivery_once')
    )
    op.create_index('delivery_due', 'webhook_delivery', ['subscription_id', 'next_attempt_at'], unique=False, postgresql_where="state = 'PENDING'")
    op.create_index('delivery_log', 'webhook_delivery', ['subscription_id', 'created_at', 'event_seq'], unique=False)
    op.create_index('delivery_order', 'webhook_delivery', ['subscription_id', 'subject', 'event_seq'], unique=False, postgresql_where="state = 'PENDING'")
    op.execute(index_for("certificates.certificate"))

