"""certificates."""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

import chassis.outbox

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table('certificate_batch',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('issuing_unit_id', sa.Uuid(), nullable=False),
    sa.Column('campaign_id', sa.Uuid(), nullable=False),
    sa.Column('committee_id', sa.Uuid(), nullable=False),
    sa.Column('document_number', sa.Text(), nullable=False),
    sa.Column('review_date', sa.Date(), nullable=True),
    sa.Column('confirmed_date', sa.Date(), nullable=True),
    sa.Column('qualification_document', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('source_revision', sa.Integer(), nullable=False),
    sa.Column('supplements', sa.Uuid(), nullable=True),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('approval_date', sa.Date(), nullable=True),
    sa.Column('stamped_summary', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('work_id', sa.Uuid(), nullable=True),
    sa.Column('issued_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('pack', sa.Text(), nullable=False),
    sa.CheckConstraint("state IN ('TO_PROCESS', 'RETURNED', 'TO_ISSUE', 'ISSUING', 'ISSUED')", name='batch_state'),
    sa.CheckConstraint("state NOT IN ('ISSUING', 'ISSUED') OR (document_number <> '' AND approval_date IS NOT NULL AND stamped_summary IS NOT NULL)", name='batch_complete_when_issued'),
    sa.ForeignKeyConstraint(['supplements'], ['certificate_batch.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('batch_of_unit', 'certificate_batch', ['issuing_unit_id', 'state'], unique=False)
    op.create_index(op.f('ix_certificate_batch_campaign_id'), 'certificate_batch', ['campaign_id'], unique=False)
    op.create_table('known_application',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('person', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('sex', sa.Text(), nullable=False),
    sa.Column('birth_date', sa.Date(), nullable=True),
    sa.Column('id_number', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('masked', sa.Text(), nullable=False),
    sa.Column('employer_name', sa.Text(), nullable=False),
    sa.Column('photo', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('method', sa.Text(), nullable=False),
    sa.Column('series', sa.Text(), nullable=False),
    sa.Column('level', sa.Text(), nullable=False),
    sa.Column('specialty', sa.Text(), nullable=False),
    sa.Column('title_name', sa.Text(), nullable=False),
    sa.Column('campaign_id', sa.Uuid(), nullable=True),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_known_application_person'), 'known_application', ['person'], unique=False)
    op.create_table('known_campaign',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_table('known_committee',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_table('known_unit',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('jurisdiction', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_table('number_counter',
    sa.Column('region', sa.Text(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('last', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('region', 'year')
    )
    op.create_table('batch_person',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('batch_id', sa.Uuid(), nullable=False),
    sa.Column('application_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('person', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('withdrawn', sa.Boolean(), nullable=False),
    sa.Column('supplemented', sa.Boolean(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['batch_id'], ['certificate_batch.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('batch_id', 'application_id', name='batch_person_once')
    )
    op.create_index(op.f('ix_batch_person_application_id'), 'batch_person', ['application_id'], unique=False)
    op.create_index(op.f('ix_batch_person_batch_id'), 'batch_person', ['batch_id'], unique=False)
    op.create_table('certificate',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('number', sa.Text(), nullable=False),
    sa.Column('batch_id', sa.Uuid(), nullable=True),
    sa.Column('application_id', sa.Uuid(), nullable=True),
    sa.Column('person', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('obtaining_method', sa.Text(), nullable=False),
    sa.Column('series', sa.Text(), nullable=False),
    sa.Column('level', sa.Text(), nullable=False),
    sa.Column('title_name', sa.Text(), nullable=False),
    sa.Column('specialty', sa.Text(), nullable=False),
    sa.Column('campaign_id', sa.Uuid(), nullable=True),
    sa.Column('issuing_unit_id', sa.Uuid(), nullable=False),
    sa.Column('issuing_unit_name', sa.Text(), nullable=False),
    sa.Column('document_number', sa.Text(), nullable=False),
    sa.Column('approval_date', sa.Date(), nullable=False),
    sa.Column('content', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('photo', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('ordered_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('failure', sa.Text(), nullable=False),
    sa.Column('sha256', sa.Text(), nullable=True),
    sa.Column('size', sa.Integer(), nullable=True),
    sa.Column('issued_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revocation_reason', sa.Text(), nullable=False),
    sa.Column('revocation_document', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.CheckConstraint("(state = 'PRINTING') = (issued_at IS NULL)", name='certificate_issued'),
    sa.CheckConstraint("(state = 'PRINTING') = (sha256 IS NULL)", name='certificate_printed'),
    sa.CheckConstraint("(state = 'REVOKED') = (revoked_at IS NOT NULL)", name='certificate_revoked'),
    sa.CheckConstraint("state IN ('PRINTING', 'ISSUED', 'REVOKED')", name='certificate_state'),
    sa.ForeignKeyConstraint(['batch_id'], ['certificate_batch.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('number')
    )
    op.create_index('certificate_in_force_once', 'certificate', ['application_id'], unique=True, postgresql_where="application_id IS NOT NULL AND state <> 'REVOKED'")
    op.create_index('certificate_of_unit', 'certificate', ['issuing_unit_id', 'state'], unique=False)
    op.create_index(op.f('ix_certificate_batch_id'), 'certificate', ['batch_id'], unique=False)
    op.create_index(op.f('ix_certificate_person'), 'certificate', ['person'], unique=False)
    op.create_index(op.f('ix_certificate_sha256'), 'certificate', ['sha256'], unique=False)
