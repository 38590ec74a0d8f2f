"""What a run changed since the day before, kept in the transaction that publishes it: whole or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection

from api.domain.park.change_causes import Cause, CauseCode, replacement, sensor_cause
from api.domain.park.changes import Assessment, State, event_of, kind_of, risk_alone
from api.domain.park.scored import ScoredTurbine
from api.domain.plausibility.trust import data_status
from api.domain.policy.levels import TimeToFailure
from api.domain.policy.risk_policy import RiskPolicy
from api.schemas.vocabulary import ChangeKind, DataStatus, RiskLevel
from api.services.models.active_models import ActiveModels
from api.services.models.explaining import drivers
from api.services.models.measurement_model import Reading
from api.storage import interventions
from api.storage.measurements import measurements
from api.storage.park import changes
from api.storage.park.changes import FormerScore

EXPLAINED = 100  # changes whose sensor is named, the most urgent first; others tell the probability


def last_work(connection: Connection, as_of: date) -> dict[int, date]:
    """The last day, up to ``as_of``, on which somebody worked on each machine, by turbine key.

    An intervention that ended tells it; of a visit planned elsewhere only the plan is known: its day counts.
    """
    told = changes.last_visits(connection, as_of)
    for turbine, day in interventions.last_worked(connection, as_of).items():
        told[turbine] = max(day, told.get(turbine, day))
    return told


@dataclass(frozen=True)
class ScoredRun:
    """A run whose scores are stored and which is about to be published.

    Args:
        run_id: its number.
        as_of: its day.
        rows: its scores.
        used: its models as they are stored.
        models: the same, loaded.
        policy_version: of its policy.
        policy: its policy.
    """

    run_id: int
    as_of: date
    rows: Sequence[ScoredTurbine]
    used: Sequence[Mapping[str, Any]]
    models: ActiveModels
    policy_version: int
    policy: RiskPolicy

    def raising(self, days: TimeToFailure | None) -> TimeToFailure | None:
        """Days left, from a model that may raise a level; nothing from another."""
        may_raise = self.models.regressor is not None and self.models.regressor.may_raise
        return days if may_raise else None


def record(connection: Connection, run: ScoredRun) -> None:
    """Keep what changed since the last published run of an earlier day, beside the run's queues.

    Called inside the transaction that publishes, so that a published run always has its changes. A run of the
    same day that it replaces is not compared with: changes are told from day to day.
    """
    earlier = changes.run_before(connection, run.as_of)
    former = {} if earlier is None else changes.former_scores(connection, earlier.id)
    compared = (_compared(run, row, former.get(row.turbine), first=earlier is None) for row in run.rows)
    found = [one for one in compared if one is not None]
    replaced = None
    if earlier is not None:
        replaced = replacement(earlier.models, run.used, earlier.policy_version, run.policy_version)
    told = _with_causes(connection, run, [one for one in found if one.told], replaced)
    quiet = [one for one in found if not one.told and one.remembered is not None]
    table = run.models.regressor.model.manifest.interval if run.models.regressor else None
    summary = {
        "previous": None if earlier is None else earlier.id,
        "events": dict(Counter(one.event.value for one in told if one.event)),
        "queues": dict(Counter(queue.value for row in run.rows for queue in row.queues)),
        "interval": None if table is None else {"target": table.target, **vars(table.coverage)},
    }
    changes.save(connection, run.run_id, summary, [one.as_stored() for one in (*told, *quiet)])


@dataclass(frozen=True)
class _Compared:
    """One turbine beside what it was: the change as shown, the event with margins, the level told."""

    row: ScoredTurbine
    former: FormerScore | None
    kind: ChangeKind | None
    event: ChangeKind | None
    told_level: RiskLevel
    cause: Cause | None = None

    @property
    def told(self) -> bool:
        """Whether there is anything to tell a person."""
        return self.kind is not None or self.event is not None

    @property
    def remembered(self) -> RiskLevel | None:
        """The level told, where the score's own does not say it."""
        return self.told_level if self.told_level is not self.row.level else None

    def as_stored(self) -> dict[str, Any]:
        """The row of the table; what the score says already is left out."""
        return {
            "turbine": self.row.turbine,
            "kind": self.kind and self.kind.value,
            "from_level": self.former.score.level.value if self.kind and self.former else None,
            "to_level": self.row.level.value if self.kind else None,
            "cause": self.cause and self.cause.as_stored(),
            "event": self.event and self.event.value,
            "event_from": self.former.told_level.value if self.event and self.former else None,
            "told_level": self.remembered and self.remembered.value,
        }


def _compared(
    run: ScoredRun, row: ScoredTurbine, former: FormerScore | None, *, first: bool
) -> _Compared | None:
    """None for a turbine that is as it was.

    The first run of all has nothing to compare with; a turbine that comes later is told if critical.
    """
    if former is not None and _as_it_was(row, former):
        return None
    assessment = Assessment(row.state, row.probability, run.raising(row.days))
    if former is None:
        event, level = event_of(None, assessment, run.policy)
        return _Compared(row, None, None, None if first else event, level)
    kind = kind_of(former.score.state, row.state)
    event, level = event_of(State(former.told_level, former.score.data_status), assessment, run.policy)
    return _Compared(row, former, kind, event, level)


def _as_it_was(row: ScoredTurbine, former: FormerScore) -> bool:
    """Whether sound data gave the level that stands told already: most of a park, on most days."""
    sound = row.data_status is former.score.data_status is DataStatus.OK
    return sound and row.level is former.score.level is former.told_level


def _with_causes(
    connection: Connection, run: ScoredRun, told: Sequence[_Compared], replaced: Cause | None
) -> list[_Compared]:
    causes = [_cause(run, one, replaced) for one in told]
    unsaid = [one for one, cause in zip(told, causes, strict=True) if cause is None]
    unsaid.sort(key=lambda one: one.row.rank)
    named = _sensors(connection, run, unsaid[:EXPLAINED])
    return [
        replace(one, cause=cause or named.get(one.row.turbine) or _by_probability(one))
        for one, cause in zip(told, causes, strict=True)
    ]


def _cause(run: ScoredRun, one: _Compared, replaced: Cause | None) -> Cause | None:
    """What other than a sensor's value explains the change; None where a sensor is to be named."""
    if one.former is None:
        return Cause(CauseCode.PREMIERE)
    row, former = one.row, one.former.score
    if row.state.lost and row.data_status is not former.data_status:
        return _silence(run, row)
    if former.state.lost and not row.state.lost:
        return Cause(CauseCode.RETOUR, on=row.measured_on.isoformat() if row.measured_on else None)
    return replaced or _beside_probability(run, row, former)


def _beside_probability(run: ScoredRun, row: ScoredTurbine, former: ScoredTurbine) -> Cause | None:
    """Days left or the trust in the data, where the probability alone would not have changed the level."""
    was, now = former.probability, row.probability
    if was is None or now is None:
        return None
    if risk_alone(run.policy, was, None) is not risk_alone(run.policy, now, None):
        return None
    sooner, later = run.raising(former.days), run.raising(row.days)
    if risk_alone(run.policy, was, sooner) is not risk_alone(run.policy, now, later):
        return Cause(CauseCode.DELAI, before=former.days_left, after=row.days_left)
    if former.data_status is row.data_status:
        return None
    doubt = next((f.message for f in row.findings if data_status([f]) is DataStatus.DOUTEUX), None)
    return Cause(CauseCode.DOUTEUSE, label=doubt) if doubt else Cause(CauseCode.FIABLE)


def _silence(run: ScoredRun, row: ScoredTurbine) -> Cause:
    """Why there is no usable measurement: too old, missing, or a machine stopped on purpose."""
    if row.data_status is DataStatus.PERIME and row.silent and row.measured_on:
        age = (run.as_of - row.measured_on).days
        return Cause(CauseCode.PERIMEE, before=run.policy.max_age_days, after=age)
    code = CauseCode.PERIMEE if row.data_status is DataStatus.PERIME else CauseCode.SANS_SCORE
    return Cause(code, label=row.findings[0].message if row.findings else None)


def _sensors(connection: Connection, run: ScoredRun, some: Sequence[_Compared]) -> dict[int, Cause]:
    """The sensor behind each change, by turbine key: both measurements explained by the run's own model."""
    pairs = [
        (one.former.score, one.row)
        for one in some
        if one.former and one.former.score.measurement and one.row.measurement
    ]
    both = [score for pair in pairs for score in pair]
    values = measurements.values_of(connection, [one.measurement for one in both if one.measurement])
    readings = [Reading(str(one.turbine), None, values[one.measurement]) for one in both if one.measurement]
    _, found = drivers(readings, run.models) if readings else (None, [])
    named = {}
    for (was, now), before, after in zip(pairs, found[::2], found[1::2], strict=True):
        rising = (now.probability or 0.0) > (was.probability or 0.0)
        cause = sensor_cause(before, after, rising=rising)
        if cause is not None:
            named[now.turbine] = cause
    return named


def _by_probability(one: _Compared) -> Cause:
    before = one.former.score.probability if one.former else None
    return Cause(CauseCode.PROBABILITE, before=before, after=one.row.probability)
