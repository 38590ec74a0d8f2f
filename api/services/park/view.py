"""The park for people: the published ranking, its age, its history."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row

from api.domain.park.scored import RankedTurbine
from api.domain.policy.risk_policy import RiskPolicy
from api.domain.shared.exceptions import InvalidInput, NotFound
from api.inference.serving.store import ModelStore
from api.schemas import french
from api.schemas.changes import ParkEvents
from api.schemas.common import Notice
from api.schemas.park import LevelCounts, Park, ParkDay, ParkItem, ParkState, Run, RunModel
from api.schemas.vocabulary import SituationCode
from api.services.measurements.source import is_simulated
from api.services.models.in_force import InForce, in_force
from api.services.park.calendar import NextRun, ParkCalendar
from api.services.park.contract import (
    days_coverage,
    park_events,
    park_item,
    queue_counts,
    since_previous,
)
from api.services.park.history.words import history_progress, models_notices
from api.services.park.situations import NoSituations, ParkSituations, SituationSource
from api.storage import interventions
from api.storage import policy as policies
from api.storage.park import attempts, changes, runs
from api.storage.park.ranking import ALL, SORTS, ScoreFilter, page_of_scores
from api.storage.shared import published
from api.storage.shared.database import Database

__all__ = ["SORTS", "ParkQuery", "ParkViewService", "ScoreFilter"]


@dataclass(frozen=True)
class ParkQuery:
    """The part of a ranking to show, and its order."""

    keep: ScoreFilter = ALL
    sort: str = "rank"
    limit: int = 100
    offset: int = 0
    as_of: date | None = None
    situations: tuple[SituationCode, ...] = ()


@dataclass(frozen=True)
class ParkViewService:
    """Reads published runs; never recomputes a score."""

    database: Database
    store: ModelStore
    calendar: ParkCalendar
    situations: SituationSource
    now: Callable[[], datetime]

    def state(self) -> ParkState:
        """Return what is true of the park on every page."""
        with self.database.read() as connection:
            return self._state(connection, self.calendar.day(connection))

    def _state(self, connection: Connection, today: date) -> ParkState:
        next_run = self.calendar.next_run(connection, today)
        return ParkState(
            simulated=is_simulated(connection),
            next_run_at=next_run.at,
            next_run=next_run.words,
            history=history_progress(connection),
        )

    def park(self, query: ParkQuery) -> Park:
        """Return the last published ranking, or that of a day.

        Raises:
            NotFound: no run of that day was published.
            InvalidInput: unknown order, or situations of a former day.
        """
        _check_order(query.sort)
        with self.database.read() as connection:
            run = published.published_run(connection, query.as_of)
            attempt = attempts.last_attempt(connection)
            if run is None and query.as_of is not None:
                raise NotFound("Classement du jour", f"{french.date(query.as_of)}")
            if run is None:
                serving = in_force(connection, self.store)
                return _nothing_yet(attempt, self.calendar.next_run(connection), serving)
            # A published attempt is the ranking itself: no attempt came after it.
            unpublished = None if attempt is None or attempt.published_at is not None else attempt
            policy = policies.version(connection, run.policy_version)
            latest = run if query.as_of is None else published.published_run(connection)
            beside = FORMER
            if latest is not None and latest.id == run.id:
                beside = self._beside(connection, run, unpublished, policy)
            total, page = _page(connection, run, query, beside)
            summary = changes.summary_of(connection, run.id)
        return Park(
            total=total,
            items=[beside.item(turbine, run.as_of, policy) for turbine in page],
            as_of=run.as_of,
            run=run_of(run),
            counts=LevelCounts(**(run.counts or {})),
            last_attempt=None if unpublished is None else run_of(unpublished),
            stale=any(notice.code == "classement_perime" for notice in beside.notices),
            threshold=run.threshold,
            changes=since_previous(summary, run.counts),
            queues=queue_counts(summary),
            situations=beside.situations.counts(),
            days_coverage=days_coverage(summary),
            notices=beside.notices,
            **beside.state,
        )

    def _beside(
        self, connection: Connection, run: Row[Any], unpublished: Row[Any] | None, policy: RiskPolicy
    ) -> _Beside:
        today, serving = self.calendar.day(connection), in_force(connection, self.store)
        state = self._state(connection, today)
        return _Beside(
            self.situations.of(connection, run, policy),
            interventions.living(connection),
            [*_notices(run, unpublished, today), *models_notices(run, serving)],
            {"next_run_at": state.next_run_at, "next_run": state.next_run, "history": state.history},
        )

    def history(self, first: date | None, last: date | None) -> list[ParkDay]:
        """Return the counts per level of each day's last published run, oldest first."""
        with self.database.read() as connection:
            rows = published.runs_between(connection, first, last)
        return [
            ParkDay(run_id=row.id, as_of=row.as_of, counts=LevelCounts(**(row.counts or {}))) for row in rows
        ]

    def events(self, first: date | None, last: date | None, limit: int, offset: int) -> ParkEvents:
        """Return the changes from day to day; an oscillation counts once.

        Raises:
            InvalidInput: the last day precedes the first.
        """
        return park_events(self.database, first, last, limit, offset)

    def recent_runs(self, limit: int) -> list[Run]:
        """Return the newest runs, in any state."""
        with self.database.read() as connection:
            return [run_of(row) for row in runs.recent(connection, limit)]

    def last_ended_attempt(self) -> Run | None:
        """Return the last ended attempt: see :func:`api.storage.park.attempts.last_attempt`."""
        with self.database.read() as connection:
            row = attempts.last_attempt(connection, ended=True)
        return None if row is None else run_of(row)

    def run(self, run_id: int) -> Run:
        """Return one run.

        Raises:
            NotFound: no such run.
        """
        with self.database.read() as connection:
            row = runs.get(connection, run_id)
        if row is None:
            raise NotFound("Calcul du parc", run_id)
        return run_of(row)


@dataclass(frozen=True)
class _Beside:
    """What stands beside a ranking today: what people decided, what is to be known, the next run.

    Args:
        situations: of its turbines.
        work: the living interventions, by turbine key.
        notices: about the ranking.
        state: fields of the answer about the park.
    """

    situations: ParkSituations | NoSituations
    work: Mapping[int, Row[Any]]
    notices: list[Notice]
    state: Mapping[str, Any]

    def item(self, turbine: RankedTurbine, as_of: date, policy: RiskPolicy) -> ParkItem:
        """Build the answer for one turbine of the ranking."""
        key = turbine.score.turbine
        return park_item(turbine, as_of, policy, self.situations.of(key), self.work.get(key))


FORMER = _Beside(NoSituations(), {}, [], {})
"""Beside the ranking of a former day stands nothing of today."""


def _page(
    connection: Connection, run: Row[Any], query: ParkQuery, beside: _Beside
) -> tuple[int, list[RankedTurbine]]:
    return page_of_scores(
        connection,
        run.id,
        beside.situations.narrowed(query.keep, query.situations),
        query.sort,
        query.limit,
        query.offset,
        past=beside is FORMER,
        placed=beside.situations.place,
    )


def _check_order(sort: str) -> None:
    if sort.removeprefix("-") not in SORTS:
        allowed = ", ".join(SORTS)
        raise InvalidInput.single("sort", f"ordre inconnu ; au choix : {allowed} (« - » pour inverser).")


def _notices(run: Row[Any], unpublished: Row[Any] | None, today: date) -> list[Notice]:
    notices = []
    age = (today - run.as_of).days
    if age > 1:
        sentence = f"Ce classement est celui du {french.date(run.as_of)} : il a {french.days(age)}."
        notices.append(Notice(code="classement_perime", field="as_of", message=sentence))
    if age < 0:
        sentence = (
            f"L’horloge du serveur est en retard : elle est {french.days(-age)} "
            f"avant le classement du {french.date(run.as_of)}. "
            "Remettez-la à l’heure ; le classement reste en place."
        )
        notices.append(Notice(code="horloge_en_retard", field="as_of", message=sentence))
    if unpublished is not None and unpublished.status in runs.FAILED:
        sentence = f"Le dernier calcul (n° {unpublished.id}) n’a pas abouti : {unpublished.error}"
        notices.append(Notice(code="calcul_echoue", field=None, message=sentence))
    return notices


def _nothing_yet(attempt: Row[Any] | None, next_run: NextRun, serving: InForce) -> Park:
    sentence = "Aucun classement n’est encore publié : lancez un calcul du parc."
    nothing = Notice(code="aucun_classement", field=None, message=sentence)
    return Park(
        total=0,
        items=[],
        as_of=None,
        run=None,
        counts=LevelCounts(),
        last_attempt=None if attempt is None else run_of(attempt),
        threshold=None,
        next_run_at=next_run.at,
        next_run=next_run.words,
        notices=models_notices(None, serving) or [nothing],
    )


def run_of(row: Row[Any]) -> Run:
    """Build the answer for a stored run."""
    ended = row.finished_at and row.started_at
    return Run(
        run_id=row.id,
        kind=row.kind,
        as_of=row.as_of,
        status=row.status,
        requested_by=row.requested_by,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        # The clock may have gone back meanwhile.
        duration_s=max(0.0, (row.finished_at - row.started_at).total_seconds()) if ended else None,
        total=row.total,
        done=row.done,
        phase=row.phase,
        failed=row.failed,
        stale=row.stale,
        models=[RunModel(**model) for model in row.models],
        policy_version=row.policy_version,
        error=row.error,
        cancel_asked_by=row.cancel_asked_by,
    )
