"""What a page says about the models behind a ranking, and about the history under way."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection, Row

from api.domain.park.standing import versions_of
from api.schemas import french
from api.schemas.common import Notice
from api.schemas.park import HistoryProgress
from api.services.models.in_force import BORROWED, InForce
from api.storage.shared import jobs

_REMEDY = (
    "Importez et activez les modèles du parc (page Modèles) : "
    "le classement et une année d’historique se calculent alors d’eux-mêmes."
)


def models_notices(run: Row[Any] | None, serving: InForce) -> list[Notice]:
    """Return what must be known of a ranking's models: another park's, or replaced since.

    Args:
        run: that was published; None where none is.
        serving: the versions in force.
    """
    if serving.borrowed:
        return [Notice(code="modeles_simules", field=None, message=f"{BORROWED} {_REMEDY}")]
    if run is None:
        return []
    used = versions_of(run.models)
    since = [row for row in serving.rows.values() if (row.name, row.version) not in used]
    if not since:
        return []
    named = " et ".join(f"{row.name} v{row.version}" for row in since)
    when = french.date(max(row.activated_at for row in since))
    activated = "activé" if len(since) == 1 else "activés"
    message = f"{named} : {activated} depuis ce classement, le {when}. Le prochain calcul s’en servira."
    return [Notice(code="modele_active_depuis", field=None, message=message)]


def history_progress(connection: Connection) -> HistoryProgress | None:
    """Return how far the recomputation of past days is; None where none is asked for."""
    under_way = jobs.under_way(connection, jobs.HISTORY)
    if not under_way:
        return None
    job = under_way[0]
    first, last = (date.fromisoformat(job.payload[name]) for name in ("first", "last"))
    return HistoryProgress(first=first, last=last, done=job.done or 0, total=(last - first).days + 1)
