"""Commands that run when a sandbox starts."""

import sqlalchemy as sa
from alembic import op

revision = "016"
down_revision = "015"


def upgrade() -> None:
    op.create_table(
        "sandbox_boot_hooks",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("gateway_name", sa.String(253), nullable=False),
        sa.Column("sandbox_name", sa.String(253), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("phase", sa.String(16), nullable=False),
        sa.Column("command", sa.Text, nullable=False),
        sa.Column("timeout_seconds", sa.Integer, server_default="30", nullable=False),
        sa.Column("order", sa.Integer, server_default="0", nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("continue_on_failure", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("created_by", sa.String(254), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("updated_at", sa.DateTime, nullable=False),
        sa.UniqueConstraint("gateway_name", "sandbox_name", "phase", "name", name="uq_sandbox_boot_hooks_name"),
    )


def downgrade() -> None:
    op.drop_table("sandbox_boot_hooks")
