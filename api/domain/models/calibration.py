"""Calibrated probability: fitted on unseen rows, judged on turbines that the fit did not see.

Recalibrating on a dozen failures makes a probability worse, not better; so nothing is tried below
:data:`MIN_EVENTS` independent failures, and nothing adopted unless the whole 95 % interval of the gain in
Brier score is on the right side.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from api.domain.models.statistics import Estimate, Floats, GroupBootstrap
from api.schemas import french

Method = Literal["platt", "isotonique"]
Status = Literal["non_calibree", "platt", "isotonique", "sans_objet"]

MIN_EVENTS = 50
FOLDS = 10
_SEED = 5
# Raw probabilities of 0 and 1 have no log-odds: they count as one in a thousand from the end.
_EDGE = 1e-3


@dataclass(frozen=True)
class CalibrationTable:
    """A calibration that can be applied without any library.

    Args:
        method: ``platt``: one point, slope and intercept over the log-odds; ``isotonique``: a broken line.
        x: slope, or raw probabilities in increasing order.
        y: intercept, or the calibrated probability of each.
    """

    method: Method
    x: tuple[float, ...]
    y: tuple[float, ...]

    def apply(self, raw: Floats) -> Floats:
        """Raw probabilities (n,) to calibrated ones."""
        if self.method == "isotonique":
            return np.interp(raw, self.x, self.y)
        odds: Floats = 1 / (1 + np.exp(-(self.x[0] * _log_odds(raw) + self.y[0])))
        return odds


@dataclass(frozen=True)
class CalibrationTrial:
    """One method, judged cross-fitted by turbine.

    Args:
        brier: of the calibrated probabilities.
        change: Brier score minus the raw one, with its interval; below zero is better.
    """

    method: Method
    brier: float
    change: Estimate


@dataclass(frozen=True)
class Calibration:
    """Whether the probability was recalibrated, and why.

    Args:
        status: the method adopted, ``non_calibree``, or ``sans_objet`` for days.
        reason: French sentence.
        raw_brier: of the raw probabilities on unseen rows, None where nothing was tried.
        trials: what was tried.
        table: what is applied, None where the raw probability is used.
    """

    status: Status
    reason: str
    raw_brier: float | None = None
    trials: tuple[CalibrationTrial, ...] = ()
    table: CalibrationTable | None = None


def group_folds(groups: NDArray[np.generic], count: int = FOLDS, seed: int = _SEED) -> NDArray[np.int64]:
    """(n,) fold of each row: whole groups are dealt out in a fixed random order."""
    names, index = np.unique(groups, return_inverse=True)
    place = np.random.default_rng(seed).permutation(len(names)) % min(count, max(len(names), 1))
    dealt: NDArray[np.int64] = place[index]
    return dealt


def folds_of(
    groups: NDArray[np.generic], count: int = FOLDS
) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """Masks of the rows to fit on and of those to judge on, which share no group."""
    dealt = group_folds(groups, count)
    for fold in range(int(dealt.max(initial=-1)) + 1):
        yield dealt != fold, dealt == fold


def fit(method: Method, raw: Floats, truth: Floats) -> CalibrationTable:
    """Platt's logistic over the log-odds (J. Platt, 1999), or isotonic regression (B. Zadrozny, 2002)."""
    # Imported here: applying a table needs no library.
    from sklearn.isotonic import IsotonicRegression  # noqa: PLC0415
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    if method == "isotonique":
        fitted = IsotonicRegression(y_min=0.0, y_max=1.0).fit(raw, truth)
        return CalibrationTable(
            method, tuple(fitted.X_thresholds_.tolist()), tuple(fitted.y_thresholds_.tolist())
        )
    line = LogisticRegression(C=1e6).fit(_log_odds(raw)[:, None], truth.astype(int))
    return CalibrationTable(method, (float(line.coef_[0, 0]),), (float(line.intercept_[0]),))


def cross_fitted(method: Method, raw: Floats, truth: Floats, turbines: NDArray[np.generic]) -> Floats:
    """(n,) probabilities calibrated by tables fitted on other turbines.

    Raises:
        ValueError: some fold leaves a single outcome to fit on.
    """
    out = np.empty(len(raw))
    for fitting, judged in folds_of(turbines):
        if len(np.unique(truth[fitting])) < 2:
            raise ValueError("a fold holds a single outcome")
        out[judged] = fit(method, raw[fitting], truth[fitting]).apply(raw[judged])
    return out


def try_methods(
    raw: Floats, truth: Floats, turbines: NDArray[np.generic]
) -> tuple[float, tuple[CalibrationTrial, ...]]:
    """The raw Brier score, and each method's, whatever the number of failures."""
    squared = (raw - truth) ** 2
    bootstrap = GroupBootstrap(turbines)
    trials = []
    methods: tuple[Method, ...] = ("platt", "isotonique")
    for method in methods:
        calibrated = (cross_fitted(method, raw, truth, turbines) - truth) ** 2
        change = bootstrap.mean(calibrated - squared)
        trials.append(CalibrationTrial(method, float(calibrated.mean()), change))
    return float(squared.mean()), tuple(trials)


def judge_calibration(raw: Floats, truth: Floats, turbines: NDArray[np.generic], events: int) -> Calibration:
    """Adopt the best calibration that surely helps, or keep the raw probability and say why.

    Args:
        raw: (n,) raw probabilities on unseen rows.
        truth: (n,) 1 for a failure, 0 otherwise.
        turbines: (n,) turbine of each row.
        events: independent failures among them.
    """
    if events < MIN_EVENTS:
        return _too_few_events(raw, truth, turbines, events)
    raw_brier, trials = try_methods(raw, truth, turbines)
    helpful = [trial for trial in trials if trial.change.high is not None and trial.change.high < 0]
    if not helpful:
        return Calibration("non_calibree", _NO_GAIN + _told(raw_brier, trials), raw_brier, trials)
    best = min(helpful, key=lambda trial: trial.brier)
    return Calibration(
        best.method,
        f"Calibrée sur {events} pannes distinctes non vues ; jugée sur d’autres turbines que celles de "
        f"l’ajustement, elle améliore sûrement le score de Brier.{_told(raw_brier, trials)}",
        raw_brier,
        trials,
        fit(best.method, raw, truth),
    )


def _too_few_events(raw: Floats, truth: Floats, turbines: NDArray[np.generic], events: int) -> Calibration:
    """Nothing is adopted; what the methods would have done is kept for the card, where it can be told."""
    reason = (
        f"Non calibrée : {events} pannes distinctes parmi les lignes non vues, il en faut {MIN_EVENTS} "
        "pour qu’une calibration ne fasse pas pire que la probabilité brute."
    )
    try:
        raw_brier, trials = try_methods(raw, truth, turbines)
    except ValueError:  # all failures are in one fold's turbines: nothing else to fit on
        return Calibration("non_calibree", reason)
    return Calibration("non_calibree", reason + _told(raw_brier, trials), raw_brier, trials)


_NO_GAIN = "Non calibrée : aucune méthode n’améliore sûrement le score de Brier sur d’autres turbines."


def _told(raw_brier: float, trials: tuple[CalibrationTrial, ...]) -> str:
    names = {"platt": "Platt", "isotonique": "isotonique"}
    tried = ", ".join(f"{names[trial.method]} {french.number(trial.brier, 4)}" for trial in trials)
    return f" Score de Brier : brute {french.number(raw_brier, 4)}, {tried}."


def _log_odds(raw: Floats) -> Floats:
    kept = np.clip(raw, _EDGE, 1 - _EDGE)
    odds: Floats = np.log(kept / (1 - kept))
    return odds
