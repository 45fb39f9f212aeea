"""The tables of wiping, migrated like those of `tables.py`, and local like its local ones."""

from typing import Any

from sqlalchemy import BigInteger, Column, LargeBinary, Text
from sqlmodel import Field, SQLModel


def _ms(nullable: bool = False, primary_key: bool = False) -> Any:
    column = Column(BigInteger, nullable=nullable, primary_key=primary_key, autoincrement=False)
    return Field(default=None if nullable else 0, sa_column=column)


class WipedVisitRow(SQLModel, table=True):
    """A visit that this device has removed: no word of it, only what its team needs to be told that, and central needs
    to know so that it does not give it again. `team`: a JSON list of persons."""

    __tablename__ = "wiped_visit"
    visit_id: str = Field(primary_key=True)
    institution: str
    visited_on: str
    team: str = Field(sa_column=Column(Text, nullable=False))
    at_ms: int = _ms()


class WipeToldRow(SQLModel, table=True):
    """At central: what a device says that it removed. `visit_id`: empty for everything. `why`: see `domain.wiping`.

    `at_ms` is by its clock; `who`: the person who pressed the button, or who signed the order; `lost`: entries that had
    not been sent.
    """

    __tablename__ = "wipe_told"
    device_id: str = Field(primary_key=True)
    visit_id: str = Field(primary_key=True)
    at_ms: int = _ms(primary_key=True)
    why: str
    who: str
    lost: int = _ms()
    told_at_ms: int = _ms()


class WipeOrderRow(SQLModel, table=True):
    """At central: an order to a device to destroy all that it holds. `text` and `signature`: see `domain.wiping`.

    `handed_at_ms`: an answer with it went out; `confirmed_at_ms`: the device said that it does so.
    """

    __tablename__ = "wipe_order"
    order_id: str = Field(primary_key=True)
    device_id: str = Field(index=True)
    epoch: str
    text: str = Field(sa_column=Column(Text, nullable=False))
    signature: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    ordered_by: str
    reason: str = Field(sa_column=Column(Text, nullable=False))
    ordered_at_ms: int = _ms()
    handed_at_ms: int | None = _ms(nullable=True)
    confirmed_at_ms: int | None = _ms(nullable=True)
    taken_back_at_ms: int | None = _ms(nullable=True)
