"""Corrections: a person chooses which value stands, takes rows out or undoes an import, with a reason.

Rows taken out stay stored, marked by the act. The days that rested on them are scored again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import combinations
from typing import Any, Protocol

from sqlalchemy import Connection, Row

from api.domain.measurements.measurements import canonical_turbine_id, clash
from api.domain.measurements.sensors import Sensor, SensorCatalogue
from api.domain.shared.exceptions import Conflict, NotFound
from api.schemas.common import Page
from api.schemas.corrections import ChosenRow, Contradiction, CorrectionAct, CorrectionEffect, Withdrawal
from api.schemas.measurements import titled
from api.schemas.vocabulary import AuditAction
from api.services.measurements.corrections.choice import choose, effect_words, first_day
from api.services.shared.audit import record
from api.storage.measurements import contradictions, imports, ingestion, undoing, withdrawals
from api.storage.measurements.withdrawals import StoredRow
from api.storage.shared import bulk
from api.storage.shared.database import Database

_ACTIONS = {
    "lignes": AuditAction.MESURES_RETIREES,
    "choix": AuditAction.CONTRADICTION_TRANCHEE,
    "import": AuditAction.IMPORT_ANNULE,
}


class Rescoring(Protocol):
    """Scores published days again."""

    def days_from(self, connection: Connection, first: date) -> int:
        """Count the published days from ``first`` on."""

    def ask(self, connection: Connection, first: date, *, by: str) -> int:
        """Have the published days from ``first`` on scored again; return how many."""


@dataclass(frozen=True)
class Corrections:
    """Lists what may be corrected, and corrects."""

    database: Database
    now: Callable[[], datetime]
    rescoring: Rescoring
    sensors: SensorCatalogue

    def rows(self, turbine_id: str, day: date) -> list[ChosenRow]:
        """Return all rows of a turbine's day, those taken out included."""
        with self.database.read() as connection:
            rows = withdrawals.rows_of_day(connection, canonical_turbine_id(turbine_id), day)
        return _chosen_rows(rows, self.sensors())

    def contradictions(self, limit: int, offset: int = 0) -> Page[Contradiction]:
        """Return one page of the contradictions that wait for a choice, newest instant first."""
        with self.database.read() as connection:
            total, instants = contradictions.open_instants(connection, limit, offset)
            days = [(instant.turbine, instant.measured_on.isoformat()) for instant in instants]
            rows = contradictions.rows_with_hour(connection, list(dict.fromkeys(days)))
        by_instant = defaultdict(list)
        for row in rows:
            by_instant[row.turbine, row.measured_at].append(row)
        items, sensors = [], self.sensors()
        for instant in instants:
            own = by_instant[instant.turbine, instant.measured_at]
            differences = (clash(*pair) for pair in combinations(own, 2))
            stored = [
                StoredRow(
                    row.id,
                    instant.turbine_id,
                    row.measured_on,
                    row.measured_at,
                    row.values,
                    row.import_id,
                    None,
                )
                for row in own
            ]
            items.append(
                Contradiction(
                    turbine_id=instant.turbine_id,
                    measured_at=instant.measured_at,
                    sensors=sorted({each.sensor for each in differences if each is not None}),
                    rows=_chosen_rows(stored, sensors),
                )
            )
        return Page(total=total, items=items)

    def acts(self, limit: int, offset: int = 0) -> Page[Withdrawal]:
        """Return one page of the acts, newest first."""
        with self.database.read() as connection:
            total, rows = withdrawals.newest(connection, limit, offset)
        return Page(total=total, items=[_withdrawal(row) for row in rows])

    def preview(self, act: CorrectionAct) -> CorrectionEffect:
        """Return what an act would take out; nothing is written.

        Raises:
            NotFound: no such row or import.
            Conflict: the act makes no sense now, with the reason.
        """
        with self.database.read() as connection:
            chosen = choose(connection, act)
            reach = withdrawals.extent(connection, chosen.which)
            first = first_day(connection, chosen, reach.first)
            days = 0 if first is None else self.rescoring.days_from(connection, first)
        return CorrectionEffect(
            kind=chosen.kind,
            rows=reach.rows,
            turbines=reach.turbines,
            first_day=reach.first,
            last_day=reach.last,
            days_to_score=days,
            sentence=effect_words(chosen, reach, days),
        )

    def carry_out(self, act: CorrectionAct, reason: str, *, by: str) -> Withdrawal:
        """Take out what the act names, and have the affected days scored again.

        Undoing an import that is undone already returns the first act.

        Raises:
            NotFound: no such row or import.
            Conflict: nothing is left to take out, or a later act rests on it.
        """
        with self.database.write() as connection:
            bulk.prepare(connection)
            self.database.lock(connection, ingestion.LOCK)
            if act.undo_import and (done := withdrawals.undoing_of(connection, act.undo_import)) is not None:
                return _withdrawal(done)
            chosen = choose(connection, act)
            reach = withdrawals.extent(connection, chosen.which)
            if not reach.rows and chosen.kind != "import":
                raise Conflict("Rien à retirer : ces lignes ne valent déjà plus, ou rien ne les contredit.")
            first = first_day(connection, chosen, reach.first)
            facts: dict[str, Any] = {
                "kind": chosen.kind,
                "import_id": chosen.import_id,
                "reason": reason.strip(),
                "withdrawn_by": by,
                "withdrawn_at": self.now(),
                "effect": {},
            }
            key = withdrawals.add(connection, facts)
            withdrawals.withdraw(connection, chosen.which, key)
            effect: dict[str, Any] = {
                "rows": reach.rows,
                "turbines": reach.turbines,
                "first_day": reach.first and reach.first.isoformat(),
                "last_day": reach.last and reach.last.isoformat(),
            }
            if chosen.kind == "import" and chosen.import_id is not None:
                effect |= self._undo(connection, chosen.import_id, key, by)
            undoing.archive_unfounded_runs(connection, self.now())
            effect["days_to_score"] = 0 if first is None else self.rescoring.ask(connection, first, by=by)
            withdrawals.change(connection, key, effect=effect)
            self._record(connection, _ACTIONS[chosen.kind], key, by, effect, chosen.import_id)
            return _withdrawal(withdrawals.get(connection, key))

    def _undo(self, connection: Connection, import_id: int, key: int, by: str) -> dict[str, int]:
        """Take back all else that an import brought; return how much of each."""
        effect = {
            "labels": undoing.take_labels_back(connection, import_id, key, at=self.now(), by=by),
            "completed": undoing.take_completions_back(connection, import_id),
            "visits": undoing.drop_visits(connection, import_id),
            "turbines_archived": undoing.archive_emptied_turbines(connection, import_id, self.now()),
        }
        withdrawals.free_identities(connection, key)
        imports.undo(connection, import_id)
        return effect

    def restore(self, withdrawal_id: int, reason: str, *, by: str) -> Withdrawal:
        """Let the rows of an act stand again; twice changes nothing.

        Raises:
            NotFound: no such act.
            Conflict: an undone import, which comes back by importing its file.
        """
        with self.database.write() as connection:
            self.database.lock(connection, ingestion.LOCK)
            act = withdrawals.get(connection, withdrawal_id)
            if act is None:
                raise NotFound("Retrait", withdrawal_id)
            if act.kind == "import":
                raise Conflict(
                    "Un import annulé ne se rétablit pas : importez à nouveau son fichier, ses lignes,"
                    " étiquettes et visites reviennent."
                )
            if act.restored_at is not None:
                return _withdrawal(act)
            withdrawals.stand_again(connection, withdrawal_id)
            facts = {"restored_by": by, "restored_at": self.now(), "restored_reason": reason.strip()}
            withdrawals.change(connection, withdrawal_id, **facts)
            first = act.effect.get("first_day")
            days = self.rescoring.ask(connection, date.fromisoformat(first), by=by) if first else 0
            details = {"rows": act.effect.get("rows", 0), "days_to_score": days}
            self._record(connection, AuditAction.MESURES_RETABLIES, withdrawal_id, by, details, None)
            return _withdrawal(withdrawals.get(connection, withdrawal_id))

    def _record(
        self,
        connection: Connection,
        action: AuditAction,
        key: int,
        by: str,
        effect: dict[str, Any],
        import_id: int | None,
    ) -> None:
        details = effect if import_id is None else {**effect, "import": import_id}
        record(self.database, connection, action, "retrait", key, by=by, details=details)


def _chosen_rows(rows: Iterable[StoredRow], sensors: Mapping[str, Sensor]) -> list[ChosenRow]:
    labels = {name: titled(sensor.label, sensor.unit) for name, sensor in sensors.items()}
    return [
        ChosenRow(
            measurement_id=row.id,
            labels={name: labels.get(name, name) for name in row.values},
            **{name: value for name, value in row._asdict().items() if name != "id"},
        )
        for row in rows
    ]


def _withdrawal(row: Row[Any] | None) -> Withdrawal:
    assert row is not None  # noqa: S101 - read in the transaction that wrote it
    return Withdrawal(**{**row._mapping, "withdrawal_id": row.id})
