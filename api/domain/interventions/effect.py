"""What the runs that follow a closed intervention say of it, and what its verdict tells of the alert. Pure.

Only measurements taken after the day the work ended count: an older one tells of the machine as it was. Alert
and calm are the levels that the policy of each run gave (``eleve`` and above from its threshold), and
``urgent_days`` is the policy's too:

* the last such measurement is in alert: ``sans_effet`` where none was calm before it, else ``rechute``;
* it is calm, and so were all those of the last ``urgent_days``, over at least that long since the work:
  ``effet_constate``, for the failure announced within that time did not come and is announced no more;
* otherwise, or without such a measurement: ``trop_tot``.

Nothing later than :data:`WATCHED` times ``urgent_days`` after the work is looked at, nor anything after the
next intervention on the turbine: an alert that comes so late is another one.
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
    """One published score of the turbine that rests on a measurement: day of the latter, level shown."""

    measured_on: date
    level: RiskLevel

    @property
    def alerts(self) -> bool:
        """Whether the level asks for an intervention."""
        return self.level in ALERTS


def last_watched_day(done_on: date, policy: RiskPolicy) -> date:
    """Last day that may say anything of an intervention that ended on ``done_on``."""
    return done_on + timedelta(days=WATCHED * policy.urgent_days)


def effect_of(
    opened_at: RiskLevel | None,
    done_on: date,
    readings: Iterable[Reading],
    policy: RiskPolicy,
    next_done_on: date | None = None,
) -> Effect | None:
    """What became of the alert behind an intervention.

    Args:
        opened_at: level when it was opened; without an alert there is no effect to wait for, and None comes.
        done_on: day the work ended.
        readings: published scores of the turbine, any order.
        policy: in force.
        next_done_on: day the next intervention on the turbine ended.
    """
    if opened_at not in ALERTS:
        return None
    until = min(last_watched_day(done_on, policy), next_done_on or date.max)
    fresh = sorted(
        (one for one in readings if done_on < one.measured_on <= until), key=lambda one: one.measured_on
    )
    if not fresh:
        return Effect.TROP_TOT
    last = fresh[-1]
    if last.alerts:
        return Effect.RECHUTE if any(not one.alerts for one in fresh) else Effect.SANS_EFFET
    since = last.measured_on - timedelta(days=policy.urgent_days)
    quiet = all(not one.alerts for one in fresh if one.measured_on > since)
    return Effect.EFFET_CONSTATE if quiet and since >= done_on else Effect.TROP_TOT


@dataclass(frozen=True, slots=True)
class VerdictOutcome:
    """What a closed intervention tells of the alert that it was opened for.

    Args:
        intervention: its number.
        turbine: identifier.
        done_on: day the work ended.
        verdict: as the technician gave it.
        opened_at: level when it was opened.
        measurement: row that was scored then, None where there was none.
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
        false_alerts: nothing found.
        estimate: confirmed ÷ (confirmed + false alerts), with Wilson's 95 % interval.
    """

    counts: dict[Verdict, int]
    confirmed: int
    false_alerts: int
    estimate: Estimate


def precision_of(outcomes: Sequence[VerdictOutcome]) -> Precision:
    """The precision that verdicts show; those that do not decide are counted apart."""
    found = Counter(one.verdict for one in outcomes)
    confirmed = sum(found[verdict] for verdict in CONFIRMING)
    false_alerts = found[Verdict.FAUSSE_ALERTE]
    counts = {verdict: found[verdict] for verdict in Verdict}
    return Precision(counts, confirmed, false_alerts, wilson(confirmed, confirmed + false_alerts))
