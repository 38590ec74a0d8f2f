"""Calibrated probability: fitted on unseen rows, judged on turbines that the fit did not see.

A calibration on a dozen failures makes a probability worse. So none is adopted below :data:`MIN_EVENTS`
independent failures, nor where the 95 % interval of the change in Brier score reaches zero.
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
# 0 and 1 have no log-odds: raw probabilities are kept this far from them.
_EDGE = 1e-3


@dataclass(frozen=True)
class CalibrationTable:
    """A calibration that needs no library to be applied.

    Args:
        method: ``platt``, a slope and an intercept over the log-odds; or ``isotonique``, a broken line.
        x: slope, or raw probabilities in increasing order.
        y: intercept, or the calibrated probability of each.
    """

    method: Method
    x: tuple[float, ...]
    y: tuple[float, ...]

    def apply(self, raw: Floats) -> Floats:
        """Return the calibrated probabilities of (n,) raw ones."""
        if self.method == "isotonique":
            return np.interp(raw, self.x, self.y)
        odds: Floats = 1 / (1 + np.exp(-(self.x[0] * _log_odds(raw) + self.y[0])))
        return odds


@dataclass(frozen=True)
class CalibrationTrial:
    """One method, judged on turbines that each fit left out.

    Args:
        brier: Brier score of the calibrated probabilities.
        change: this score minus the raw one's, with its interval; below zero is better.
    """

    method: Method
    brier: float
    change: Estimate


@dataclass(frozen=True)
class Calibration:
    """Whether the probability is calibrated, and why.

    Args:
        status: the method adopted, ``non_calibree``, or ``sans_objet`` for days.
        reason: French sentence.
        raw_brier: Brier score of the raw probabilities on unseen rows; None if nothing was tried.
        trials: the methods that were tried.
        table: the calibration in use; None if the raw probability is used.
    """

    status: Status
    reason: str
    raw_brier: float | None = None
    trials: tuple[CalibrationTrial, ...] = ()
    table: CalibrationTable | None = None


def folds_of(groups: NDArray[np.generic]) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """Yield, for each fold, masks of the rows to fit on and of those to judge on, which share no group.

    Groups are dealt out in a fixed random order. scikit-learn's ``GroupKFold`` deals them out otherwise: the
    figures of the versions in store could no longer be computed again.
    """
    names, index = np.unique(groups, return_inverse=True)
    count = min(FOLDS, len(names))
    order = np.random.default_rng(_SEED).permutation(len(names))
    for fold in range(count):
        judged = (order % count == fold)[index]
        yield ~judged, judged


def fit(method: Method, raw: Floats, truth: Floats) -> CalibrationTable:
    """Fit Platt's logistic over the log-odds (J. Platt, 1999), or isotonic regression (B. Zadrozny, 2002)."""
    # To apply a table needs no scikit-learn.
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
    """Return (n,) probabilities, each calibrated by a table fitted on other turbines.

    Raises:
        ValueError: a fold leaves a single outcome to fit on.
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
    """Return the raw Brier score, and each method's trial, whatever the number of failures.

    Raises:
        ValueError: as :func:`cross_fitted`.
    """
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
    """Adopt the best calibration that surely helps, else keep the raw probability; say why.

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
        return Calibration("non_calibree", _NO_GAIN + _scores_in_words(raw_brier, trials), raw_brier, trials)
    best = min(helpful, key=lambda trial: trial.brier)
    return Calibration(
        best.method,
        f"Calibrée sur {french.counted(events, 'panne distincte non vue')} ; jugée sur d’autres turbines "
        f"que celles de "
        f"l’ajustement, elle améliore sûrement le score de Brier.{_scores_in_words(raw_brier, trials)}",
        raw_brier,
        trials,
        fit(best.method, raw, truth),
    )


def _too_few_events(raw: Floats, truth: Floats, turbines: NDArray[np.generic], events: int) -> Calibration:
    """Adopt nothing; keep what the methods would have done for the card, if it can be computed."""
    reason = (
        f"Non calibrée : {french.counted(events, 'panne distincte')} parmi les lignes non vues, il en faut "
        f"{MIN_EVENTS} pour qu’une calibration ne fasse pas pire que la probabilité brute."
    )
    try:
        raw_brier, trials = try_methods(raw, truth, turbines)
    except ValueError:  # one fold has all the failures: no other is left to fit on
        return Calibration("non_calibree", reason)
    return Calibration("non_calibree", reason + _scores_in_words(raw_brier, trials), raw_brier, trials)


_NO_GAIN = "Non calibrée : aucune méthode n’améliore sûrement le score de Brier sur d’autres turbines."


def _scores_in_words(raw_brier: float, trials: tuple[CalibrationTrial, ...]) -> str:
    names = {"platt": "Platt", "isotonique": "isotonique"}
    tried = ", ".join(f"{names[trial.method]} {french.number(trial.brier, 4)}" for trial in trials)
    return f" Score de Brier : brute {french.number(raw_brier, 4)}, {tried}."


def _log_odds(raw: Floats) -> Floats:
    kept = np.clip(raw, _EDGE, 1 - _EDGE)
    odds: Floats = np.log(kept / (1 - kept))
    return odds
