"""Long-running operations."""

import sqlalchemy as sa
from alembic import op

revision = "008"
down_revision = "007"


def upgrade() -> None:
    op.create_table(
        "operations",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("status", sa.String(20), server_default="running", nullable=False),
        sa.Column("resource_type", sa.String(50), nullable=False),
        sa.Column("resource_key", sa.String(253), nullable=False),
        sa.Column("progress_pct", sa.Integer, server_default="0", nullable=False),
        sa.Column("result_json", sa.Text),
        sa.Column("error_message", sa.Text),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("updated_at", sa.DateTime, nullable=False),
        sa.Column("completed_at", sa.DateTime),
    )


def downgrade() -> None:
    op.drop_table("operations")
