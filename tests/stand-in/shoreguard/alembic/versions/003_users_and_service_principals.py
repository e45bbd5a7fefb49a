"""People, machines, and what they may do on which gateway."""

import sqlalchemy as sa
from alembic import op

revision = "003"
down_revision = "002"


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("email", sa.String(254), unique=True, nullable=False),
        sa.Column("hashed_password", sa.String(128)),
        sa.Column("role", sa.String(20), server_default="viewer", nullable=False),
        sa.Column("is_active", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("invite_token_hash", sa.String(64)),
        sa.Column("created_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "service_principals",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(100), unique=True, nullable=False),
        sa.Column("key_hash", sa.String(64), nullable=False),
        sa.Column("role", sa.String(20), server_default="viewer", nullable=False),
        sa.Column("created_by", sa.Integer, sa.ForeignKey("users.id", ondelete="SET NULL")),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("last_used", sa.DateTime),
    )
    op.create_table(
        "sp_gateway_roles",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("sp_id", sa.Integer, sa.ForeignKey("service_principals.id", ondelete="CASCADE"), nullable=False),
        sa.Column("gateway_id", sa.Integer, sa.ForeignKey("gateways.id", ondelete="CASCADE"), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.UniqueConstraint("sp_id", "gateway_id"),
    )


def downgrade() -> None:
    op.drop_table("sp_gateway_roles")
    op.drop_table("service_principals")
    op.drop_table("users")
