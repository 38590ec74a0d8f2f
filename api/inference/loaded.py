"""A model in memory: raw outputs and their explanation, whatever computes them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from api.inference.explanation import Explanation, ShapleyExplainer
from api.inference.manifest import Manifest

Floats = NDArray[np.float64]
RawOutput = Callable[[Floats], Floats]


class LoadedModel:
    """One version, ready to answer. Safe to share between threads: nothing changes after it is made.

    Args:
        manifest: of the version.
        output: what computes the raw output.
        background: (m, k) rows for explanations, None where the importer was given no data.
    """

    def __init__(self, manifest: Manifest, output: RawOutput, background: Floats | None) -> None:
        self.manifest = manifest
        self._output = output
        self._explainer = (
            ShapleyExplainer(output, background) if background is not None and manifest.explainable else None
        )

    def raw(self, features: Floats) -> Floats:
        """Raw outputs, before any calibration or policy.

        Args:
            features: (n, k) in the manifest's order, finite.

        Returns:
            (n,) probabilities of the failure class, or days.
        """
        if not len(features):
            return np.zeros(0)
        return self._output(np.ascontiguousarray(features, dtype=np.float64))

    def explain(self, features: Floats) -> Explanation | None:
        """Shapley values in the output's unit; ``contributions`` sum to ``raw − base`` on each row.

        Returns:
            None where no explanation can be given: no background rows, or too many features to enumerate.
        """
        if self._explainer is None:
            return None
        kept = np.ascontiguousarray(features, dtype=np.float64)
        return self._explainer.explain(kept, self.raw(kept))
