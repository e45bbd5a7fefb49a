"""Who did what."""

import sqlalchemy as sa
from alembic import op

revision = "005"
down_revision = "004"


def upgrade() -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("timestamp", sa.DateTime, nullable=False),
        sa.Column("actor", sa.String(254), nullable=False),
        sa.Column("actor_role", sa.String(20), server_default="unknown", nullable=False),
        sa.Column("action", sa.String(100), nullable=False),
        sa.Column("resource_type", sa.String(50), nullable=False),
        sa.Column("resource_id", sa.String(253), server_default="", nullable=False),
        sa.Column("gateway_name", sa.String(253)),
        sa.Column("gateway_id", sa.Integer, sa.ForeignKey("gateways.id", ondelete="SET NULL")),
        sa.Column("detail", sa.Text),
        sa.Column("client_ip", sa.String(45)),
    )
    op.create_index("ix_audit_log_timestamp", "audit_log", ["timestamp"])


def downgrade() -> None:
    op.drop_table("audit_log")
