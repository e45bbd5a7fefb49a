"""Drops a column with what was in it: there is no way back but a backup."""

from alembic import op

revision = "018"
down_revision = "017"


def upgrade() -> None:
    with op.batch_alter_table("gateways") as batch:
        batch.drop_column("description")


def downgrade() -> None:
    raise NotImplementedError("the descriptions of the gateways are gone; restore a backup taken before 018")
