"""Sandboxes whose policy is pinned to a version."""

import sqlalchemy as sa
from alembic import op

revision = "013"
down_revision = "012"


def upgrade() -> None:
    op.create_table(
        "policy_pins",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("gateway_name", sa.String(253), nullable=False),
        sa.Column("sandbox_name", sa.String(253), nullable=False),
        sa.Column("pinned_version", sa.Integer, nullable=False),
        sa.Column("pinned_by", sa.String(254), nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("pinned_at", sa.DateTime, nullable=False),
        sa.Column("expires_at", sa.DateTime),
        sa.UniqueConstraint("gateway_name", "sandbox_name"),
    )


def downgrade() -> None:
    op.drop_table("policy_pins")
