"""Many rows at once, on both engines: what a batch of entries inserts and asks for."""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Column, ColumnElement, Dialect, Table, Text, bindparam, insert
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel import Session

from app.store.db import insert_or_leave


def insert_all(session: Session, into: Table, rows: Sequence[Mapping[str, object]], *, leave: bool = False) -> None:
    """Inserts rows that all have the same columns; with `leave`, those whose key is there stay as they are.

    By the driver's own executemany: what SQLAlchemy does with each value costs more than to insert it.
    """
    if rows:
        statement = insert_or_leave(session, into) if leave else _insert(into)
        text, names = _as_driven(session.get_bind().dialect, statement, tuple(rows[0]))
        given = list(map(itemgetter(*names), rows)) if names else list(rows)
        session.connection().exec_driver_sql(text, given)


@lru_cache
def _insert(into: Table) -> Any:
    return insert(into)


@lru_cache
def _as_driven(dialect: Dialect, statement: Any, columns: tuple[str, ...]) -> tuple[str, list[str]]:
    """The statement as the driver takes it, and the columns by position; none where it takes them by name."""
    compiled = statement.compile(dialect=dialect, column_keys=list(columns))
    return str(compiled), list(compiled.positiontup or ())


class _TextsOf(FunctionElement[str]):
    """The texts of a JSON list, as rows."""

    inherit_cache = True


@compiles(_TextsOf, "sqlite")
def _on_sqlite(element: _TextsOf, compiler: Any, **given: Any) -> str:
    return f"(SELECT value FROM json_each({compiler.process(element.clauses, **given)}))"  # noqa: S608 - a bound name


@compiles(_TextsOf, "postgresql")
def _on_postgresql(element: _TextsOf, compiler: Any, **given: Any) -> str:
    return f"(SELECT json_array_elements_text(CAST({compiler.process(element.clauses, **given)} AS json)))"


def among(column: Column[Any], name: str) -> ColumnElement[bool]:
    """True where `column` is one of the texts that are bound to `name` by `listed`.

    One value for any number of texts: the statement is built once, and no engine's limit of variables is met.
    """
    return column.op("IN", is_comparison=True)(_TextsOf(bindparam(name, type_=Text)))


def listed(texts: Iterable[str]) -> str:
    """Texts as `among` takes them."""
    return json.dumps(list(texts))
