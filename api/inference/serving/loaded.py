"""A model in memory: its raw outputs, its calibrated outputs and intervals, and their explanation."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from api.inference.explaining.explanation import MAX_FEATURES, Explainer, Explanation, ShapleyExplainer
from api.inference.explaining.leaves import MAX_TABLE_BYTES, LeafExplainer, Leaves
from api.inference.explaining.sampling import SampledExplainer
from api.inference.serving.manifest import Manifest

Floats = NDArray[np.float64]
RawOutput = Callable[[Floats], Floats]


class LoadedModel:
    """One version, ready to answer. Safe to share between threads: no answer depends on another.

    Args:
        manifest: of the version.
        output: computes the raw output.
        background: (m, k) rows for explanations, None where the importer had no data.
        leaves: of the model, where it is a plain sum of trees: they explain it faster.
    """

    def __init__(
        self,
        manifest: Manifest,
        output: RawOutput,
        background: Floats | None,
        leaves: Leaves | None = None,
    ) -> None:
        self.manifest = manifest
        self._output = output
        self._background, self._leaves = background, leaves
        self._lock = threading.Lock()
        self._explainer: Explainer | None = None

    def raw(self, features: Floats) -> Floats:
        """Return the raw outputs, before any calibration or policy.

        Args:
            features: (n, k) in the manifest's order, finite.

        Returns:
            (n,) probabilities of the failure class, or days.
        """
        if not len(features):
            return np.zeros(0)
        return self._output(np.ascontiguousarray(features, dtype=np.float64))

    def calibrated(self, raw: Floats) -> Floats:
        """Return what people see of (n,) raw outputs.

        Probabilities are calibrated by the manifest's table, unchanged without one; days are never negative.
        """
        if self.manifest.task == "regression":
            return np.maximum(raw, 0.0)
        table = self.manifest.calibration.table
        return raw if table is None else table.apply(raw)

    def interval(self, days: Floats) -> tuple[Floats, Floats] | None:
        """Return the (n,) lower and upper bounds around (n,) raw days, never below zero.

        Returns:
            None where the version has no interval: a classifier, or too few unseen rows.
        """
        table = self.manifest.interval
        return None if table is None else table.bounds(days)

    def interval_reliable(self, days: Floats) -> NDArray[np.bool_]:
        """Tell for each of (n,) predictions whether the interval reaches its target there; if not, warn."""
        table = self.manifest.interval
        return np.zeros(len(days), dtype=bool) if table is None else table.reliable(days)

    def interval_proved(self, days: Floats) -> NDArray[np.bool_]:
        """Tell for each of (n,) predictions whether decisions may rest on the interval's lower bound."""
        table, admitted = self.manifest.interval, self.manifest.gate.may_raise
        return table.proved(days) if table is not None and admitted else np.zeros(len(days), dtype=bool)

    def explain(self, features: Floats) -> Explanation | None:
        """Return the Shapley values of the answer: raw days, or the probability after calibration.

        ``contributions`` sum to this answer minus ``base`` on each row.

        Returns:
            None where there are no background rows to explain against.
        """
        if self._background is None:
            return None
        rows = np.ascontiguousarray(features, dtype=np.float64)
        return self._ready_explainer(self._background).explain(rows, self._answers(rows))

    def warm(self) -> None:
        """Prepare the explainer now, so that the first request for an explanation does not wait for it."""
        if self._background is not None:
            self._ready_explainer(self._background)

    def _answers(self, features: Floats) -> Floats:
        raw = self.raw(features)
        return raw if self.manifest.task == "regression" else self.calibrated(raw)

    def _ready_explainer(self, background: Floats) -> Explainer:
        """Return the explainer, made once, when first needed: many versions never explain."""
        if self._explainer is None:
            with self._lock:
                if self._explainer is None:
                    # Leaves add up to the raw output, not to a calibrated one.
                    leaves = self._leaves if self.manifest.calibration.table is None else None
                    self._explainer = explainer_of(self._answers, background, leaves)
        return self._explainer


def explainer_of(predict: RawOutput, background: Floats, leaves: Leaves | None = None) -> Explainer:
    """Choose leaves where they are known and few, else every coalition, else sampled orders of features."""
    if leaves is not None and leaves.table_bytes <= MAX_TABLE_BYTES:
        return LeafExplainer(leaves, background)
    if background.shape[1] <= MAX_FEATURES:
        return ShapleyExplainer(predict, background)
    return SampledExplainer(predict, background)
