"""Users who sign in through an identity provider."""

import sqlalchemy as sa
from alembic import op

revision = "012"
down_revision = "011"


def upgrade() -> None:
    op.add_column("users", sa.Column("oidc_provider", sa.String(100)))
    op.add_column("users", sa.Column("oidc_sub", sa.String(255)))
    op.create_index("uq_user_oidc", "users", ["oidc_provider", "oidc_sub"], unique=True)


def downgrade() -> None:
    op.drop_index("uq_user_oidc", table_name="users")
    with op.batch_alter_table("users") as batch:
        batch.drop_column("oidc_sub")
        batch.drop_column("oidc_provider")
