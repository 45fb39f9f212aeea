"""Wipes: what a tablet removed and still may not read again; orders and receipts at central; how far feeds are durable

Revision: 0007, after 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "wiped_visit",
        sa.Column("visit_id", sa.String(), nullable=False),
        sa.Column("institution", sa.String(), nullable=False),
        sa.Column("visited_on", sa.String(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("visit_id"),
    )
    op.create_table(
        "wipe_told",
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("visit_id", sa.String(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("lost", sa.BigInteger(), nullable=False),
        sa.Column("told_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "visit_id", "at_ms"),
    )
    op.create_table(
        "wipe_order",
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("epoch", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("ordered_by", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ordered_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("handed_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("taken_back_at_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("order_id"),
    )
    with op.batch_alter_table("wipe_order", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_wipe_order_device_id"), ["device_id"], unique=False)
    for name in ("scope_clock", "cursor"):
        with op.batch_alter_table(name, schema=None) as batch_op:
            batch_op.add_column(sa.Column("durable", sa.BigInteger(), server_default="0", nullable=False))


def downgrade() -> None:
    for name in ("scope_clock", "cursor"):
        with op.batch_alter_table(name, schema=None) as batch_op:
            batch_op.drop_column("durable")
    op.drop_table("wipe_order")
    op.drop_table("wipe_told")
    op.drop_table("wiped_visit")
