"""Keys that expire, and the prefix to recognise them by."""

import sqlalchemy as sa
from alembic import op

revision = "006"
down_revision = "005"


def upgrade() -> None:
    op.add_column("service_principals", sa.Column("key_prefix", sa.String(12)))
    op.add_column("service_principals", sa.Column("expires_at", sa.DateTime))


def downgrade() -> None:
    with op.batch_alter_table("service_principals") as batch:
        batch.drop_column("expires_at")
        batch.drop_column("key_prefix")
