"""Sync that cannot lose: watermark, vouchers, relays, partial uploads, backups

Revision: 0002, after 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "backup",
        sa.Column("backup_id", sa.String(), nullable=False),
        sa.Column("epoch", sa.String(), nullable=False),
        sa.Column("made_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("verified_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("files", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("backup_id"),
    )
    op.create_table(
        "bundle",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("taken_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("sent_at_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("sha256"),
    )
    op.create_table(
        "relayed",
        sa.Column("entry_id", sa.String(), nullable=False),
        sa.Column("hub", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id"),
    )
    op.create_table(
        "thumbnail",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256"),
    )
    with op.batch_alter_table("thumbnail", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_thumbnail_scope"), ["scope"], unique=False)

    op.create_table(
        "upload",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("touched_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sha256"),
    )
    op.create_table(
        "upload_piece",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", "start"),
    )
    op.create_table(
        "voucher",
        sa.Column("signature", sa.String(), nullable=False),
        sa.Column("epoch", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("after", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("entry_ids", sa.Text(), nullable=False),
        sa.Column("is_old", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("signature"),
    )
    op.create_index("ix_voucher_scope_last", "voucher", ["scope", "last"], unique=False)
    op.add_column("scope_clock", sa.Column("chain", sa.LargeBinary(), nullable=True))
    op.add_column("feed", sa.Column("chain", sa.LargeBinary(), nullable=True))
    op.add_column("cursor", sa.Column("mark", sa.String(), server_default="", nullable=False))
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.add_column(sa.Column("thumbnail_sent_at_ms", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("durable_at_ms", sa.BigInteger(), nullable=True))
        batch_op.create_index(
            "ix_attachment_ways",
            [
                "sent_at_ms",
                "durable_at_ms",
                "thumbnail_sent_at_ms",
                "scope",
                "media_type",
                "size",
                "added_at_ms",
                "sha256",
            ],
        )

    with op.batch_alter_table("device", schema=None) as batch_op:
        batch_op.add_column(sa.Column("health", sa.Text(), server_default="{}", nullable=False))

    with op.batch_alter_table("stream", schema=None) as batch_op:
        batch_op.add_column(sa.Column("durable_seq", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("confirmed_seq", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("relayed_by", sa.String(), nullable=True))


def downgrade() -> None:
    for name, column in (("cursor", "mark"), ("feed", "chain"), ("scope_clock", "chain")):
        with op.batch_alter_table(name, schema=None) as batch_op:
            batch_op.drop_column(column)
    with op.batch_alter_table("stream", schema=None) as batch_op:
        batch_op.drop_column("relayed_by")
        batch_op.drop_column("confirmed_seq")
        batch_op.drop_column("durable_seq")

    with op.batch_alter_table("device", schema=None) as batch_op:
        batch_op.drop_column("health")

    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.drop_index("ix_attachment_ways")
        batch_op.drop_column("durable_at_ms")
        batch_op.drop_column("thumbnail_sent_at_ms")

    op.drop_index("ix_voucher_scope_last", table_name="voucher")
    op.drop_table("voucher")
    op.drop_table("upload_piece")
    op.drop_table("upload")
    with op.batch_alter_table("thumbnail", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_thumbnail_scope"))

    op.drop_table("thumbnail")
    op.drop_table("relayed")
    op.drop_table("bundle")
    op.drop_table("backup")
