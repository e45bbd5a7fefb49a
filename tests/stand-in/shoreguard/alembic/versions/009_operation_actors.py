"""Who started an operation, and at most one active operation a resource."""

import sqlalchemy as sa
from alembic import op

revision = "009"
down_revision = "008"


def upgrade() -> None:
    op.add_column("operations", sa.Column("actor", sa.String(254)))
    op.add_column("operations", sa.Column("gateway_name", sa.String(253)))
    active = sa.text("status IN ('pending', 'running', 'cancelling')")
    op.create_index(
        "ix_operations_active_resource",
        "operations",
        ["resource_type", "resource_key"],
        unique=True,
        sqlite_where=active,
        postgresql_where=active,
    )


def downgrade() -> None:
    op.drop_index("ix_operations_active_resource", table_name="operations")
    with op.batch_alter_table("operations") as batch:
        batch.drop_column("gateway_name")
        batch.drop_column("actor")
