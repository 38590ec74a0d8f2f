"""The audit trail: whole under concurrent writers, and broken by any change of any row."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, select, update

from api.domain.shared.audit_chain import GENESIS
from api.schemas.vocabulary import AuditAction
from api.services.shared.audit import AuditQuery, AuditService, actor_of, record
from api.storage.shared.database import Database
from api.storage.tables import audit_head, audit_trail

LENGTH = 7
COLUMNS = [column.name for column in audit_trail.columns]


def write(database: Database, number: int) -> None:
    with database.write() as connection:
        told = {"role": ["technicien", "manager"], "number": number, "share": 0.1 * number, "é": "à"}
        action = AuditAction.COMPTE_MODIFIE
        record(database, connection, action, "compte", number, by=f"compte:{number}", details=told)


class _Undone(Exception):
    """Ends a transaction that is to leave nothing."""


@contextmanager
def tampered(database: Database) -> Iterator[Connection]:
    """A connection whose changes can be read by others and are undone afterwards."""
    with database.read() as connection:
        kept = [row._asdict() for row in connection.execute(select(audit_trail))]
        end = [row._asdict() for row in connection.execute(select(audit_head))]
    try:
        with database.write() as connection:
            yield connection
    finally:
        with database.write() as connection:
            for table, rows in ((audit_trail, kept), (audit_head, end)):
                connection.execute(delete(table))
                connection.execute(table.insert(), rows)


@pytest.fixture
def trail(any_database: Database) -> Database:
    for number in range(1, LENGTH + 1):
        write(any_database, number)
    return any_database


def test_chain__is_the_one_that_anybody_can_recompute(trail: Database) -> None:
    last = GENESIS
    with trail.read() as connection:
        rows = connection.execute(select(audit_trail).order_by(audit_trail.c.id)).all()
    for number, row in enumerate(rows, start=1):
        content = {
            "action": "compte_modifie",
            "actor": f"compte:{number}",
            "at": row.at.isoformat(timespec="microseconds"),
            "details": row.details,
            "id": number,
            "object_id": str(number),
            "object_kind": "compte",
            "previous_hash": last,
        }
        text = json.dumps(content, separators=(",", ":"), sort_keys=True)
        assert json.loads(row.details)["number"] == number
        assert row.hash == hashlib.sha256(text.encode()).hexdigest()
        last = row.hash
    found = AuditService(trail).verify()
    assert (found.intact, found.entries, found.head, found.broken_at) == (True, LENGTH, last, None)


def other(value: Any) -> Any:
    """A value of the same kind that differs."""
    if isinstance(value, int):
        return value + 100
    if isinstance(value, str):
        return ("b" if value[:1] == "a" else "a") + value[1:]
    return value + timedelta(microseconds=1)


@pytest.mark.usefixtures("two_connections")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(number=st.integers(1, LENGTH), column=st.sampled_from(COLUMNS))
def test_altered_row__is_named(trail: Database, number: int, column: str) -> None:
    with tampered(trail) as connection:
        row = connection.execute(select(audit_trail).where(audit_trail.c.id == number)).one()
        news = {column: other(getattr(row, column))}
        connection.execute(update(audit_trail).where(audit_trail.c.id == number).values(**news))
        connection.commit()
        assert AuditService(trail).verify().broken_at == number
    assert AuditService(trail).verify().intact


@pytest.mark.usefixtures("two_connections")
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(numbers=st.sets(st.integers(1, LENGTH), min_size=1))
def test_deleted_rows__the_first_of_them_is_named(trail: Database, numbers: set[int]) -> None:
    with tampered(trail) as connection:
        connection.execute(delete(audit_trail).where(audit_trail.c.id.in_(numbers)))
        connection.commit()
        found = AuditService(trail).verify()
        assert (found.intact, found.broken_at) == (False, min(numbers))
        assert found.reason
    assert AuditService(trail).verify().intact


@pytest.mark.usefixtures("two_connections")
def test_rewritten_from_a_row_on__is_told_by_the_end_kept_apart(trail: Database) -> None:
    with tampered(trail) as connection:
        connection.execute(delete(audit_trail).where(audit_trail.c.id == LENGTH))
        connection.execute(update(audit_head).values(entry=LENGTH - 1, hash="0" * 64))
        connection.commit()
        assert AuditService(trail).verify().broken_at == LENGTH - 1


def test_concurrent_writers__make_one_chain(any_database: Database) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: write(any_database, number), range(40)))
    found = AuditService(any_database).verify()
    assert (found.intact, found.entries) == (True, 40)


def test_change_undone__leaves_no_entry(trail: Database) -> None:
    with pytest.raises(_Undone), trail.write() as connection:
        record(trail, connection, AuditAction.CLE_CREEE, "cle", 1, by="compte:1")
        raise _Undone
    found = AuditService(trail).verify()
    assert (found.intact, found.entries) == (True, LENGTH)


def test_empty_trail__is_whole(any_database: Database) -> None:
    found = AuditService(any_database).verify()
    assert (found.intact, found.entries, found.head) == (True, 0, None)


def test_page__newest_first_and_filtered(trail: Database) -> None:
    service = AuditService(trail)
    page = service.page(AuditQuery(limit=3, offset=1))
    assert page.total == LENGTH
    assert [entry.id for entry in page.items] == [LENGTH - 1, LENGTH - 2, LENGTH - 3]
    assert [entry.id for entry in service.page(AuditQuery(actor="compte:3")).items] == [3]
    assert [entry.id for entry in service.page(AuditQuery(object_kind="compte", object_id="5")).items] == [5]
    today = page.items[0].at.date()
    assert service.page(AuditQuery(first=today - timedelta(days=1))).total == LENGTH
    assert service.page(AuditQuery(last=today - timedelta(days=2))).total == 0
    assert service.page(AuditQuery(action=AuditAction.CLE_CREEE)).total == 0


@pytest.mark.parametrize(
    ("by", "told"),
    [
        ("compte:12", "compte:12"),
        ("cle:3", "cle:3"),
        ("installation", "installation"),
        ("ligne de commande", "ligne de commande"),
        ("jean.dupont (ligne de commande)", "ligne de commande"),
        ("Jean Dupont", "autre"),
        ("compte:12; DROP", "autre"),
    ],
)
def test_actor__never_a_name(by: str, told: str) -> None:
    assert actor_of(by) == told
