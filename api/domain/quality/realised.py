"""Published scores beside the outcomes observed since: which scores count, and which failures were announced.

The unit is a measurement, for outcomes are known of measurements. A measurement counts once for each set of
models that scored it, at its first publication; its scores of later days are counted apart, or a measurement
that stands for a week would weigh seven times. A score counts only where every model behind it is proven not
to have seen its row.

A failure event is a turbine's counted failure measurements as long as each follows the one before within the
label's horizon (``EVENT_GAP_DAYS``): the rule by which models are measured. It also holds where a park's rows
are independent of one another, as in EnergiTech's sample: rows closer than the horizon may announce the same
failure, and no failure is counted twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise

from api.domain.models.blocks import EVENT_GAP_DAYS
from api.domain.policy.levels import ALERTS
from api.domain.quality.provenance import Exposure
from api.schemas.vocabulary import RiskLevel

# Days of rankings shown before a failure that no alert announced.
HISTORY_DAYS = 14


class ScoreStanding(StrEnum):
    """Whether a published score counts, and why not; exactly one holds."""

    COUNTED = "compte"
    WAITING = "issue_inconnue"
    NOT_SCORED = "sans_score"
    REPEATED = "deja_compte"
    SEEN = "vu_apprentissage"
    UNPROVEN = "non_prouve"


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A model that took part in a score."""

    name: str
    version: int
    task: str


@dataclass(frozen=True, slots=True)
class PublishedScore:
    """A turbine in a published ranking.

    Args:
        turbine: identifier.
        as_of: day of the ranking.
        measurement: the row that was scored, None where there was none.
        measured_on: its day.
        level: as published.
        probability: of a failure within 7 days.
        threshold: decision threshold of that ranking.
        days, low, high: days left with their interval [days].
        models: behind the score.
        exposure: whether those models had seen the row.
    """

    turbine: str
    as_of: date
    measurement: int | None
    measured_on: date | None
    level: RiskLevel
    probability: float | None
    threshold: float | None
    days: float | None
    low: float | None
    high: float | None
    models: tuple[ModelVersion, ...]
    exposure: Exposure

    @property
    def alerts(self) -> bool:
        """Whether the published level asks for an intervention."""
        return self.level in ALERTS


@dataclass(frozen=True, slots=True)
class KnownOutcome:
    """The outcome observed after a measurement: from a file's labels or a technician's verdict.

    Args:
        measurement: the row.
        failed: whether the turbine failed within 7 days of it; None where not known.
        days_left: days that really remained; None where not known.
        source: of the outcome.
    """

    measurement: int
    failed: bool | None
    days_left: float | None
    source: str


@dataclass(frozen=True, slots=True)
class JudgedScore:
    """A published score, its outcome, and whether it counts."""

    score: PublishedScore
    outcome: KnownOutcome | None
    standing: ScoreStanding

    @property
    def failed(self) -> bool | None:
        """The outcome where the score counts and the outcome is known."""
        return self.outcome.failed if self.outcome and self.standing is ScoreStanding.COUNTED else None


@dataclass(frozen=True)
class FailureEvent:
    """A failure of a turbine.

    Args:
        turbine: identifier.
        first_on, last_on: days of the first and last measurement that it followed within the horizon.
        failed_on: day of the failure, by the last measurement whose days left are known; None where not
            known.
        rows: counted failure measurements.
        announced: whether one of them was published ``eleve`` or ``critique`` no later than the failure.
        lead_days: from the first day of that unbroken alert to the failure; None where either is not known.
        since_start: whether the alert already stood on the first ranking, so that the true lead is longer.
        history: the rankings before it, oldest first.
    """

    turbine: str
    first_on: date
    last_on: date
    failed_on: date | None
    rows: int
    announced: bool
    lead_days: float | None
    since_start: bool
    history: tuple[PublishedScore, ...]


def merge_outcomes(outcomes: Iterable[KnownOutcome]) -> dict[int, KnownOutcome]:
    """Return one outcome per measurement: the facts of a later outcome replace those of an earlier one."""
    known: dict[int, KnownOutcome] = {}
    for new in outcomes:
        old = known.get(new.measurement)
        known[new.measurement] = new if old is None else KnownOutcome(
            new.measurement,
            old.failed if new.failed is None else new.failed,
            old.days_left if new.days_left is None else new.days_left,
            new.source,
        )  # fmt: skip
    return known


def judge_turbine(
    scores: Iterable[PublishedScore], outcomes: Mapping[int, KnownOutcome]
) -> list[JudgedScore]:
    """Set each published score of a turbine beside its outcome.

    Args:
        scores: of the turbine, in any order, one a day.
        outcomes: by measurement, from :func:`merge_outcomes`.

    Returns:
        A judged score for each, oldest ranking first.
    """
    judged: list[JudgedScore] = []
    models_by_measurement: dict[int, list[tuple[ModelVersion, ...]]] = {}
    for score in sorted(scores, key=lambda s: s.as_of):
        if score.measurement is None or score.probability is None or score.threshold is None:
            judged.append(JudgedScore(score, None, ScoreStanding.NOT_SCORED))
            continue
        outcome = outcomes.get(score.measurement)
        before = models_by_measurement.setdefault(score.measurement, [])
        judged.append(JudgedScore(score, outcome, _standing(score, outcome, score.models in before)))
        before.append(score.models)
    return judged


def _standing(score: PublishedScore, outcome: KnownOutcome | None, repeated: bool) -> ScoreStanding:
    if outcome is None or (outcome.failed is None and outcome.days_left is None):
        return ScoreStanding.WAITING
    if repeated:
        return ScoreStanding.REPEATED
    if score.exposure is Exposure.UNSEEN:
        return ScoreStanding.COUNTED
    return ScoreStanding.SEEN if score.exposure is Exposure.SEEN else ScoreStanding.UNPROVEN


def events_of(judged: Sequence[JudgedScore]) -> Iterator[FailureEvent]:
    """Yield the failures behind a turbine's counted failure measurements.

    Args:
        judged: from :func:`judge_turbine`.
    """
    failing = [place for place, score in enumerate(judged) if score.failed]
    failing.sort(key=lambda place: _measured(judged[place]))
    group: list[int] = []
    for place in failing:
        if group and (_measured(judged[place]) - _measured(judged[group[-1]])).days > EVENT_GAP_DAYS:
            yield _event(judged, group)
            group = []
        group.append(place)
    if group:
        yield _event(judged, group)


def _measured(judged: JudgedScore) -> date:
    return judged.score.measured_on or judged.score.as_of


def _event(judged: Sequence[JudgedScore], group: Sequence[int]) -> FailureEvent:
    rows = [judged[place] for place in group]
    known = [r for r in rows if r.outcome is not None and r.outcome.days_left is not None]
    failed_at = None
    if known and known[-1].outcome is not None:
        failed_at = _measured(known[-1]).toordinal() + (known[-1].outcome.days_left or 0.0)
    end = _measured(rows[-1]).toordinal() + EVENT_GAP_DAYS if failed_at is None else failed_at
    alerted = [
        p for p in sorted(group) if judged[p].score.alerts and judged[p].score.as_of.toordinal() <= end
    ]
    first = _start_of_alert(judged, alerted[0]) if alerted else None
    lead = None
    if first is not None and failed_at is not None:
        lead = failed_at - judged[first].score.as_of.toordinal()
    start = _measured(rows[0]).toordinal()
    return FailureEvent(
        turbine=rows[0].score.turbine,
        first_on=_measured(rows[0]),
        last_on=_measured(rows[-1]),
        failed_on=None if failed_at is None else date.fromordinal(int(failed_at)),
        rows=len(rows),
        announced=bool(alerted),
        lead_days=lead,
        since_start=first == 0,
        history=tuple(o.score for o in judged if start - HISTORY_DAYS <= o.score.as_of.toordinal() <= end),
    )


def _start_of_alert(judged: Sequence[JudgedScore], place: int) -> int:
    """Return the first ranking of the alert at ``place``.

    The alert goes back until a calmer ranking, a hole, or a row that the models had seen.
    """
    for later, earlier in pairwise(range(place, -1, -1)):
        after, before = judged[later].score, judged[earlier].score
        hole = (after.as_of - before.as_of).days > EVENT_GAP_DAYS
        if hole or not before.alerts or before.exposure is not Exposure.UNSEEN:
            return later
    return 0
