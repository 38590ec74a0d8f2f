"""How often models without skill pass the gate, over many seeds.

As a program (``python -m tests.support.models.no_skill [SEEDS]``) it prints the share of each kind; a test
runs a few seeds. The rate that the gate states is that of a 95 % interval: at most 5 %.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from api.domain.models.evaluation import Unseen, evaluate_classification, evaluate_regression
from api.domain.models.gate import judge

STATED = 0.05
SEEDS = 200
_ROWS, _TURBINES = 600, 30
Floats = NDArray[np.float64]


def passes(seed: int) -> Iterator[tuple[str, bool]]:
    """Yield, for each kind of model without skill, whether it passes on a park of this seed."""
    rng = np.random.default_rng(seed)
    names = np.array([f"T{i}" for i in rng.integers(0, _TURBINES, _ROWS)])
    dates = np.datetime64("2024-10-01") + rng.integers(0, 90, _ROWS)
    days = np.clip(rng.normal(35, 12, _ROWS), 0.5, None)
    known = float(np.median(rng.normal(rng.uniform(20, 50), 12, 400)))  # the label may have drifted
    answers: dict[str, Floats] = {
        "jours : médiane connue": np.full(_ROWS, known),
        "jours : moyenne vue après coup": np.full(_ROWS, days.mean()),
        "jours : médiane vue après coup, à peine bruitée": np.median(days) + rng.normal(0, 0.01, _ROWS),
        "jours : hasard": rng.uniform(0, 70, _ROWS),
        "jours : étiquettes mélangées": _shuffled(rng, days, 0.1),
    }
    for kind, output in answers.items():
        yield kind, judge(evaluate_regression(Unseen(names, dates, days, output), known)).passed
    failed = (rng.random(_ROWS) < 0.05).astype(float)
    chances: dict[str, Floats] = {
        "panne : toujours jamais": np.zeros(_ROWS),
        "panne : part de pannes": np.full(_ROWS, failed.mean()),
        "panne : tirée à pile ou face": (rng.random(_ROWS) < 0.05).astype(float),
        "panne : hasard": rng.random(_ROWS),
        "panne : étiquettes mélangées": _shuffled(rng, failed, 0.3),
    }
    for kind, output in chances.items():
        yield kind, judge(evaluate_classification(Unseen(names, dates, failed, output))).passed


def _shuffled(rng: np.random.Generator, labels: Floats, share: float) -> Floats:
    """Return what a model fitted on shuffled labels answers: their mean, with part of their noise."""
    mean = float(labels.mean())
    answers: Floats = mean + share * (rng.permutation(labels) - mean)
    return answers


def passing(seeds: int) -> Counter[str]:
    """Count the seeds on which each kind passes; kinds that never pass count zero."""
    counted: Counter[str] = Counter()
    for seed in range(seeds):
        for kind, passed in passes(seed):
            counted[kind] += passed
    return counted


def main() -> None:
    """Print the share of each kind; end with 1 where one passes more often than stated."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS
    counted = passing(seeds)
    for kind, passed in counted.items():
        print(f"{kind:50} {passed:4d} / {seeds}  ({passed / seeds:.1%})")
    sys.exit(int(max(counted.values()) > STATED * seeds))


if __name__ == "__main__":
    main()
