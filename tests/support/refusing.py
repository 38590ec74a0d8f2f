"""A table that refuses a kind of statement, on either database, to simulate an unexpected fault."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from api.storage.shared.database import Database


@contextmanager
def refusing(database: Database, event: str, table: str) -> Iterator[None]:
    """Make every ``event`` (INSERT, UPDATE or DELETE) on ``table`` fail until the block ends."""
    trigger = f"CREATE TRIGGER refusal BEFORE {event} ON {table}"
    if database.is_sqlite:
        made = [f"{trigger} BEGIN SELECT RAISE(ABORT, 'refused'); END"]
        undone = ["DROP TRIGGER refusal"]
    else:
        body = "BEGIN RAISE EXCEPTION 'refused'; END"
        made = [
            f"CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$",
            f"{trigger} FOR EACH ROW EXECUTE FUNCTION refuse()",
        ]
        undone = [f"DROP TRIGGER refusal ON {table}", "DROP FUNCTION refuse()"]
    _run(database, made)
    try:
        yield
    finally:
        _run(database, undone)


def _run(database: Database, statements: list[str]) -> None:
    with database.write() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
