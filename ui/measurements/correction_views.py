"""Corrections turned into tables and sentences. No Streamlit, no HTTP."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from api.schemas import french
from api.schemas.common import principal_words
from api.schemas.corrections import ChosenRow, Contradiction, Withdrawal
from api.schemas.measurements import ImportSummary


def contradiction_words(waiting: Contradiction) -> str:
    """Name one contradiction: « turbine 5, le 14/08/2024 à 10:00 : Niveau de vibration (u.a.) »."""
    when = french.date(waiting.measured_at)
    labels = waiting.rows[0].labels
    return f"turbine {waiting.turbine_id}, le {when} : {', '.join(labels[name] for name in waiting.sensors)}"


def row_words(row: ChosenRow) -> str:
    """Name one row by its number, its origin and its values."""
    values = ", ".join(f"{name} : {value}" for name, value in _values(row).items())
    origin = "" if row.import_id is None else f", import n° {row.import_id}"
    return f"n° {row.measurement_id}{origin}. {values}"


def _values(row: ChosenRow) -> dict[str, str]:
    return {row.labels[name]: french.exact(value, 6) for name, value in sorted(row.values.items())}


def rows_frame(rows: Sequence[ChosenRow]) -> pd.DataFrame:
    """Tabulate the rows of a day; a withdrawn row says by which act."""
    return pd.DataFrame(
        [
            {
                "N°": str(row.measurement_id),
                "Mesurée le": french.date(row.measured_at or row.measured_on),
                "Import": french.NOTHING if row.import_id is None else f"n° {row.import_id}",
                "État": "vaut" if row.withdrawal is None else f"retirée (retrait n° {row.withdrawal})",
                **_values(row),
            }
            for row in rows
        ]
    ).fillna(french.NOTHING)


def acts_frame(acts: Sequence[Withdrawal]) -> pd.DataFrame:
    """Tabulate the acts, newest first."""
    return pd.DataFrame(
        [
            {
                "N°": str(act.withdrawal_id),
                "Acte": act_words(act),
                "Motif": act.reason,
                "Par": principal_words(act.withdrawn_by, act.withdrawn_by_name),
                "Le": french.date(act.withdrawn_at),
                "Rétabli": _restored(act),
            }
            for act in acts
        ]
    )


def act_words(act: Withdrawal) -> str:
    """Say what one act took out."""
    rows = french.counted(int(act.effect.get("rows", 0)), "ligne retirée")
    return f"import n° {act.import_id} annulé, {rows}" if act.kind == "import" else rows


def _restored(act: Withdrawal) -> str:
    if act.restored_at is None:
        return french.NOTHING
    return f"le {french.date(act.restored_at)} : {act.restored_reason}"


def done_words(act: Withdrawal) -> str:
    """Say what an act did, once it is done."""
    days = int(act.effect.get("days_to_score") or 0)
    again = f" {french.counted(days, 'jour')} à calculer à nouveau." if days else ""
    return f"Retrait n° {act.withdrawal_id} : {act_words(act)}.{again}"


def import_words(done: ImportSummary) -> str:
    """Name one import to undo."""
    rows = french.counted(done.inserted, "ligne ajoutée")
    return f"n° {done.import_id}, « {done.filename} », {french.date(done.started_at)}, {rows}"


def undoable(imports: Sequence[ImportSummary]) -> list[ImportSummary]:
    """Return the imports that a person may undo."""
    return [done for done in imports if done.status in {"termine", "interrompu"}]
