"""The changes of a run since the day before, stored in the transaction that publishes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection

from api.domain.measurements.rhythm import age_days
from api.domain.park.change_causes import Cause, CauseCode, replacement, sensor_cause
from api.domain.park.changes import Assessment, State, event_of, kind_of, risk_alone
from api.domain.park.scored import ScoredTurbine
from api.domain.plausibility.trust import OUTSIDE_MODEL, data_status, extrapolated
from api.domain.policy.levels import TimeToFailure
from api.domain.policy.risk_policy import RiskPolicy
from api.schemas.vocabulary import ChangeKind, DataStatus, RiskLevel
from api.services.models.active_models import ActiveModels
from api.services.models.explaining import drivers
from api.services.models.measurement_model import Reading
from api.storage.measurements import measurements
from api.storage.park import changes
from api.storage.park.changes import FormerScore

EXPLAINED = 100  # changes explained by a sensor, the most urgent first; the others give the probability


@dataclass(frozen=True)
class ScoredRun:
    """A run with stored scores that is about to be published.

    Args:
        run_id: its number.
        as_of: its day.
        rows: its scores.
        used: its models, as JSON.
        models: its models, loaded.
        policy_version: number of its policy.
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
        """Return the days left if their model may raise a level, else None."""
        may_raise = self.models.regressor is not None and self.models.regressor.may_raise
        return days if may_raise else None


def record(connection: Connection, run: ScoredRun) -> None:
    """Store the changes since the last published run of an earlier day, and the run's queues.

    Call it in the transaction that publishes, so that a published run always has its changes. A replaced run
    of the same day is not compared: changes go from day to day.
    """
    earlier = changes.run_before(connection, run.as_of)
    former = {} if earlier is None else changes.former_scores(connection, earlier.id)
    compared = (_compared(run, row, former.get(row.turbine), first=earlier is None) for row in run.rows)
    changed = [change for change in compared if change is not None]
    replaced = None
    if earlier is not None:
        replaced = replacement(earlier.models, run.used, earlier.policy_version, run.policy_version)
    reported = _with_causes(connection, run, [change for change in changed if change.reportable], replaced)
    quiet = [change for change in changed if not change.reportable and change.remembered is not None]
    table = run.models.regressor.model.manifest.interval if run.models.regressor else None
    summary = {
        "previous": None if earlier is None else earlier.id,
        "events": dict(Counter(change.event.value for change in reported if change.event)),
        "queues": dict(Counter(queue.value for row in run.rows for queue in row.queues)),
        "interval": None if table is None else {"target": table.target, **vars(table.coverage)},
    }
    changes.save(connection, run.run_id, summary, [change.as_stored() for change in (*reported, *quiet)])


@dataclass(frozen=True)
class _Compared:
    """One turbine compared with its former score: the change, the event with margins, the level told."""

    row: ScoredTurbine
    former: FormerScore | None
    kind: ChangeKind | None
    event: ChangeKind | None
    told_level: RiskLevel
    cause: Cause | None = None

    @property
    def reportable(self) -> bool:
        """Whether a person must be told of it."""
        return self.kind is not None or self.event is not None

    @property
    def remembered(self) -> RiskLevel | None:
        """The level told, if it differs from the score's level."""
        return self.told_level if self.told_level is not self.row.level else None

    def as_stored(self) -> dict[str, Any]:
        """Return the columns to store, without what the score holds already."""
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
    """Compare a score with the former one; None if nothing changed.

    The first run has nothing to compare with; a turbine that appears later is reported if critical.
    """
    if former is not None and _unchanged(row, former):
        return None
    assessment = Assessment(row.state, row.probability, run.raising(row.days))
    if former is None:
        event, level = event_of(None, assessment, run.policy)
        return _Compared(row, None, None, None if first else event, level)
    kind = kind_of(former.score.state, row.state)
    event, level = event_of(State(former.told_level, former.score.data_status), assessment, run.policy)
    return _Compared(row, former, kind, event, level)


def _unchanged(row: ScoredTurbine, former: FormerScore) -> bool:
    """Tell whether sound data gave the level already told: most of a park, on most days."""
    sound = row.data_status is former.score.data_status is DataStatus.OK
    return sound and row.level is former.score.level is former.told_level


def _with_causes(
    connection: Connection, run: ScoredRun, reported: Sequence[_Compared], replaced: Cause | None
) -> list[_Compared]:
    causes = [_cause(run, change, replaced) for change in reported]
    unexplained = [change for change, cause in zip(reported, causes, strict=True) if cause is None]
    unexplained.sort(key=lambda change: change.row.rank)
    named = _sensors(connection, run, unexplained[:EXPLAINED])
    return [
        replace(change, cause=cause or named.get(change.row.turbine) or _by_probability(change))
        for change, cause in zip(reported, causes, strict=True)
    ]


def _cause(run: ScoredRun, change: _Compared, replaced: Cause | None) -> Cause | None:
    """Return the cause of the change other than a sensor's value; None if a sensor must explain it."""
    if change.former is None:
        return Cause(CauseCode.PREMIERE)
    row, former = change.row, change.former.score
    if row.state.lost and row.data_status is not former.data_status:
        return _silence(run, row)
    if former.state.lost and not row.state.lost:
        return Cause(CauseCode.RETOUR, on=row.measured_on.isoformat() if row.measured_on else None)
    return replaced or _beside_probability(run, row, former)


def _beside_probability(run: ScoredRun, row: ScoredTurbine, former: ScoredTurbine) -> Cause | None:
    """Return days left or data status as the cause, if the probability alone kept the level."""
    was, present = former.probability, row.probability
    if was is None or present is None:
        return None
    if risk_alone(run.policy, was, None) is not risk_alone(run.policy, present, None):
        return None
    sooner, later = run.raising(former.days), run.raising(row.days)
    if risk_alone(run.policy, was, sooner) is not risk_alone(run.policy, present, later):
        return Cause(CauseCode.DELAI, before=former.days_left, after=row.days_left)
    if former.data_status is row.data_status:
        return _extrapolation(row, former)
    doubt = next((f.message for f in row.findings if data_status([f]) is DataStatus.DOUTEUX), None)
    return Cause(CauseCode.DOUTEUSE, label=doubt) if doubt else Cause(CauseCode.FIABLE)


def _extrapolation(row: ScoredTurbine, former: ScoredTurbine) -> Cause | None:
    """Return that a model left its domain, or came back to it; None where neither happened."""
    if extrapolated(row.findings) == extrapolated(former.findings):
        return None
    beyond = next((f.message for f in row.findings if f.code == OUTSIDE_MODEL), None)
    return Cause(CauseCode.EXTRAPOLEE, label=beyond) if beyond else Cause(CauseCode.APPRISE)


def _silence(run: ScoredRun, row: ScoredTurbine) -> Cause:
    """Return why there is no usable measurement: too old, missing, or a machine stopped on purpose."""
    if row.data_status is DataStatus.PERIME and row.silent and row.measured_on:
        age = age_days(row.measured_on, run.as_of)
        return Cause(CauseCode.PERIMEE, before=run.policy.max_age_days, after=age)
    code = CauseCode.PERIMEE if row.data_status is DataStatus.PERIME else CauseCode.SANS_SCORE
    return Cause(code, label=row.findings[0].message if row.findings else None)


def _sensors(connection: Connection, run: ScoredRun, unexplained: Sequence[_Compared]) -> dict[int, Cause]:
    """Return the sensor behind each change, by turbine key; the run's model explains both measurements."""
    pairs = [
        (change.former.score, change.row)
        for change in unexplained
        if change.former and change.former.score.measurement and change.row.measurement
    ]
    both = [score for pair in pairs for score in pair]
    values = measurements.values_of(connection, [score.measurement for score in both if score.measurement])
    readings = [
        Reading(str(score.turbine), None, values[score.measurement]) for score in both if score.measurement
    ]
    _, explained = drivers(readings, run.models) if readings else (None, [])
    named = {}
    for (was, present), before, after in zip(pairs, explained[::2], explained[1::2], strict=True):
        rising = (present.probability or 0.0) > (was.probability or 0.0)
        cause = sensor_cause(before, after, rising=rising)
        if cause is not None:
            named[present.turbine] = cause
    return named


def _by_probability(change: _Compared) -> Cause:
    before = change.former.score.probability if change.former else None
    return Cause(CauseCode.PROBABILITE, before=before, after=change.row.probability)
