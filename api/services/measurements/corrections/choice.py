"""What an act takes out, and why it cannot."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection

from api.domain.shared.exceptions import Conflict, InvalidInput, NotFound
from api.schemas import french
from api.schemas.corrections import CorrectionAct
from api.storage.measurements import import_log, undoing, withdrawals
from api.storage.measurements.imports import ImportStatus
from api.storage.measurements.withdrawals import Extent, StoredRow


class Chosen(NamedTuple):
    """What an act takes out."""

    kind: str
    which: ColumnElement[bool]
    import_id: int | None = None


def choose(connection: Connection, act: CorrectionAct) -> Chosen:
    """Return what an act takes out.

    Raises:
        NotFound: no such row or import.
        InvalidInput: a row without an hour cannot win over others.
        Conflict: the import is under way or was completed since.
    """
    if act.rows is not None:
        _known_rows(connection, act.rows)
        return Chosen("lignes", withdrawals.these(act.rows))
    if act.keep_row is not None:
        (row,) = _known_rows(connection, [act.keep_row])
        if row.measured_at is None:
            raise InvalidInput.single(
                "keep_row",
                "cette ligne n’a pas d’heure : plusieurs mesures d’un jour ne se contredisent pas. Retirez"
                " par leur numéro celles qui sont fausses.",
                act.keep_row,
            )
        if row.withdrawal is not None:
            raise Conflict(
                f"La ligne n° {row.id} est retirée (retrait n° {row.withdrawal}) : rétablissez-la d’abord."
            )
        return Chosen("choix", withdrawals.rivals_of(row))
    if act.keep_import is not None:
        _known_import(connection, act.keep_import)
        return Chosen("choix", withdrawals.rivals_of_import(act.keep_import), act.keep_import)
    import_id = act.undo_import or 0
    stored = _known_import(connection, import_id)
    if stored.status == ImportStatus.EN_COURS:
        raise Conflict(
            f"L’import n° {import_id} n’est pas terminé : attendez sa fin ou, s’il s’est arrêté, importez à"
            " nouveau son fichier, puis annulez-le."
        )
    later = undoing.completed_since(connection, import_id)
    if later is not None:
        raise Conflict(
            f"L’import n° {later} a complété ensuite des lignes que l’import n° {import_id} avait"
            f" complétées : annulez d’abord l’import n° {later}."
        )
    return Chosen("import", withdrawals.brought_by(import_id), import_id)


def _known_rows(connection: Connection, keys: list[int]) -> list[StoredRow]:
    rows = withdrawals.rows_by_key(connection, keys)
    unknown = sorted(set(keys) - {row.id for row in rows})
    if unknown:
        raise NotFound("Mesure", unknown[0], "Le parc n’a pas de ligne de ce numéro.")
    return rows


def _known_import(connection: Connection, import_id: int) -> import_log.StoredImport:
    stored = import_log.by_key(connection, import_id)
    if stored is None:
        raise NotFound("Import", import_id)
    return stored


def first_day(connection: Connection, chosen: Chosen, first: date | None) -> date | None:
    """Return the first day of which an act changes something; ``first`` is that of its rows."""
    if chosen.kind != "import" or chosen.import_id is None:
        return first
    return undoing.first_day_touched(connection, chosen.import_id)


def effect_words(chosen: Chosen, reach: Extent, days: int) -> str:
    """Say what an act would do."""
    what = f"{french.counted(reach.rows, 'ligne')} de {french.counted(reach.turbines, 'turbine')}"
    when = ""
    if reach.first is not None and reach.last is not None:
        when = (
            f", le {french.date(reach.first)},"
            if reach.first == reach.last
            else f", du {french.date(reach.first)} au {french.date(reach.last)},"
        )
    also = (
        " Ses étiquettes, ses visites annoncées et les capteurs qu’il avait ajoutés à d’autres lignes le sont"
        " aussi ; les étiquettes qu’il avait remplacées reviennent."
        if chosen.kind == "import"
        else ""
    )
    again = (
        f" {french.counted(days, 'jour publié')} à calculer à nouveau."
        if days
        else " Aucun jour publié à refaire."
    )
    verb = "serait retirée" if reach.rows < 2 else "seraient retirées"
    return f"{what}{when} {verb}, gardées en base et marquées.{also}{again}"
