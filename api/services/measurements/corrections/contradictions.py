"""Finds the rows that contradict another one of the same turbine and instant, at preview and at import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from api.domain.measurements.measurements import Clash, clashes, contradiction_words
from api.domain.measurements.rows import CellProblem, MeasurementRow
from api.schemas import french
from api.storage.measurements import contradictions
from api.storage.measurements.contradictions import RowAtInstant


@dataclass(frozen=True, slots=True)
class _Sent:
    """A row of the file, or a stored one where ``line`` is 0."""

    line: int
    values: Mapping[str, float | int]
    where: str


def of_new_rows(
    connection: Connection, lines: Mapping[int, int], days: Sequence[tuple[int, str]], import_id: int | None
) -> list[tuple[int, CellProblem]]:
    """Return line and problem of each row just stored that contradicts another, and remember the instants.

    Args:
        connection: in the transaction that stored them.
        lines: line in the file by key, of the rows just stored.
        days: turbine key and ISO day of those with an hour.
        import_id: the import under way.
    """
    rows = contradictions.rows_with_hour(connection, contradictions.several_rows(connection, days))
    contradicting = [
        entry
        for entry in clashes(((row.turbine, row.measured_at), row) for row in rows)
        if entry[0].id in lines
    ]
    contradictions.note(connection, [row for row, _other, _difference in contradicting])
    return [
        (lines[row.id], _problem(difference, _where(other, lines, import_id)))
        for row, other, difference in contradicting
    ]


def of_previewed_rows(
    connection: Connection, rows: Sequence[tuple[int, MeasurementRow]], turbines: Mapping[str, int]
) -> list[tuple[int, CellProblem]]:
    """Return line and problem of each row of a file that contradicts a stored one or an earlier line."""
    with_hour = [(line, row) for line, row in rows if row.measured_at is not None]
    days = {
        (turbines[row.turbine_id], row.measured_on.isoformat())
        for _line, row in with_hour
        if row.turbine_id in turbines
    }
    names = {key: name for name, key in turbines.items()}
    stored = [
        ((names[row.turbine], row.measured_at), _Sent(0, row.values, _where(row, {}, None)))
        for row in contradictions.rows_with_hour(connection, list(days))
    ]
    sent = [
        ((row.turbine_id, row.measured_at), _Sent(line, row.values, _above(line))) for line, row in with_hour
    ]
    return [
        (row.line, _problem(difference, other.where))
        for row, other, difference in clashes([*stored, *sent])
        if row.line
    ]


def _where(row: RowAtInstant, lines: Mapping[int, int], import_id: int | None) -> str:
    if row.id in lines:
        return _above(lines[row.id])
    if row.import_id is not None and row.import_id == import_id:
        return "plus haut dans ce fichier"
    return "déjà enregistrée" + ("" if row.import_id is None else f" par l’import n° {row.import_id}")


def _above(line: int) -> str:
    return f"à la ligne {line} de ce fichier"


def _problem(difference: Clash, where: str) -> CellProblem:
    return CellProblem(
        difference.sensor, french.exact(difference.second, 6), contradiction_words(difference, where)
    )
