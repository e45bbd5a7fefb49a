"""Bills of materials of sandboxes."""

import sqlalchemy as sa
from alembic import op

revision = "015"
down_revision = "014"


def upgrade() -> None:
    op.create_table(
        "sbom_snapshots",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("gateway_name", sa.String(253), nullable=False),
        sa.Column("sandbox_name", sa.String(253), nullable=False),
        sa.Column("bom_format", sa.String(32), nullable=False),
        sa.Column("spec_version", sa.String(16), nullable=False),
        sa.Column("uploaded_by", sa.String(254), nullable=False),
        sa.Column("uploaded_at", sa.DateTime, nullable=False),
        sa.Column("component_count", sa.Integer, server_default="0", nullable=False),
        sa.Column("raw_json", sa.Text, nullable=False),
        sa.UniqueConstraint("gateway_name", "sandbox_name"),
    )
    op.create_table(
        "sbom_components",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("snapshot_id", sa.Integer, sa.ForeignKey("sbom_snapshots.id", ondelete="CASCADE"), nullable=False),
        sa.Column("name", sa.String(512), nullable=False),
        sa.Column("version", sa.String(128)),
        sa.Column("purl", sa.String(1024)),
    )


def downgrade() -> None:
    op.drop_table("sbom_components")
    op.drop_table("sbom_snapshots")
