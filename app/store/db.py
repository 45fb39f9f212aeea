"""Engines, pragmas and transactions: SQLCipher on devices, SQLite or PostgreSQL at central."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, Table, create_engine, event, text
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import QueuePool
from sqlmodel import Session

from app.errors import CipherMissing, DiskFull, NotEncrypted, WrongKey
from app.store.folder import make_private

DATABASE_NAME: Final = "baqylau.db"
OLDEST_SQLITE: Final = (3, 51, 3)  # 3.51.2 and before can lose a WAL reset; see design, section 6
BUSY_TIMEOUT_MS: Final = 10_000
REWRITE_TIMEOUT_MS: Final = 300  # it can be done later, and whoever saves an answer must not wait for it
# hide_parameters: an exception of the database would repeat the row, and end in a log.
POOL: Final[dict[str, Any]] = {"pool_size": 8, "max_overflow": 24, "hide_parameters": True}


class Database:
    """One node's database. `read()` and `write()` are the only ways in."""

    def __init__(self, engine: Engine, folder: Path | None = None) -> None:
        self.engine = engine
        self.folder = folder  # where its file lies; None for a server's
        self.node: Any = None  # the Node whose database this is; put in by store.node

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for questions; whatever it did is rolled back at the end."""
        with Session(self.engine, info={"node": self.node}) as session:
            session.info["read_only"] = True
            try:
                yield session
            finally:
                session.rollback()

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction: return = commit, raise = roll back. A full disk is said in a sentence."""
        with Session(self.engine, info={"node": self.node, "write": True}, expire_on_commit=False) as session:
            try:
                if self.is_sqlite:
                    # Takes the write lock at once: two writers wait in line instead of failing at the first UPDATE.
                    session.connection(execution_options={"baqylau_begin": "IMMEDIATE"})
                yield session
                session.commit()
            except OperationalError as error:
                session.rollback()
                raise in_words(error) from error
            except BaseException:
                session.rollback()
                raise

    def checkpoint(self) -> None:
        """Folds SQLite's write-ahead log into the file: before an integrity check, and at a clean stop."""
        if self.is_sqlite:
            with self.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def rewrite(self) -> bool:
        """Writes the file anew without what was deleted, and empties the write-ahead log: `secure_delete` alone leaves
        copies where SQLite moved rows between pages. False when somebody reads or writes just now. SQLite only."""
        pooled = self.engine.raw_connection()
        connection: Any = pooled.driver_connection
        try:
            connection.execute(f"PRAGMA busy_timeout = {REWRITE_TIMEOUT_MS}")
            connection.execute("VACUUM")
            return not connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        except connection.OperationalError as error:
            if "locked" in str(error) or "busy" in str(error):
                return False
            raise in_words(OperationalError("VACUUM", None, error)) from error
        finally:
            connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
            pooled.close()

    def close(self) -> None:
        self.engine.dispose()


def open_sqlite(folder: Path, key: bytes | None) -> Database:
    """The SQLite database in `folder`, made when absent. `key`: 32 bytes for SQLCipher, None for a plain file.

    Raises NotEncrypted when a plain file lies where an encrypted one should, WrongKey when the key does not open it,
    CipherMissing when this build has no cipher or too old an SQLite. It never falls back to a plain database.
    """
    make_private(folder)
    path = folder / DATABASE_NAME
    module: Any = sqlite3
    if key is not None:
        module = _cipher_module()
        _refuse_plain(path)

    def connect() -> Any:
        wait_s = BUSY_TIMEOUT_MS / 1000
        connection = module.connect(str(path), isolation_level=None, check_same_thread=False, timeout=wait_s)
        _prepare(connection, key)
        return connection

    engine = create_engine("sqlite://", module=module, creator=connect, poolclass=QueuePool, **POOL)
    _use_explicit_begin(engine)
    _require_readable(engine, folder)
    return Database(engine, folder)


def _require_readable(engine: Engine, folder: Path) -> None:
    """The first look into the file: a wrong key shows here."""
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT count(*) FROM sqlite_master"))
    except OperationalError as error:
        raise in_words(error) from error
    except DatabaseError as error:
        raise WrongKey(folder=str(folder)) from error


def open_postgresql(url: str) -> Database:
    """The PostgreSQL database behind an SQLAlchemy URL."""
    return Database(create_engine(url, pool_pre_ping=True, **POOL))


def insert_or_leave(session: Session, into: Table) -> Any:
    """An INSERT that leaves a row whose key is there: two transactions that make the same row wait, and do not fail."""
    return _insert_or_leave(session.get_bind().dialect.name, into)


@lru_cache
def _insert_or_leave(dialect: str, into: Table) -> Any:
    return _insert_of(dialect)(into).on_conflict_do_nothing()


def insert_or_lock(session: Session, into: Table) -> Any:
    """An INSERT that, where a row with this key is there, locks it and leaves it as it is; either way it returns the
    row. One statement instead of two, on both engines."""
    return _insert_or_lock(session.get_bind().dialect.name, into)


@lru_cache
def _insert_or_lock(dialect: str, into: Table) -> Any:
    statement = _insert_of(dialect)(into)
    same = next(column for column in into.columns if not column.primary_key)
    unchanged = {same.name: same}  # PostgreSQL locks a row that it updates, and returns only such rows
    keys = list(into.primary_key.columns)
    return statement.on_conflict_do_update(index_elements=keys, set_=unchanged).returning(*into.columns)


def _insert_of(dialect: str) -> Any:
    if dialect == "sqlite":
        return sqlite_insert
    from sqlalchemy.dialects.postgresql import insert  # its drivers are large, and a tablet needs none of them

    return insert


def _cipher_module() -> Any:
    import sqlcipher3.dbapi2 as cipher

    version = cipher.sqlite_version_info
    probe = cipher.connect(":memory:")
    row = probe.execute("PRAGMA cipher_version").fetchone()
    probe.close()
    if not row or not row[0] or version < OLDEST_SQLITE:
        raise CipherMissing(found=f"SQLite {cipher.sqlite_version}, cipher {row[0] if row else '-'}")
    return cipher


def _refuse_plain(path: Path) -> None:
    if not path.exists():
        return
    with open(path, "rb") as file:
        if file.read(15) == b"SQLite format 3":
            raise NotEncrypted(folder=str(path.parent))


def _prepare(connection: Any, key: bytes | None) -> None:
    if key is not None:
        connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        connection.execute("PRAGMA cipher_log_level = NONE")
        connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA journal_mode = WAL")
    # FULL, not NORMAL: a tablet that loses power must not lose the last tap (reliability.md section 3).
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")


def _use_explicit_begin(engine: Engine) -> None:
    """SQLite's driver would begin by itself, and leave DDL outside; see design, section 7 fact 3."""

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        kind = connection.get_execution_options().get("baqylau_begin", "DEFERRED")
        connection.exec_driver_sql(f"BEGIN {kind}")


def in_words(error: OperationalError) -> Exception:
    """A full disk as DiskFull; anything else as it is."""
    return DiskFull() if "disk is full" in str(error) or "disk I/O" in str(error) else error
