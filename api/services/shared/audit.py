"""The audit trail: one function records an act; a service reads the entries and checks the chain."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection

from api.domain.shared.audit_chain import verify
from api.domain.shared.exceptions import ChangeMade, InvalidInput
from api.schemas import french
from api.schemas.audit import AuditEntry, AuditVerification
from api.schemas.common import Page
from api.schemas.vocabulary import AuditAction
from api.storage.shared import audit
from api.storage.shared.database import Database

COMMAND_LINE = "ligne de commande"
INSTALLATION = "installation"
_IDENTIFIER = re.compile(r"(compte|cle):\d+")
_PARTS = frozenset({COMMAND_LINE, INSTALLATION, "planification", "dossier de dépôt", "simulateur"})
_TOLD = 20  # the newest changes that are looked at
_ELSEWHERE = "autre"
# Days that no entry can have, and whose midnight some calendars cannot hold.
_EARLIEST, _LATEST = date(1970, 1, 1), date(9000, 1, 1)


def actor_of(by: str) -> str:
    """Return who acted, without a name: the number of an account or a key, or a part of the cockpit.

    Commands are signed with the operating system's account, which may be a person's name: it is left out.
    """
    if _IDENTIFIER.fullmatch(by) or by in _PARTS:
        return by
    return COMMAND_LINE if by.endswith(f"({COMMAND_LINE})") else _ELSEWHERE


def record(
    database: Database,
    connection: Connection,
    action: AuditAction,
    kind: str,
    key: object,
    *,
    by: str,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Add one act to the trail, in the transaction of the change itself: both are kept, or neither.

    Call it last in the transaction: until that ends, nobody else can record anything.

    Args:
        database: that ``connection`` writes to.
        connection: in the transaction of the change.
        action: what was done.
        kind: of the object, one word.
        key: identifier of the object.
        by: who asked.
        details: facts that JSON can hold; no name of a person, no secret, no free text.
    """
    database.lock(connection, "audit")
    audit.append(
        connection,
        # The real instant: a fixed COCKPIT_CLOCK must not put an act on another day.
        at=datetime.now(UTC),
        actor=actor_of(by),
        action=action.value,
        object_kind=kind,
        object_id=str(key)[:120],
        details=details or {},
    )


def changes_since(connection: Connection, kind: str, key: object, read: int) -> list[ChangeMade]:
    """Return the changes of an object after its version ``read``, oldest first; authors by identifier.

    Each entry of such an object names in its details the ``version`` that it made. A value may be kept
    as ``[before, after]`` under the name of its field; ``fields`` names those whose values are not kept.
    """
    where = audit.TrailFilter(object_kind=kind, object_id=str(key)[:120])
    _, rows = audit.page(connection, where, _TOLD, 0)
    changes = []
    for row in reversed(rows):
        details = json.loads(row.details)
        if details.pop("version", 0) > read:
            fields = dict.fromkeys(details.pop("fields", ()), (None, None))
            changes.append(ChangeMade(row.at, row.actor, fields | {n: tuple(v) for n, v in details.items()}))
    return changes


@dataclass(frozen=True)
class AuditQuery:
    """Which entries to show; days are those of Europe/Paris, both included."""

    actor: str | None = None
    action: AuditAction | None = None
    object_kind: str | None = None
    object_id: str | None = None
    first: date | None = None
    last: date | None = None
    limit: int = 100
    offset: int = 0


@dataclass(frozen=True)
class AuditService:
    """Reads the trail, checks that it is whole, and records acts that are made outside the database."""

    database: Database

    def page(self, query: AuditQuery) -> Page[AuditEntry]:
        """Return one page of entries, newest first.

        Raises:
            InvalidInput: the last day precedes the first.
        """
        if query.first is not None and query.last is not None and query.last < query.first:
            raise InvalidInput.single("to", "le dernier jour précède le premier.", query.last)
        where = audit.TrailFilter(
            actor=query.actor,
            action=query.action,
            object_kind=query.object_kind,
            object_id=query.object_id,
            since=None if query.first is None or query.first < _EARLIEST else _midnight(query.first),
            until=None
            if query.last is None or query.last > _LATEST
            else _midnight(query.last + timedelta(days=1)),
        )
        with self.database.read() as connection:
            total, rows = audit.page(connection, where, query.limit, query.offset)
        items = [AuditEntry(**{**row._mapping, "details": json.loads(row.details)}) for row in rows]
        return Page(total=total, items=items)

    def verify(self) -> AuditVerification:
        """Recompute the whole chain and name the first entry that does not fit."""
        with self.database.read() as connection:
            verdict = verify(audit.every_entry(connection), audit.end_of(connection))
        return AuditVerification(
            intact=verdict.broken_at is None,
            entries=verdict.entries,
            head=verdict.head,
            broken_at=verdict.broken_at,
            reason=verdict.reason or None,
        )

    def note(
        self,
        action: AuditAction,
        kind: str,
        key: object,
        *,
        by: str,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Record an act whose result is not in the database, such as a model put into the store."""
        with self.database.write() as connection:
            record(self.database, connection, action, kind, key, by=by, details=details)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), french.PARIS)
