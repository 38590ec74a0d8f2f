"""Raw outputs of a scikit-learn estimator."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.ensemble._forest import BaseForest

from api.inference.serving.loaded import Floats
from api.inference.serving.parts import quieten


class SklearnOutput:
    """Raw outputs of a scikit-learn estimator, the same as when it is called directly.

    Args:
        estimator: fitted; it is changed (one thread, no progress lines, no feature names on a forest).
        features: names of the columns of the rows to answer.
        positive: column of the failure class, None for a regressor.
    """

    def __init__(self, estimator: BaseEstimator, features: tuple[str, ...], positive: int | None) -> None:
        quieten(estimator)
        self._estimator = estimator
        self._columns: list[str] | None = list(features)
        self._positive = positive
        if isinstance(estimator, BaseForest) or not hasattr(estimator, "feature_names_in_"):
            # A forest reads positions only. Without its names it takes the array as it is, and no DataFrame
            # is built, which would cost more than a small forest's answer. An estimator fitted without names
            # warns when it receives some.
            vars(estimator).pop("feature_names_in_", None)
            self._columns = None

    def __call__(self, features: Floats) -> Floats:
        """Return the (n,) probabilities of failure, or days, of (n, k) features in order."""
        table: Any = features if self._columns is None else pd.DataFrame(features, columns=self._columns)
        if self._positive is None:
            days: Floats = np.asarray(self._estimator.predict(table), dtype=np.float64).reshape(len(features))
            return days
        probabilities: Floats = self._estimator.predict_proba(table)[:, self._positive]
        # A mean over trees may exceed 1 by a rounding error, and then would not be a probability.
        return np.clip(probabilities.astype(np.float64, copy=False), 0.0, 1.0)
