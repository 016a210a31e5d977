"""Applications, their forms and copies."""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql


revision = "0001"
down_revision = None


def upgrade() -> None:
    
    op.create_table('applicant',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('id_type', sa.Text(), nullable=False),
    sa.Column('id_number', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('id_number_masked', sa.Text(), nullable=False),
    sa.Column('sex', sa.Text(), nullable=True),
    sa.Column('birth_date', sa.Date(), nullable=True),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_table('known_campaign',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('committee_id', sa.Uuid(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('start', sa.DateTime(timezone=True), nullable=False),
    sa.Column('first_deadline', sa.DateTime(timezone=True), nullable=False),
    sa.Column('modified_deadline', sa.DateTime(timezone=True), nullable=False),
    sa.Column('receipt_deadline', sa.DateTime(timezone=True), nullable=False),
    sa.Column('content', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('known_campaign_committee', 'known_campaign', ['committee_id', 'year'], unique=False)
    op.create_table('known_candidacy',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('confirming_unit_id', sa.Uuid(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_table('known_certificate',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('application_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_known_certificate_application_id'), 'known_certificate', ['application_id'], unique=False)
    op.create_table('known_committee',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('series', sa.Text(), nullable=False),
    sa.Column('area', sa.Text(), nullable=False),
    sa.Column('establishing_unit_id', sa.Uuid(), nullable=False),
    sa.Column('authorising_unit_id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('content', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_known_committee_establishing_unit_id'), 'known_committee', ['establishing_unit_id'], unique=False)
    op.create_index(op.f('ix_known_committee_series'), 'known_committee', ['series'], unique=False)
    op.create_table('known_posts',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=False),
    sa.Column('posts', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_known_posts_unit_id'), 'known_posts', ['unit_id'], unique=False)
    op.create_table('known_seat',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('campaign_id', sa.Uuid(), nullable=False),
    sa.Column('person', sa.Uuid(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('recused_from', sa.ARRAY(sa.Text()), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('known_seat_person', 'known_seat', ['person', 'campaign_id'], unique=False)
    op.create_table('known_supervision',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('area', sa.Text(), nullable=False),
    sa.Column('level', sa.Text(), nullable=False),
    sa.Column('supervising_unit_id', sa.Uuid(), nullable=True),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('known_supervision_place', 'known_supervision', ['level', 'area'], unique=False)
    op.create_table('known_unit',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('kinds', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('nature', sa.Text(), nullable=False),
    sa.Column('jurisdiction', sa.Text(), nullable=False),
    sa.Column('path', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('superior_id', sa.Uuid(), nullable=True),
    sa.Column('state', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_table('stock_opinion',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=False),
    sa.Column('person', sa.Uuid(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('stock_opinion_owner', 'stock_opinion', ['unit_id', 'person'], unique=False)
    op.create_table('year_lock',
    sa.Column('person', sa.Uuid(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('application_id', sa.Uuid(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('person', 'year')
    )
    op.create_table('application',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('person', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('employer_id', sa.Uuid(), nullable=False),
    sa.Column('employer_name', sa.Text(), nullable=False),
    sa.Column('employer_nature', sa.Text(), nullable=False),
    sa.Column('method', sa.Text(), nullable=False),
    sa.Column('application_type', sa.Text(), nullable=False),
    sa.Column('series', sa.Text(), nullable=False),
    sa.Column('level', sa.Text(), nullable=False),
    sa.Column('specialty', sa.Text(), nullable=False),
    sa.Column('title_name', sa.Text(), nullable=False),
    sa.Column('committee_id', sa.Uuid(), nullable=True),
    sa.Column("committee_name", sa.Text(), nullable=True),
    sa.Column('campaign_id', sa.Uuid(), nullable=True),
    sa.Column('campaign_revision', sa.Integer(), nullable=True),
    sa.Column('pack', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('vetting_case', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('node_unit_id', sa.Uuid(), nullable=True),
    sa.Column('node_index', sa.Integer(), nullable=True),
    sa.Column('post_rank', sa.Integer(), nullable=True),
    sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('correct_by', sa.DateTime(timezone=True), nullable=True),
    sa.Column('viewed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('notices', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('employer_files', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('letter', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('letter_unit_id', sa.Uuid(), nullable=True),
    sa.Column('dossier_sha256', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=True),
    sa.Column('accepted', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.CheckConstraint("(state IN ('VETTING', 'RETURNED_TO_UNIT', 'COMMITTEE_PENDING')) = (node_unit_id IS NOT NULL)", name='application_node'),
    sa.CheckConstraint("level IN ('JUNIOR', 'INTERMEDIATE', 'DEPUTY_SENIOR', 'FULL_SENIOR')", name='application_level'),
    sa.CheckConstraint("state <> 'ACCEPTED' OR accepted IS NOT NULL", name='application_accepted'),
    sa.CheckConstraint("state = 'DRAFT' OR (vetting_case IS NOT NULL AND submitted_at IS NOT NULL)", name='application_submitted'),
    sa.CheckConstraint("state IN ('DRAFT', 'VETTING', 'RETURNED_TO_APPLICANT', 'RETURNED_TO_UNIT', 'COMMITTEE_PENDING', 'ACCEPTED', 'REJECTED', 'GIVEN_UP', 'DISCARDED')", name='application_state'),
    sa.CheckConstraint('(campaign_id IS NULL) = (committee_id IS NULL)', name='application_campaign'),
    sa.ForeignKeyConstraint(['person'], ['applicant.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('application_campaign_id', 'application', ['campaign_id'], unique=False)
    op.create_index('application_committee', 'application', ['committee_id', 'state'], unique=False)
    op.create_index('application_person', 'application', ['person', 'year'], unique=False)
    op.create_table('form_module',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('application_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('schema_id', sa.Text(), nullable=False),
    sa.Column('data', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.ForeignKeyConstraint(['application_id'], ['application.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('application_id', 'name', name='form_module_once')
    )
    op.create_table('placement',
    sa.Column('application_id', sa.Uuid(), nullable=False),
    sa.Column('node_index', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=False),
    sa.Column('desk', sa.Text(), nullable=False),
    sa.Column('tab', sa.Text(), nullable=True),
    sa.CheckConstraint("desk IN ('OWN_STAFF', 'SUBORDINATE_STAFF', 'ELIGIBILITY')", name='placement_desk'),
    sa.ForeignKeyConstraint(['application_id'], ['application.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('application_id', 'node_index')
    )
    op.create_index('placement_list', 'placement', ['unit_id', 'desk', 'tab'], unique=False)
    
