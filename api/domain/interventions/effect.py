"""The effect of a closed intervention, from the runs that follow it, and its verdict on the alert. Pure.

Only measurements taken after the day the work ended count: an older one shows the machine before the work.
Alert and calm are the levels by the policy of each run (``eleve`` and above is alert); ``urgent_days`` is the
policy's too:

* the last such measurement is in alert: ``sans_effet`` where none was calm before it, else ``rechute``;
* it is calm, and so were all those of the last ``urgent_days``, over at least that long since the work:
  ``effet_constate``, for the announced failure did not come in that time and is announced no more;
* otherwise, or without such a measurement: ``trop_tot``.

Measurements later than :data:`WATCHED` times ``urgent_days`` after the work do not count, nor do those after
the next intervention on the turbine: an alert that comes so late is another alert.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from api.domain.models.statistics import Estimate, wilson
from api.domain.policy.levels import ALERTS
from api.domain.policy.risk_policy import RiskPolicy
from api.schemas.vocabulary import Effect, RiskLevel, Verdict

WATCHED = 4
CONFIRMING = frozenset({Verdict.PANNE_CONFIRMEE, Verdict.DEGRADATION_TROUVEE})
DECIDING = CONFIRMING | {Verdict.FAUSSE_ALERTE}
SOURCE = "verdict"


@dataclass(frozen=True, slots=True)
class Reading:
    """A published score of the turbine that rests on a measurement: day of the measurement, level."""

    measured_on: date
    level: RiskLevel

    @property
    def alerts(self) -> bool:
        """Whether the level asks for an intervention."""
        return self.level in ALERTS


def last_watched_day(done_on: date, policy: RiskPolicy) -> date:
    """Return the last day that counts for an intervention that ended on ``done_on``."""
    return done_on + timedelta(days=WATCHED * policy.urgent_days)


def effect_of(
    opened_at: RiskLevel | None,
    done_on: date,
    readings: Iterable[Reading],
    policy: RiskPolicy,
    next_done_on: date | None = None,
) -> Effect | None:
    """Return the effect of an intervention on the alert behind it.

    Args:
        opened_at: level when it was opened; None is returned where it was no alert.
        done_on: day the work ended.
        readings: published scores of the turbine, in any order.
        policy: in force.
        next_done_on: day the next intervention on the turbine ended.
    """
    if opened_at not in ALERTS:
        return None
    until = min(last_watched_day(done_on, policy), next_done_on or date.max)
    fresh = sorted(
        (reading for reading in readings if done_on < reading.measured_on <= until),
        key=lambda reading: reading.measured_on,
    )
    if not fresh:
        return Effect.TROP_TOT
    last = fresh[-1]
    if last.alerts:
        return Effect.RECHUTE if any(not reading.alerts for reading in fresh) else Effect.SANS_EFFET
    since = last.measured_on - timedelta(days=policy.urgent_days)
    quiet = all(not reading.alerts for reading in fresh if reading.measured_on > since)
    return Effect.EFFET_CONSTATE if quiet and since >= done_on else Effect.TROP_TOT


@dataclass(frozen=True, slots=True)
class VerdictOutcome:
    """What a closed intervention says of the alert that it was opened for.

    Args:
        intervention: its number.
        turbine: identifier.
        done_on: day the work ended.
        verdict: as the technician gave it.
        opened_at: level when it was opened.
        measurement: row scored then, None where there was none.
    """

    intervention: int
    turbine: str
    done_on: date
    verdict: Verdict
    opened_at: RiskLevel | None
    measurement: int | None

    @property
    def confirmed(self) -> bool | None:
        """Whether the alert was right; None where the verdict does not decide."""
        return self.verdict in CONFIRMING if self.verdict in DECIDING else None


@dataclass(frozen=True)
class Precision:
    """Share of alerts that a visit confirmed.

    Args:
        counts: interventions by verdict, all five present.
        confirmed: failures and degradations found.
        false_alerts: alerts that a visit refuted.
        estimate: confirmed ÷ (confirmed + false alerts), with Wilson's 95 % interval.
    """

    counts: dict[Verdict, int]
    confirmed: int
    false_alerts: int
    estimate: Estimate


def precision_of(outcomes: Sequence[VerdictOutcome]) -> Precision:
    """Return the precision by the verdicts; those that do not decide are counted apart."""
    by_verdict = Counter(outcome.verdict for outcome in outcomes)
    confirmed = sum(by_verdict[verdict] for verdict in CONFIRMING)
    false_alerts = by_verdict[Verdict.FAUSSE_ALERTE]
    counts = {verdict: by_verdict[verdict] for verdict in Verdict}
    return Precision(counts, confirmed, false_alerts, wilson(confirmed, confirmed + false_alerts))
