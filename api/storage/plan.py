"""The crews and figures last used to plan a week."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from api.storage.tables import week_plan_inputs

_ROW = 1
_CREWS = "crews_given"  # name of the crew, by number of the intervention


def inputs(connection: Connection) -> Row[Any] | None:
    """What was last used, None before the first plan."""
    return connection.execute(select(week_plan_inputs).where(week_plan_inputs.c.id == _ROW)).one_or_none()


def remember(connection: Connection, values: Mapping[str, Any], *, by: str, now: datetime) -> None:
    """Keep what was used, in place of the former; which crew was given what stays."""
    kept = {**values, _CREWS: _sent(inputs(connection))}
    connection.execute(delete(week_plan_inputs).where(week_plan_inputs.c.id == _ROW))
    connection.execute(insert(week_plan_inputs).values(id=_ROW, inputs=kept, saved_at=now, saved_by=by))


def crews_of(connection: Connection) -> dict[int, str]:
    """For which crew the accepted plans set interventions out, by number of the intervention."""
    return {int(number): crew for number, crew in _sent(inputs(connection)).items()}


def give(connection: Connection, crews: Mapping[int, str], living: Collection[int]) -> None:
    """Note for which crews interventions were set out, and forget those that have ended.

    Args:
        connection: to write with.
        crews: names, by number of the intervention.
        living: interventions that have not ended.
    """
    row = inputs(connection)
    if row is None:  # accepted without a plan of this installation: the technician alone tells the crew
        return
    known = {**_sent(row), **{str(number): crew for number, crew in crews.items()}}
    sent = {number: crew for number, crew in known.items() if int(number) in living}
    connection.execute(
        update(week_plan_inputs)
        .where(week_plan_inputs.c.id == _ROW)
        .values(inputs={**row.inputs, _CREWS: sent})
    )


def _sent(row: Row[Any] | None) -> dict[str, str]:
    return {} if row is None else dict(row.inputs.get(_CREWS, {}))
