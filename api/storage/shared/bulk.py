"""Many rows at once: inserted straight through the driver, or passed as a table to join with."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    FromClause,
    Integer,
    String,
    Table,
    bindparam,
    cast,
    func,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB

from api.storage.types import Json

# An index on hashes is written everywhere at once: with SQLite's 2 MB each row would go to disk.
_CACHE_KIB = 65_536


def prepare(connection: Connection) -> None:
    """Give a SQLite connection the memory that large imports need."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA cache_size = -{_CACHE_KIB}")


def insert_rows(
    connection: Connection,
    table: Table,
    names: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
    *,
    unless_known: bool = False,
) -> int:
    """Insert tuples without the cost of typed parameters and return how many were inserted.

    Args:
        connection: inside the caller's transaction.
        table: to insert into.
        names: columns, in the order of the tuples.
        rows: values as :func:`driver_day` and :func:`driver_instant` return them; JSON columns as JSON text.
        unless_known: leave out rows that a unique constraint refuses.
    """
    if not rows:
        return 0
    sqlite = connection.dialect.name == "sqlite"
    quote = connection.dialect.identifier_preparer.quote
    marks = ["?" if sqlite else "%s::jsonb" if table.c[name].type is Json else "%s" for name in names]
    sql = (
        f"INSERT INTO {quote(table.name)} ({', '.join(map(quote, names))}) VALUES ({', '.join(marks)})"  # noqa: S608
        + (" ON CONFLICT DO NOTHING" if unless_known else "")
    )  # the names are the tables' own: no received text stands in this statement
    return connection.exec_driver_sql(sql, list(rows)).rowcount


def insert_columns(connection: Connection, table: Table, columns: Mapping[str, Sequence[Any]]) -> None:
    """Insert rows given by column as :func:`insert_rows` does, with days and JSON converted.

    Args:
        connection: inside the caller's transaction.
        table: to insert into; it must have no column of instants.
        columns: the values of each, as many as there are rows.
    """
    driven = [_as_driven(connection, table, name, values) for name, values in columns.items()]
    insert_rows(connection, table, list(columns), list(zip(*driven, strict=True)))


def _as_driven(connection: Connection, table: Table, name: str, values: Sequence[Any]) -> Sequence[object]:
    kind = table.c[name].type
    if kind is Json:
        return [None if value is None else json.dumps(value) for value in values]
    if isinstance(kind, Date):
        days = {day: driver_day(connection, day) for day in set(values) if day is not None}
        return [days.get(day) for day in values]
    return values


def driver_day(connection: Connection, day: date) -> object:
    """Return a day as the driver takes it."""
    return day.isoformat() if connection.dialect.name == "sqlite" else day


def driver_instant(connection: Connection, at: datetime | None) -> object:
    """Return an instant as the driver takes it; the text is that of :class:`api.storage.types.Utc`."""
    if at is None or connection.dialect.name != "sqlite":
        return at
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def rows_as_table(
    connection: Connection, rows: Sequence[Sequence[object]], types: Sequence[Integer | String | Date]
) -> tuple[FromClause, list[ColumnElement[Any]]]:
    """Return tuples from Python as a table to join with, and its columns.

    One JSON text carries them: a row-value ``IN`` makes SQLite scan the whole index, and thousands of bound
    values cost more to compile than to look up.
    """
    text = bindparam("given_rows", json.dumps(rows), String())
    if connection.dialect.name == "sqlite":
        table = func.json_each(text).table_valued("value", name="given")
        return table, [
            type_coerce(func.json_extract(table.c.value, f"$[{index}]"), kind)
            for index, kind in enumerate(types)
        ]
    table = func.jsonb_array_elements(cast(text, JSONB)).table_valued("value", name="given")
    return table, [
        cast(func.jsonb_extract_path_text(table.c.value, str(index)), kind)
        for index, kind in enumerate(types)
    ]
