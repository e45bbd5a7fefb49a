"""The registered gateways."""

import sqlalchemy as sa
from alembic import op

revision = "001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "gateways",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(253), unique=True, nullable=False),
        sa.Column("endpoint", sa.String(260), nullable=False),
        sa.Column("scheme", sa.String, nullable=False, server_default="https"),
        sa.Column("auth_mode", sa.String),
        sa.Column("ca_cert", sa.LargeBinary),
        sa.Column("client_cert", sa.LargeBinary),
        sa.Column("client_key", sa.LargeBinary),
        sa.Column("metadata_json", sa.Text),
        sa.Column("registered_at", sa.DateTime, nullable=False),
        sa.Column("last_seen", sa.DateTime),
        sa.Column("last_status", sa.String, nullable=False, server_default="unknown"),
    )
    op.create_index("ix_gateways_endpoint", "gateways", ["endpoint"])


def downgrade() -> None:
    op.drop_table("gateways")
