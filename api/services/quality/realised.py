"""Realised quality: published scores compared with what was observed since, turbine by turbine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import Row

from api.domain.interventions.effect import SOURCE, VerdictOutcome
from api.domain.quality.provenance import Provenance, worst_exposure
from api.domain.quality.realised import (
    JudgedScore,
    KnownOutcome,
    ModelVersion,
    PublishedScore,
    judge_turbine,
    merge_outcomes,
)
from api.domain.quality.tally import Period, RealisedTally
from api.domain.shared.exceptions import InvalidInput, ModelUnavailable, NotFound
from api.inference.serving.store import ModelStore
from api.schemas import french
from api.schemas.quality import RealisedQuality
from api.schemas.vocabulary import RiskLevel
from api.services.interventions.interventions import InterventionService
from api.services.quality import words
from api.storage import quality as realised
from api.storage.models import activations
from api.storage.shared import published
from api.storage.shared.database import Database

# Read when no first day is requested: a year, or fewer days of a large park, so that the answer comes in
# seconds. Requested days are all read.
DEFAULT_DAYS, DEFAULT_SCORES = 365, 250_000
AnyRow = Row[Any]


@dataclass(frozen=True)
class RealisedQuery:
    """A query: days of ranking, model (name, or name:version), page of the list."""

    first: date | None = None
    last: date | None = None
    model: str | None = None
    period: Period = "month"
    limit: int = 100
    offset: int = 0


@dataclass(frozen=True)
class _Run:
    """A published ranking; each model with what is known of its training rows."""

    as_of: date
    threshold: float | None
    models: tuple[tuple[ModelVersion, Provenance], ...]
    _parts: dict[bool, tuple[tuple[ModelVersion, ...], list[Provenance]]] = field(
        default_factory=dict, compare=False
    )

    def taking_part(self, *, days: bool) -> tuple[tuple[ModelVersion, ...], list[Provenance]]:
        """Return the models behind a score; an estimator of days only if the score holds ``days``."""
        if days not in self._parts:
            kept = [(model, known) for model, known in self.models if days or model.task != "regression"]
            self._parts[days] = (tuple(model for model, _ in kept), [known for _, known in kept])
        return self._parts[days]


@dataclass(frozen=True)
class _Selection:
    first: date | None
    last: date | None
    runs: dict[int, _Run]


@dataclass(frozen=True)
class RealisedService:
    """Compares published scores with what happened."""

    database: Database
    store: ModelStore
    interventions: InterventionService

    def quality(self, query: RealisedQuery) -> RealisedQuality:
        """Return the figures of a period, and one page of its scores with a known outcome.

        Raises:
            InvalidInput: the days are in the wrong order, or no ranking ever used that model.
        """
        selection = self._selection(query)
        tally, total, items = RealisedTally(query.period), 0, list[JudgedScore]()
        for judged in self._judged(selection):
            tally.add_turbine(judged)
            known = [score for score in judged if score.outcome is not None]
            start = max(query.offset - total, 0)
            items += known[start : start + query.limit - len(items)]
            total += len(known)
        quality = tally.quality()
        with self.database.read() as connection:
            admitted_for = activations.admitted_for(connection)
        return RealisedQuality(
            first=selection.first,
            last=selection.last,
            model=query.model,
            period=query.period,
            message=words.message(quality, selection.first, selection.last),
            notices=words.notices(quality),
            total=total,
            items=[words.observed_score(score) for score in items],
            **words.figures(quality, admitted_for),
        )

    def judged(self, query: RealisedQuery) -> Iterator[list[JudgedScore]]:
        """Yield each turbine's published scores with their outcomes; the query is checked at once.

        Raises:
            InvalidInput: as :meth:`quality`.
        """
        return self._judged(self._selection(query))

    def csv(self, query: RealisedQuery) -> Iterator[bytes]:
        """Yield the published and observed values as CSV, one line per score, for a French spreadsheet.

        Raises:
            InvalidInput: as :meth:`quality`.
        """
        return words.csv_chunks(self.judged(query))

    def _judged(self, selection: _Selection) -> Iterator[list[JudgedScore]]:
        with self.database.read() as connection:
            park = realised.scored_turbines(connection)
        verdicts = {
            outcome.measurement: outcome for outcome in _known_outcomes(self.interventions.outcomes())
        }
        for turbine, rows in realised.observed_scores(self.database, list(selection.runs), park):
            scores = (_score(turbine, row, selection.runs[row.run]) for row in rows)
            yield judge_turbine(scores, merge_outcomes(_outcomes(rows, verdicts)))

    def _selection(self, query: RealisedQuery) -> _Selection:
        if query.first and query.last and query.last < query.first:
            raise InvalidInput.single("to", "le dernier jour précède le premier.", query.last)
        with self.database.read() as connection:
            runs = published.runs_between(connection, query.first, query.last)
        if not runs:
            return _Selection(query.first, query.last, {})
        last = query.last or runs[-1].as_of
        first = query.first or _default_first(runs, last)
        known: dict[tuple[str, int, str], Provenance] = {}
        read = {row.id: self._run(row, known) for row in runs if row.as_of >= first}
        if query.model is not None:
            read = _using(query.model, read)
        return _Selection(first, last, read)

    def _run(self, row: AnyRow, known: dict[tuple[str, int, str], Provenance]) -> _Run:
        models = []
        for used in row.models:
            key = (used["name"], used["version"], used.get("sha256", ""))
            if key not in known:
                known[key] = self._provenance(*key)
            models.append((ModelVersion(used["name"], used["version"], used.get("task", "")), known[key]))
        return _Run(row.as_of, row.threshold, tuple(models))

    def _provenance(self, name: str, version: int, sha256: str) -> Provenance:
        """Read the manifest; return an empty provenance if the version is gone, damaged or another one."""
        try:
            manifest = self.store.manifest(name, version)
            unseen = self.store.unseen_identities(name, version)
        except (NotFound, ModelUnavailable):
            return Provenance()
        if manifest.sha256 != sha256:
            return Provenance()
        data = manifest.data
        imported_on = french.paris_day(manifest.created_at)
        return Provenance(unseen, data.last_day, data.sha256, imported_on)


def _default_first(runs: list[AnyRow], last: date) -> date:
    """Return the first day of the last year or :data:`DEFAULT_SCORES`, whichever is shorter."""
    earliest: date = last - timedelta(days=DEFAULT_DAYS - 1)
    read = 0
    for later, row in pairwise(reversed(runs)):
        read += later.total
        if read + row.total > DEFAULT_SCORES:
            kept: date = later.as_of
            return max(earliest, kept)
    return earliest


def _using(model: str, read: dict[int, _Run]) -> dict[int, _Run]:
    """Return the rankings that used a model.

    Raises:
        InvalidInput: none did; the message names the models that were used.
    """
    names = {run_id: {_spelled(m) for m, _ in run.models} for run_id, run in read.items()}
    kept = {
        run_id: run
        for run_id, run in read.items()
        if any(model in {name, name.partition(":")[0]} for name in names[run_id])
    }
    if not kept:
        used = ", ".join(sorted(set().union(*names.values()))) or "aucun"
        raise InvalidInput.single("model", f"aucun score de la période ; modèles employés : {used}.", model)
    return kept


def _spelled(model: ModelVersion) -> str:
    return f"{model.name}:{model.version}"


def _known_outcomes(outcomes: Iterable[VerdictOutcome]) -> list[KnownOutcome]:
    """Turn decisive verdicts into known outcomes of their measurements."""
    return [
        KnownOutcome(outcome.measurement, outcome.confirmed, None, SOURCE)
        for outcome in outcomes
        if outcome.measurement is not None and outcome.confirmed is not None
    ]


def _outcomes(rows: list[AnyRow], verdicts: Mapping[int, KnownOutcome]) -> Iterator[KnownOutcome]:
    """Yield the labels of measurements, then the verdicts of people, which prevail."""
    for row in rows:
        if row.failure_within_7d is not None or row.time_to_failure_days is not None:
            yield KnownOutcome(row.measurement, row.failure_within_7d, row.time_to_failure_days, row.source)
    for measurement in {row.measurement for row in rows} & verdicts.keys():
        yield verdicts[measurement]


def _score(turbine: str, row: AnyRow, run: _Run) -> PublishedScore:
    # An estimator that gave no days had no part in the score.
    models, provenances = run.taking_part(days=row.days_left is not None)
    measured = row.measurement is not None
    exposures = {p.exposure(row.identity, row.measured_on, row.sha256) for p in provenances if measured}
    return PublishedScore(
        turbine=turbine,
        as_of=run.as_of,
        measurement=row.measurement,
        measured_on=row.measured_on,
        level=RiskLevel(row.level),
        probability=row.probability,
        threshold=run.threshold,
        days=row.days_left,
        low=row.days_low,
        high=row.days_high,
        models=models,
        exposure=worst_exposure(exposures),
    )
