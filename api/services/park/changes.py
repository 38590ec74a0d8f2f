"""What a run changed since the day before, kept in the transaction that publishes it: whole or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection

from api.domain.park.change_causes import Cause, CauseCode, Weight, replacement, sensor_cause
from api.domain.park.changes import Seen, State, event_of, kind_of, risk_alone
from api.domain.park.queues import Case, bits_of, queues_in, queues_of
from api.domain.plausibility.trust import Finding, counts_as_dead, data_status
from api.domain.policy.levels import TimeToFailure
from api.domain.policy.risk_policy import RiskPolicy
from api.schemas.predictions import Driver
from api.schemas.vocabulary import ChangeKind, DataStatus, RiskLevel
from api.services.models.active_models import ActiveModels
from api.services.models.explaining import drivers
from api.services.models.measurement_model import Reading
from api.storage import interventions
from api.storage.park import changes
from api.storage.park.changes import FormerScore

EXPLAINED = 100  # changes whose sensor is named, the most urgent first; others tell the probability
Stored = Mapping[str, Any]


def queue_up(rows: Sequence[dict[str, Any]], policy: RiskPolicy, worked_on: Mapping[int, date]) -> None:
    """Write into each score the queues where its turbine stands.

    Args:
        rows: scores as they are stored.
        policy: of the run.
        worked_on: what :func:`last_work` tells.
    """
    for row in rows:
        status = DataStatus(row["data_status"])
        case = Case(
            status=status,
            silent=counts_as_dead(status, _findings(row)),
            measured_on=row["measured_on"],
            probability=row["probability"],
            days=_days(row["days_left"], row["days_low"]),
            next_visit=row["planned_visit_on"],
            worked_on=worked_on.get(row["turbine"]),
        )
        row["queues"] = bits_of(queues_of(case, policy))


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
        rows: its scores as they are stored.
        used: its models as they are stored.
        models: the same, loaded.
        policy_version: of its policy.
        policy: its policy.
    """

    run_id: int
    as_of: date
    rows: Sequence[Stored]
    used: Sequence[Stored]
    models: ActiveModels
    policy_version: int
    policy: RiskPolicy


def record(connection: Connection, run: ScoredRun) -> None:
    """Keep what changed since the last published run of an earlier day, beside the run's queues.

    Called inside the transaction that publishes, so that a published run always has its changes. A run of the
    same day that it replaces is not compared with: changes are told from day to day.
    """
    earlier = changes.run_before(connection, run.as_of)
    former = {} if earlier is None else changes.former_scores(connection, earlier.id)
    found = [_compared(run, row, former.get(row["turbine"]), first=earlier is None) for row in run.rows]
    replaced = None
    if earlier is not None:
        replaced = replacement(earlier.models, run.used, earlier.policy_version, run.policy_version)
    told = _with_causes(connection, run, [one for one in found if one.told], replaced)
    quiet = [one for one in found if not one.told and one.remembered is not None]
    table = run.models.regressor.model.manifest.interval if run.models.regressor else None
    summary = {
        "previous": None if earlier is None else earlier.id,
        "events": dict(Counter(one.event.value for one in told if one.event)),
        "queues": _queue_counts(Counter(row.get("queues") for row in run.rows)),
        "interval": None if table is None else {"target": table.target, **vars(table.coverage)},
    }
    changes.save(connection, run.run_id, summary, [one.as_stored() for one in (*told, *quiet)])


def _queue_counts(by_bits: Mapping[int | None, int]) -> dict[str, int]:
    """Turbines in each queue, from how many stand in the same ones."""
    found: Counter[str] = Counter()
    for bits, turbines in by_bits.items():
        found.update({queue.value: turbines for queue in queues_in(bits)})
    return dict(found)


@dataclass(frozen=True)
class _Compared:
    """One turbine beside what it was: the change as shown, the event with margins, the level told."""

    row: Stored
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
        return self.told_level if self.told_level.value != self.row["level"] else None

    def as_stored(self) -> dict[str, Any]:
        """The row of the table; what the score says already is left out."""
        return {
            "turbine": self.row["turbine"],
            "kind": self.kind and self.kind.value,
            "from_level": self.former.level if self.kind and self.former else None,
            "to_level": self.row["level"] if self.kind else None,
            "cause": self.cause and self.cause.as_stored(),
            "event": self.event and self.event.value,
            "event_from": self.former.told_level if self.event and self.former else None,
            "told_level": self.remembered and self.remembered.value,
        }


def _compared(run: ScoredRun, row: Stored, former: FormerScore | None, *, first: bool) -> _Compared:
    """The first run of all has nothing to compare with; a turbine that comes later is told if critical."""
    if former is not None and _as_it_was(row, former):
        return _Compared(row, former, None, None, RiskLevel(row["level"]))
    state = State(RiskLevel(row["level"]), DataStatus(row["data_status"]))
    seen = Seen(state, row["probability"], _raising_days(run, row["days_left"], row["days_low"]))
    if former is None:
        event, level = event_of(None, seen, run.policy)
        return _Compared(row, None, None, None if first else event, level)
    status = DataStatus(former.data_status)
    kind = kind_of(State(RiskLevel(former.level), status), state)
    event, level = event_of(State(RiskLevel(former.told_level), status), seen, run.policy)
    return _Compared(row, former, kind, event, level)


def _as_it_was(row: Stored, former: FormerScore) -> bool:
    """Whether sound data gave the level that stands told already: most of a park, on most days."""
    sound = row["data_status"] == former.data_status == DataStatus.OK
    return bool(sound and row["level"] == former.level == former.told_level)


def _with_causes(
    connection: Connection, run: ScoredRun, told: Sequence[_Compared], replaced: Cause | None
) -> list[_Compared]:
    causes = [_cause(run, one, replaced) for one in told]
    unsaid = [one for one, cause in zip(told, causes, strict=True) if cause is None]
    unsaid.sort(key=lambda one: one.row["rank"])
    named = _sensors(connection, run, unsaid[:EXPLAINED])
    return [
        replace(one, cause=cause or named.get(one.row["turbine"]) or _by_probability(one))
        for one, cause in zip(told, causes, strict=True)
    ]


def _cause(run: ScoredRun, one: _Compared, replaced: Cause | None) -> Cause | None:
    """What other than a sensor's value explains the change; None where a sensor is to be named."""
    row, former = one.row, one.former
    if former is None:
        return Cause(CauseCode.PREMIERE)
    before = State(RiskLevel(former.level), DataStatus(former.data_status))
    after = State(RiskLevel(row["level"]), DataStatus(row["data_status"]))
    if after.lost and after.status is not before.status:
        return _silence(run, row, after.status)
    if before.lost and not after.lost:
        return Cause(CauseCode.RETOUR, on=row["measured_on"].isoformat() if row["measured_on"] else None)
    return replaced or _beside_probability(run, row, former)


def _beside_probability(run: ScoredRun, row: Stored, former: FormerScore) -> Cause | None:
    """Days left or the trust in the data, where the probability alone would not have changed the level."""
    was, now = former.probability, row["probability"]
    if was is None or now is None:
        return None
    if risk_alone(run.policy, was, None) is not risk_alone(run.policy, now, None):
        return None
    sooner = _raising_days(run, former.days_left, former.days_low)
    later = _raising_days(run, row["days_left"], row["days_low"])
    if risk_alone(run.policy, was, sooner) is not risk_alone(run.policy, now, later):
        return Cause(CauseCode.DELAI, before=former.days_left, after=row["days_left"])
    if former.data_status == row["data_status"]:
        return None
    doubt = next((f.message for f in _findings(row) if data_status([f]) is DataStatus.DOUTEUX), None)
    return Cause(CauseCode.DOUTEUSE, label=doubt) if doubt else Cause(CauseCode.FIABLE)


def _silence(run: ScoredRun, row: Stored, status: DataStatus) -> Cause:
    """Why there is no usable measurement: too old, missing, or a machine stopped on purpose."""
    findings = _findings(row)
    if status is DataStatus.PERIME and counts_as_dead(status, findings) and row["measured_on"]:
        age = (run.as_of - row["measured_on"]).days
        return Cause(CauseCode.PERIMEE, before=run.policy.max_age_days, after=age)
    code = CauseCode.PERIMEE if status is DataStatus.PERIME else CauseCode.SANS_SCORE
    return Cause(code, label=findings[0].message if findings else None)


def _sensors(connection: Connection, run: ScoredRun, some: Sequence[_Compared]) -> dict[int, Cause]:
    """The sensor behind each change, by turbine key: both measurements explained by the run's own model."""
    pairs = [
        (one, one.former.measurement, one.row["measurement"])
        for one in some
        if one.former and one.former.measurement and one.row["measurement"]
    ]
    values = changes.values_of(connection, [key for _, *keys in pairs for key in keys])
    readings = [Reading(str(one.row["turbine"]), None, values[key]) for one, *keys in pairs for key in keys]
    _, found = drivers(readings, run.models) if readings else (None, [])
    named = {}
    for at, (one, _, _) in enumerate(pairs):
        before, after = (_weights(some_drivers, run.models) for some_drivers in found[2 * at : 2 * at + 2])
        was, now = one.former.probability if one.former else None, one.row["probability"]
        cause = sensor_cause(before, after, rising=(now or 0.0) > (was or 0.0))
        if cause is not None:
            named[one.row["turbine"]] = cause
    return named


def _weights(found: Sequence[Driver], models: ActiveModels) -> list[Weight]:
    kinds = {name: spec.dtype for name, spec in models.features.items()}
    return [
        Weight(
            feature=one.feature,
            label=one.label,
            unit=one.unit,
            value=one.value,
            contribution=one.contribution,
            marker=one.marker,
            binary=kinds[one.feature] == "binary",
        )
        for one in found
    ]


def _by_probability(one: _Compared) -> Cause:
    before = one.former.probability if one.former else None
    return Cause(CauseCode.PROBABILITE, before=before, after=one.row["probability"])


def _raising_days(run: ScoredRun, days: float | None, low: float | None) -> TimeToFailure | None:
    """Days left, from a model that may raise a level; nothing from another."""
    may_raise = run.models.regressor is not None and run.models.regressor.may_raise
    return _days(days, low) if may_raise else None


def _days(days: float | None, low: float | None) -> TimeToFailure | None:
    return None if days is None else TimeToFailure(days, low)


def _findings(row: Stored) -> list[Finding]:
    return [Finding(**finding) for finding in row["warnings"] or ()]
