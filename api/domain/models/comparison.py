"""Two models on the same rows, before anybody knows which is right: where they agree and where they differ.

Levels come from the model's output alone, at the policy's bounds. The state of the data or another model
would add the same to both levels, and hide how the two differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from api.domain.measurements.measurements import natural_key
from api.domain.models.statistics import REPLICATES, Estimate, Floats, GroupBootstrap, wilson
from api.domain.policy.levels import SEVERITY, Severity
from api.domain.policy.risk_policy import RiskPolicy

Task = Literal["classification", "regression"]
FIRST = 10
# With more turbines, fewer replicates place the bounds as well.
MANY = 500
# The two sides of the policy's urgent days, for an estimate of the time to failure.
NEAR, FAR = "imminente", "lointaine"


@dataclass(frozen=True)
class RowPair:
    """A row through both models.

    Args:
        turbine: its identifier.
        active: output of the model in force, a probability or days.
        candidate: output of the other one, in the same unit.
        active_level: level of risk, or side of the urgent days.
        candidate_level: likewise.
    """

    turbine: str
    active: float
    candidate: float
    active_level: str
    candidate_level: str

    @property
    def difference(self) -> float:
        """Candidate minus active."""
        return self.candidate - self.active


@dataclass(frozen=True)
class Overlap:
    """How many of the ``size`` most urgent rows of one ranking are also among those of the other."""

    size: int
    shared: int


@dataclass(frozen=True)
class Agreement:
    """How far two models agree.

    Args:
        rows: compared.
        same_level: share of rows at the same level.
        rank_correlation: Spearman's, from −1 to 1; None if a model answers the same on every row.
        tops: overlap of the top of the rankings: of the first ten, then of as many rows as the model in force
            puts at ``eleve`` or above, or at urgent days or fewer.
        mean_absolute_difference: probability (0 to 1) or days.
        mean_difference: likewise, signed: candidate minus active.
        pairs: every row, the widest difference first.
    """

    rows: int
    same_level: Estimate
    rank_correlation: float | None
    tops: tuple[Overlap, ...]
    mean_absolute_difference: float
    mean_difference: float
    pairs: tuple[RowPair, ...]


@dataclass(frozen=True)
class PooledAgreement:
    """Agreement over several runs.

    Intervals draw whole turbines, for the rows of a turbine resemble each other.

    ``mean_absolute_difference`` is in the models' own unit.
    """

    rows: int
    turbines: int
    same_level: Estimate
    mean_absolute_difference: Estimate


def compare_rows(
    turbines: Sequence[str], active: Floats, candidate: Floats, policy: RiskPolicy, task: Task
) -> Agreement:
    """Compare two models on identical rows.

    Args:
        turbines: (n,) identifier of each row.
        active: (n,) finite outputs of the model in force, probabilities or days.
        candidate: (n,) finite outputs of the other one.
        policy: its bounds make the levels.
        task: of both models.

    Raises:
        ValueError: no row, or vectors of differing lengths.
    """
    if not len(turbines) == len(active) == len(candidate) or not len(turbines):
        raise ValueError("both models must have scored the same rows, at least one")
    sides = [levels_of(output, policy, task) for output in (active, candidate)]
    place = _natural_places(turbines)
    difference = candidate - active
    rows = zip(turbines, active.tolist(), candidate.tolist(), *sides, strict=True)
    pairs = [RowPair(*row) for row in rows]
    urgent = sum(map(_is_urgent, sides[0]))
    sizes = dict.fromkeys((min(FIRST, len(pairs)), urgent))
    return Agreement(
        rows=len(pairs),
        same_level=wilson(sum(a == c for a, c in zip(*sides, strict=True)), len(pairs)),
        rank_correlation=_rank_correlation(active, candidate),
        tops=tuple(Overlap(size, _shared(active, candidate, place, task, size)) for size in sizes if size),
        mean_absolute_difference=float(np.abs(difference).mean()),
        mean_difference=float(difference.mean()),
        pairs=tuple(pairs[row] for row in np.lexsort((place, -np.abs(difference)))),
    )


def pool(agreements: Sequence[Agreement]) -> PooledAgreement:
    """Return one agreement for several runs of the same two models.

    Raises:
        ValueError: no run.
    """
    pairs = [pair for agreement in agreements for pair in agreement.pairs]
    if not pairs:
        raise ValueError("at least one run is needed")
    turbines = np.array([pair.turbine for pair in pairs])
    count = len(np.unique(turbines))
    bootstrap = GroupBootstrap(turbines, REPLICATES if count <= MANY else REPLICATES // 5)
    return PooledAgreement(
        rows=len(pairs),
        turbines=count,
        same_level=bootstrap.mean(np.array([pair.active_level == pair.candidate_level for pair in pairs])),
        mean_absolute_difference=bootstrap.mean(np.array([abs(pair.difference) for pair in pairs])),
    )


def levels_of(outputs: Floats, policy: RiskPolicy, task: Task) -> list[str]:
    """Return the level of each probability, or the side of the urgent days of each estimate.

    The same bounds as :func:`api.domain.policy.levels.assess`, for a whole park at once.
    """
    if task == "regression":
        return [NEAR if near else FAR for near in (outputs <= policy.urgent_days).tolist()]
    bounds = (policy.moderate_from, policy.threshold, policy.critical_from)
    names = [severity.level.value for severity in Severity]
    return [names[place] for place in np.searchsorted(bounds, outputs, side="right").tolist()]


def _is_urgent(level: str) -> bool:
    return level == NEAR or (level != FAR and SEVERITY[level] >= Severity.ELEVE)  # type: ignore[index]


def _natural_places(turbines: Sequence[str]) -> NDArray[np.int64]:
    """Return the (n,) place of each turbine in the natural order, which breaks the ranking's ties."""
    places = np.empty(len(turbines), dtype=np.int64)
    places[sorted(range(len(turbines)), key=lambda row: natural_key(turbines[row]))] = range(len(turbines))
    return places


def _shared(active: Floats, candidate: Floats, place: NDArray[np.int64], task: Task, size: int) -> int:
    """Count the rows among the ``size`` most urgent of both."""
    sign = -1.0 if task == "classification" else 1.0
    first, second = (np.lexsort((place, sign * output))[:size] for output in (active, candidate))
    return len(np.intersect1d(first, second))


def _rank_correlation(active: Floats, candidate: Floats) -> float | None:
    if np.ptp(active) == 0 or np.ptp(candidate) == 0:
        return None
    from scipy.stats import spearmanr  # noqa: PLC0415 - two thirds of a second, only to compare

    return float(spearmanr(active, candidate).statistic)
