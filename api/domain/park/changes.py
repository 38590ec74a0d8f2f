"""Changes of a turbine between two published runs, and the events to announce, without oscillations.

Two pure functions. :func:`kind_of` has no memory: it compares two rankings as people saw them.
:func:`event_of` has margins: a fall is announced only once it is clear, so that a turbine which wavers around
a bound makes one event and not ten. All that it remembers is the level last announced.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from api.domain.park.change_causes import Cause, sentence
from api.domain.policy.levels import SEVERITY, Severity, TimeToFailure, assess
from api.domain.policy.risk_policy import RiskPolicy
from api.schemas.vocabulary import LOST, ChangeKind, DataStatus, RiskLevel

# An announced level falls only under half its bound. In the default policy the next bound lies at a quarter
# or a fifth, so the margin stays inside the band and a real fall of one level is still announced.
MARGIN = 0.5
# Days left must pass the urgent bound by as much: about the mean error of EnergiTech's model B (3.4 d).
DAYS_MARGIN = 3.0


@dataclass(frozen=True)
class State:
    """Level of risk and state of the data of a turbine in a run."""

    level: RiskLevel
    status: DataStatus

    @property
    def lost(self) -> bool:
        """Whether the level has no usable measurement behind it."""
        return self.status in LOST


@dataclass(frozen=True)
class Assessment:
    """The result of a run for a turbine.

    Args:
        state: as published.
        probability: of a failure within 7 days; None where nothing could be scored.
        days: time to failure, only from a model that may raise a level.
    """

    state: State
    probability: float | None
    days: TimeToFailure | None = None


class Change(NamedTuple):
    """The change of a turbine since the previous run, as the two rankings show it.

    Args:
        kind: from :func:`kind_of`.
        previous_level: in the previous run.
        cause: of the change.
    """

    kind: ChangeKind
    previous_level: RiskLevel
    cause: Cause

    @property
    def sentence(self) -> str:
        """The cause in one French sentence."""
        return sentence(self.cause)


def kind_of(before: State, after: State) -> ChangeKind | None:
    """Return the main change between two states; None without a change worth announcing.

    Data that become doubtful change nothing here unless the level moves with them.
    """
    critical = RiskLevel.CRITIQUE
    if after.level is critical and before.level is not critical:
        return ChangeKind.ENTREE_CRITIQUE
    if after.lost and after.status is not before.status:
        return ChangeKind(after.status.value)
    if before.lost and not after.lost:
        return ChangeKind.RETOUR
    if before.level is critical and after.level is not critical:
        return ChangeKind.SORTIE_CRITIQUE
    if before.level is after.level:
        return None
    return ChangeKind.HAUSSE if SEVERITY[after.level] > SEVERITY[before.level] else ChangeKind.BAISSE


def event_of(
    announced: State | None, assessment: Assessment, policy: RiskPolicy
) -> tuple[ChangeKind | None, RiskLevel]:
    """Return the event to announce, if any, and the level announced from now on.

    A rise is announced at once, a fall only beyond the margins. The minimum level of doubtful data is
    ignored: a sensor that is in doubt every other day is no change of risk. While no usable data arrive, the
    announced level stays.

    Args:
        announced: level last announced, with the state of the data in the previous run; None for a new
            turbine.
        assessment: of this run.
        policy: of this run.
    """
    level = _announced_level(announced, assessment, policy)
    if announced is None:
        new_and_critical = level is RiskLevel.CRITIQUE and not assessment.state.lost
        return (ChangeKind.ENTREE_CRITIQUE if new_and_critical else None), level
    return kind_of(announced, State(level, assessment.state.status)), level


def _announced_level(announced: State | None, assessment: Assessment, policy: RiskPolicy) -> RiskLevel:
    if assessment.probability is None or assessment.state.lost:
        return assessment.state.level if announced is None else announced.level
    level = risk_alone(policy, assessment.probability, assessment.days)
    if announced is None or SEVERITY[level] > SEVERITY[announced.level]:
        return level
    falls = _held(policy, assessment.probability, assessment.days) < SEVERITY[announced.level]
    return level if falls else announced.level


def risk_alone(policy: RiskPolicy, probability: float, days: TimeToFailure | None) -> RiskLevel:
    """Return the level by the models alone, whatever the state of the data."""
    return assess(policy, probability, days, DataStatus.OK).level


def _held(policy: RiskPolicy, probability: float, days: TimeToFailure | None) -> Severity:
    """Return the highest level within the margins."""
    nearer = days and TimeToFailure(
        days.days - DAYS_MARGIN, None if days.low is None else days.low - DAYS_MARGIN
    )
    return SEVERITY[risk_alone(policy, min(1.0, probability / MARGIN), nearer)]
