"""Which backups of central count: those that were restored into scratch and verified (design 5.5)."""

from sqlalchemy import select
from sqlmodel import Session

from app.store.tables import BackupRow, table

BACKUP = table(BackupRow)


def newest(session: Session, epoch: str) -> str:
    """The id of the newest verified backup of an epoch; empty when there is none."""
    statement = select(BACKUP.c.backup_id).where(BACKUP.c.epoch == epoch).order_by(BACKUP.c.verified_at_ms.desc())
    return session.execute(statement.limit(1)).scalar_one_or_none() or ""
