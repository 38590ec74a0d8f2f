"""What changed of a turbine between two published runs: told as it is, and told without its oscillations.

Two pure functions. :func:`kind_of` has no memory: it compares two rankings as people saw them.
:func:`event_of` has margins: a level is told again only once it has clearly fallen, so that a turbine which
wavers around a bound makes one event and not ten. All that it remembers is the level that it told last.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from api.domain.park.change_causes import Cause, sentence
from api.domain.plausibility.trust import LOST
from api.domain.policy.levels import SEVERITY, Severity, TimeToFailure, assess
from api.domain.policy.risk_policy import RiskPolicy
from api.schemas.vocabulary import ChangeKind, DataStatus, RiskLevel

# A level told once falls only under half its bound. In the policy of departure the next bound lies at a
# quarter or a fifth, so the margin stays inside the band and a real fall of one level is still told.
MARGIN = 0.5
# Days left must pass the urgent bound by as much: about the mean error of EnergiTech's model B (3.4 d).
DAYS_MARGIN = 3.0


@dataclass(frozen=True)
class State:
    """Level of risk and state of the data, of one turbine in one run."""

    level: RiskLevel
    status: DataStatus

    @property
    def lost(self) -> bool:
        """Whether no usable measurement stands behind the level."""
        return self.status in LOST


@dataclass(frozen=True)
class Seen:
    """What a run found of one turbine.

    Args:
        state: as it is published.
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
        """Return the cause in one French sentence."""
        return sentence(self.cause)


def kind_of(before: State, after: State) -> ChangeKind | None:
    """The most telling change between two states; None where nothing changed that a person would be told.

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


def event_of(told: State | None, seen: Seen, policy: RiskPolicy) -> tuple[ChangeKind | None, RiskLevel]:
    """The event to tell, if any, and the level that stands told from now on.

    A rise is told at once, a fall only beyond the margins. The floor under doubtful data is left out: a
    sensor that is in doubt every other day is no change of risk. While no usable data arrive, the level
    stays as it was told.

    Args:
        told: the level told last and the state of the data in the run before; None for a new turbine.
        seen: what this run found.
        policy: the rule of this run.
    """
    level = _told_level(told, seen, policy)
    if told is None:
        new_and_critical = level is RiskLevel.CRITIQUE and not seen.state.lost
        return (ChangeKind.ENTREE_CRITIQUE if new_and_critical else None), level
    return kind_of(told, State(level, seen.state.status)), level


def _told_level(told: State | None, seen: Seen, policy: RiskPolicy) -> RiskLevel:
    if seen.probability is None or seen.state.lost:
        return seen.state.level if told is None else told.level
    now = risk_alone(policy, seen.probability, seen.days)
    if told is None or SEVERITY[now] > SEVERITY[told.level]:
        return now
    return now if _held(policy, seen.probability, seen.days) < SEVERITY[told.level] else told.level


def risk_alone(policy: RiskPolicy, probability: float, days: TimeToFailure | None) -> RiskLevel:
    """The level that the models alone give, whatever the state of the data."""
    return assess(policy, probability, days, DataStatus.OK).level


def _held(policy: RiskPolicy, probability: float, days: TimeToFailure | None) -> Severity:
    """The highest level within the margins."""
    nearer = days and TimeToFailure(
        days.days - DAYS_MARGIN, None if days.low is None else days.low - DAYS_MARGIN
    )
    return SEVERITY[risk_alone(policy, min(1.0, probability / MARGIN), nearer)]
