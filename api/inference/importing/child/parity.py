"""Proof that a compiled model answers as scikit-learn does, and which of the two is faster at which size.

Only the importer's child process imports this.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from api.inference.importing.child.checks import Candidate
from api.inference.importing.child.trees import TreeSum, tree_sum
from api.inference.serving.loaded import Floats, RawOutput
from api.inference.serving.manifest import FeatureSpec
from api.schemas import french

TOLERANCE = 1e-6
RANDOM_ROWS = 100_000
SIZES = (1, 50, 1_000, 10_000, 100_000)
# scikit-learn takes over only where it is clearly faster: loading it costs a second and its memory, and two
# runs of one measurement differ by a tenth or two.
CLEARLY_FASTER = 1.25
_SEED = 11
_PHYSICAL_SHARE, _ROUNDED_SHARE, _ON_THRESHOLD_SHARE = 0.2, 0.5, 0.3
_UNKNOWN_RANGE = (0.0, 100.0)
_REPEATS, _BUDGET_S = 3, 0.5
_DECIMALS = 2


@dataclass(frozen=True)
class Compiled:
    """A compiled form whose answers were compared with scikit-learn's.

    Args:
        data: the ONNX file, None where nothing reproduces the original.
        output: the same, ready to answer.
        reason: French sentence for the card.
        largest_difference: over the rows compared, in the output's unit.
        rows_compared: how many.
        scikit_learn_from: rows from which scikit-learn is clearly faster, None where it never is.
    """

    data: bytes | None
    reason: str
    largest_difference: float
    rows_compared: int
    scikit_learn_from: int | None = None
    output: RawOutput | None = None


def compile_and_prove(
    candidate: Candidate, original: RawOutput, specs: Sequence[FeatureSpec], sample: Floats
) -> Compiled | None:
    """Compile to the fastest runtime that answers as the original.

    Args:
        candidate: the estimator that was checked.
        original: scikit-learn's output.
        specs: the features, with their ranges.
        sample: (n, k) labelled rows to compare too; may be empty.

    Returns:
        None where this system has no compiler.
    """
    try:
        from api.inference.importing.child.compilation import compiled_forms  # noqa: PLC0415
        from api.inference.serving.onnx_output import RUNTIME_ERRORS, OnnxOutput  # noqa: PLC0415
    except ModuleNotFoundError:
        return None
    summed = tree_sum(candidate.estimator, candidate.positive_index)
    rows = np.vstack([sample, rows_to_compare(specs, summed)])
    expected = original(rows)
    best: Compiled | None = None
    for data in compiled_forms(candidate.estimator, summed, candidate.features):
        try:
            output = OnnxOutput(data, candidate.features, candidate.positive_index)
            difference = float(np.abs(output(rows) - expected).max())
        except RUNTIME_ERRORS:
            continue
        if difference <= TOLERANCE:
            large_from = _taken_over_from(output, original, rows)
            words = _proof_words(difference, len(rows), large_from)
            return Compiled(data, words, difference, len(rows), large_from, output)
        if best is None or difference < best.largest_difference:
            best = Compiled(None, _difference_words(difference, len(rows)), difference, len(rows))
    return best or Compiled(None, _NOT_CONVERTED, 0.0, len(rows))


_NOT_CONVERTED = "scikit-learn, comme à l’entraînement : ce genre de modèle ne se compile pas en ONNX."


def rows_to_compare(specs: Sequence[FeatureSpec], summed: TreeSum | None, count: int = RANDOM_ROWS) -> Floats:
    """Draw random rows in range, many with rounded decimals and many exactly on split thresholds.

    Args:
        specs: the features; values are drawn in the training range, a fifth in the physical one.
        summed: gives the thresholds; none are drawn where the model is no sum of trees.
        count: number of rows.
    """
    generator = np.random.default_rng(_SEED)
    columns = []
    for index, spec in enumerate(specs):
        physical = _bounds(spec.physical_range)
        drawn = generator.uniform(*(spec.training_range or physical), count)
        wide = generator.random(count) < _PHYSICAL_SHARE
        drawn[wide] = generator.uniform(*physical, int(wide.sum()))
        rounded = generator.random(count) < _ROUNDED_SHARE
        drawn[rounded] = np.round(drawn[rounded], _DECIMALS)
        if spec.dtype != "float":
            drawn = np.rint(drawn)
        thresholds = np.zeros(0) if summed is None else summed.thresholds(index)
        if len(thresholds):
            on = generator.random(count) < _ON_THRESHOLD_SHARE
            drawn[on] = generator.choice(thresholds, int(on.sum()))
        columns.append(drawn)
    return np.column_stack(columns)


def _bounds(physical: tuple[float | None, float | None]) -> tuple[float, float]:
    low = _UNKNOWN_RANGE[0] if physical[0] is None else physical[0]
    high = max(low, _UNKNOWN_RANGE[1]) if physical[1] is None else physical[1]
    return min(low, high), high


def _taken_over_from(compiled: RawOutput, original: RawOutput, rows: Floats) -> int | None:
    """Return the smallest size from which scikit-learn is clearly faster at every larger size measured."""
    large_from: int | None = None
    # From the largest down: a single small size where scikit-learn happens to win does not count.
    for size in sorted(SIZES, reverse=True):
        # Distinct rows: a few rows repeated would favour a runtime that keeps the trees in its caches.
        batch = np.ascontiguousarray(rows[-size:])
        if _seconds(lambda: original(batch)) * CLEARLY_FASTER > _seconds(lambda: compiled(batch)):  # noqa: B023 - called at once
            return large_from
        large_from = size
    return large_from


def _seconds(call: Callable[[], object]) -> float:
    """Time a few calls and return the shortest: the one that nothing else disturbed."""
    best, spent = float("inf"), 0.0
    for _ in range(_REPEATS):
        start = time.perf_counter()
        call()
        took = time.perf_counter() - start
        best, spent = min(best, took), spent + took
        if spent > _BUDGET_S:
            break
    return best


def _proof_words(difference: float, rows: int, large_from: int | None) -> str:
    words = (
        f"Compilé en ONNX : mêmes sorties que scikit-learn à {_power(difference)} près sur "
        f"{french.counted(rows, 'ligne comparée')}, seuils des arbres compris."
    )
    if large_from is None:
        return f"{words} Il sert toutes les tailles de lot."
    large = french.counted(large_from, "ligne")
    return f"{words} À partir de {large} d’un coup, scikit-learn, plus rapide, répond."


def _difference_words(difference: float, rows: int) -> str:
    return (
        f"scikit-learn, comme à l’entraînement : la forme compilée s’en écarte jusqu’à "
        f"{_power(difference)} sur {french.counted(rows, 'ligne')}, plus que {_power(TOLERANCE)}."
    )


def _power(difference: float) -> str:
    """Write the power of ten just above a difference, as people do: 10⁻¹²."""
    if difference <= 0:
        return "0"
    exponent = math.ceil(math.log10(difference) - _ROUNDING)
    return french.power_of_ten(exponent)


_ROUNDING = 1e-9
