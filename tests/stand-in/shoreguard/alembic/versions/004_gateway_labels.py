"""A description and labels for each gateway."""

import sqlalchemy as sa
from alembic import op

revision = "004"
down_revision = "003"


def upgrade() -> None:
    op.add_column("gateways", sa.Column("description", sa.Text))
    op.add_column("gateways", sa.Column("labels_json", sa.Text))


def downgrade() -> None:
    with op.batch_alter_table("gateways") as batch:
        batch.drop_column("labels_json")
        batch.drop_column("description")
