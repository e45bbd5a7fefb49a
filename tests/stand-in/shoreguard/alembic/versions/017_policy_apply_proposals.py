"""Proposed policies that wait for approval. Additive: no older table changes."""

import sqlalchemy as sa
from alembic import op

revision = "017"
down_revision = "016"


def upgrade() -> None:
    op.create_table(
        "policy_apply_proposals",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("gateway_name", sa.String(253), nullable=False),
        sa.Column("sandbox_name", sa.String(253), nullable=False),
        sa.Column("chunk_id", sa.String(80), nullable=False),
        sa.Column("yaml_text", sa.Text, nullable=False),
        sa.Column("expected_hash", sa.String(80)),
        sa.Column("proposed_by", sa.String(254), nullable=False),
        sa.Column("proposed_at", sa.DateTime, nullable=False),
        sa.UniqueConstraint("gateway_name", "sandbox_name", "chunk_id", name="uq_policy_apply_proposals_chunk"),
    )


def downgrade() -> None:
    op.drop_table("policy_apply_proposals")
