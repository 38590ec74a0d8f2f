"""Whether a turbine's successive measurements depend on each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

MIN_ROWS = 20
# Under independence a lag-1 autocorrelation has standard deviation 1/√n (M. S. Bartlett, 1946); three of them
# leave one sensor in 370 to chance.
SIGMAS = 3.0


def lag1_autocorrelation(values: Sequence[float]) -> float:
    """Return the correlation of each value with the next, from -1 to 1; 0 for a constant series."""
    series = np.asarray(values, dtype=np.float64)
    centred = series - series.mean()
    spread = float(centred @ centred)
    return float(centred[:-1] @ centred[1:]) / spread if spread > 0 else 0.0


def successive_rows_are_independent(columns: Mapping[str, Sequence[float | None]]) -> bool:
    """Tell whether measurements predict nothing of the next ones: a curve then shows noise, not wear.

    Args:
        columns: sensor name to values in the order of time, None for missing; constant columns do not count.
    """
    present = {name: [v for v in column if v is not None] for name, column in columns.items()}
    varying = [values for values in present.values() if len(values) >= MIN_ROWS and min(values) < max(values)]
    return bool(varying) and all(
        abs(lag1_autocorrelation(values)) <= SIGMAS / len(values) ** 0.5 for values in varying
    )
