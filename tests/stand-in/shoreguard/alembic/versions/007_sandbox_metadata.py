"""Descriptions and labels of sandboxes."""

import sqlalchemy as sa
from alembic import op

revision = "007"
down_revision = "006"


def upgrade() -> None:
    op.create_table(
        "sandbox_meta",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("gateway_name", sa.String(253), nullable=False),
        sa.Column("sandbox_name", sa.String(253), nullable=False),
        sa.Column("description", sa.Text),
        sa.Column("labels_json", sa.Text),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("updated_at", sa.DateTime),
        sa.UniqueConstraint("gateway_name", "sandbox_name"),
    )


def downgrade() -> None:
    op.drop_table("sandbox_meta")
