"""Supervision: does the cockpit run, do the scorings go well, is the alert level unusual?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from api.domain.operations import MIN_HISTORY, alert_level
from api.domain.plausibility.finding_counts import turbines_by_code
from api.domain.shared.exceptions import DatabaseUnavailable
from api.schemas import french
from api.schemas.common import Notice
from api.schemas.findings import finding_label
from api.schemas.park import ParkDay, Run, stale_words
from api.schemas.supervision import (
    AlertDay,
    Check,
    Component,
    FindingTrend,
    FindingTrends,
    State,
    Supervision,
)
from api.schemas.vocabulary import ALERT
from api.services.measurements.refusals import refusal_notices
from api.services.models.active_models import ActiveModelsSource
from api.services.models.in_force import BORROWED
from api.services.operations.calls import call_statistics
from api.services.park.calendar import ParkCalendar
from api.services.park.view import ParkViewService
from api.settings import Settings
from api.storage.park.scores import findings_of
from api.storage.shared import jobs, published
from api.storage.shared.database import Database

PERIOD = timedelta(hours=24)
HISTORY = 30  # days of alert level shown
RECENT_RUNS = 10
_GRAVITY: list[State] = ["erreur", "inconnu", "attention", "ok"]


@dataclass(frozen=True)
class SupervisionService:
    """Reads the state of the components and describes it in French."""

    settings: Settings
    database: Database
    models: ActiveModelsSource
    view: ParkViewService
    calendar: ParkCalendar
    now: Callable[[], datetime]

    def state(self) -> Supervision:
        """Return the content of the supervision page."""
        components = self.components()
        recent = self.view.recent_runs(RECENT_RUNS)
        days = self.view.history(None, None)[-HISTORY:]
        last = self.view.last_ended_attempt()
        if last is not None and last.run_id not in {run.run_id for run in recent}:
            recent = [*recent[:-1], last]  # recomputed past days came since
        since = self.now() - PERIOD
        with self.database.read() as connection:
            refused = refusal_notices(connection, self.now())
            calls = call_statistics(connection, since)
            findings = _trends(connection)
            next_run = self.calendar.next_run(connection)
        checks = [_runs_at_all(components), _scorings_go_well(last), _alert_level(days), _files(refused)]
        return Supervision(
            checked_at=self.now(),
            version=self.settings.version,
            state=_worst([check.state for check in checks]),
            checks=checks,
            components=components,
            calls=calls,
            last_runs=recent,
            alert_history=[AlertDay(as_of=day.as_of, counts=day.counts) for day in days],
            next_run_at=next_run.at,
            next_run=next_run.words,
            findings=findings,
        )

    def components(self) -> list[Component]:
        """Return each component with its state."""
        return [self._database_state(), self._models_state(), self._worker_state()]

    def _database_state(self) -> Component:
        kind = "SQLite" if self.database.is_sqlite else "PostgreSQL"
        try:
            with self.database.read() as connection:
                connection.exec_driver_sql("SELECT 1")
        except DatabaseUnavailable as error:
            return Component(name=f"Base de données ({kind})", state="erreur", detail=error.detail)
        return Component(name=f"Base de données ({kind})", state="ok", detail="Répond.")

    def _models_state(self) -> Component:
        models = self.models.current()
        if models.problems or models.classifier is None:
            detail = " ".join(models.problems) or "Aucun modèle de classification n’est actif."
            return Component(name="Modèles", state="erreur", detail=detail)
        if models.borrowed:
            return Component(name="Modèles", state="attention", detail=BORROWED)
        names = ", ".join(served.label for served in models.served)
        return Component(name="Modèles", state="ok", detail=f"En service : {names}.")

    def _worker_state(self) -> Component:
        with self.database.read() as connection:
            seen = jobs.last_seen(connection)
        if seen is None:
            return Component(name="Calculateur", state="erreur", detail="N’a jamais démarré.")
        silent = (datetime.now(UTC) - seen).total_seconds()
        if silent > jobs.LEASE.total_seconds():
            detail = f"Ne répond plus depuis {french.quantity(silent, 's', 0)} ; relancez-le."
            return Component(name="Calculateur", state="erreur", detail=detail)
        return Component(
            name="Calculateur", state="ok", detail=f"Vu il y a {french.quantity(silent, 's', 0)}."
        )


def _trends(connection: Connection) -> FindingTrends | None:
    """Compare the published run's findings with an earlier day's: two runs of one day show no trend."""
    run = published.published_run(connection)
    if run is None:
        return None
    earlier = published.runs_between(connection, None, run.as_of - timedelta(days=1))
    previous = earlier[-1] if earlier else None
    counts = turbines_by_code(findings_of(connection, run.id).values())
    earlier_counts = turbines_by_code(findings_of(connection, previous.id).values()) if previous else None
    codes = sorted({*counts, *(earlier_counts or ())}, key=lambda code: (-counts[code], code))
    return FindingTrends(
        run_id=run.id,
        as_of=run.as_of,
        previous_run_id=previous.id if previous else None,
        previous_as_of=previous.as_of if previous else None,
        items=[
            FindingTrend(
                code=code,
                label=finding_label(code),
                turbines=counts[code],
                before=None if earlier_counts is None else earlier_counts[code],
            )
            for code in codes
        ],
    )


def _worst(states: Sequence[State]) -> State:
    return next((state for state in _GRAVITY if state in states), "ok")


def _runs_at_all(components: Sequence[Component]) -> Check:
    broken = [part for part in components if part.state != "ok"]
    question = "Le cockpit tourne-t-il ?"
    if not broken:
        return Check(question=question, state="ok", answer="Oui : base, modèles et calculateur répondent.")
    details = " ".join(f"{part.name} : {part.detail}" for part in broken)
    return Check(question=question, state=_worst([part.state for part in broken]), answer=details)


def _scorings_go_well(last: Run | None) -> Check:
    question = "Les calculs de risque se passent-ils bien ?"
    if last is None:
        return Check(question=question, state="inconnu", answer="Aucun calcul n’a encore abouti.")
    when = f"Le dernier calcul (n° {last.run_id}, au {french.date(last.as_of)})"
    if last.status in {"echoue", "interrompu"}:
        return Check(question=question, state="erreur", answer=f"{when} n’a pas abouti : {last.error}")
    ranked = french.counted(last.total, "turbine")
    if last.failed or last.stale:
        failed = f"{french.number(last.failed)} non {french.plural(last.failed, 'évaluée')}"
        details = ", ".join([*[failed] * bool(last.failed), *[stale_words(last.stale)] * bool(last.stale)])
        return Check(question=question, state="attention", answer=f"{when} a classé {ranked} : {details}.")
    return Check(question=question, state="ok", answer=f"Oui. {when} a évalué {ranked}.")


def _files(refused: Sequence[Notice]) -> Check:
    question = "Les fichiers de mesures sont-ils pris ?"
    if not refused:
        answer = "Oui : aucun fichier refusé en entier depuis sept jours."
        return Check(question=question, state="ok", answer=answer)
    return Check(question=question, state="attention", answer=" ".join(each.message for each in refused))


def _alert_level(days: Sequence[ParkDay]) -> Check:
    question = "Le niveau d’alerte du parc est-il inhabituel ?"
    if not days:
        return Check(question=question, state="inconnu", answer="Aucun classement n’est publié.")
    level = alert_level([day.counts.critique + day.counts.eleve for day in days])
    when = french.date(days[-1].as_of)
    sentence = f"{french.counted(level.today, 'turbine')} en alerte ({ALERT}) au {when}"
    if level.usual is None:
        needed = french.days(MIN_HISTORY)
        answer = (
            f"{sentence} ; il faut {needed} d’historique pour juger "
            f"({french.counted(level.days_known, 'connu')})."
        )
        return Check(question=question, state="inconnu", answer=answer)
    usual, known = french.trimmed(level.usual, 1), french.days(level.days_known)
    answer = f"{sentence} ; d’habitude {usual}, moyenne de {known}."
    return Check(question=question, state="attention" if level.unusual else "ok", answer=answer)
