"""The crews and figures of the last week plan."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from api.storage.tables import week_plan_inputs

_ROW = 1
_CREWS = "crews_given"  # JSON key: name of the crew, by number of the intervention


def inputs(connection: Connection) -> Row[Any] | None:
    """Return the inputs of the last plan; None before the first."""
    return connection.execute(select(week_plan_inputs).where(week_plan_inputs.c.id == _ROW)).one_or_none()


def remember(connection: Connection, values: Mapping[str, Any], *, by: str, now: datetime) -> None:
    """Store the inputs of a plan in place of the former ones; the crews of interventions stay."""
    stored = {**values, _CREWS: _assigned(inputs(connection))}
    connection.execute(delete(week_plan_inputs).where(week_plan_inputs.c.id == _ROW))
    connection.execute(insert(week_plan_inputs).values(id=_ROW, inputs=stored, saved_at=now, saved_by=by))


def crews_of(connection: Connection) -> dict[int, str]:
    """Return the crew of each intervention that an accepted plan created, by number of the intervention."""
    return {int(number): crew for number, crew in _assigned(inputs(connection)).items()}


def assign(connection: Connection, crews: Mapping[int, str], living: Collection[int]) -> None:
    """Record the crews of interventions, and forget those of interventions that have ended.

    Args:
        connection: to write with.
        crews: names, by number of the intervention.
        living: interventions that have not ended.
    """
    row = inputs(connection)
    if row is None:  # accepted without a plan of this installation: only the technician identifies the crew
        return
    known = {**_assigned(row), **{str(number): crew for number, crew in crews.items()}}
    assigned = {number: crew for number, crew in known.items() if int(number) in living}
    connection.execute(
        update(week_plan_inputs)
        .where(week_plan_inputs.c.id == _ROW)
        .values(inputs={**row.inputs, _CREWS: assigned})
    )


def _assigned(row: Row[Any] | None) -> dict[str, str]:
    return {} if row is None else dict(row.inputs.get(_CREWS, {}))
