"""Measurements as arrays, what came before each of them, and medians that missing values do not disturb.

Days are counted from 1970-01-01 (``day_number``), with a fraction where an instant is known. Missing values
are NaN throughout.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Keys = NDArray[np.integer[Any]]
Bools = NDArray[np.bool_]
Numbers = float | Floats
"""One number, or one per row: the rules are written once for both."""
Flags = bool | np.bool_ | Bools

NAN = float("nan")
TO_DEVIATION = 1.4826  # median absolute deviation of a normal law to its standard deviation
_PARIS = ZoneInfo("Europe/Paris")
_EPOCH = date(1970, 1, 1).toordinal()
_SECONDS = 86_400
_MOST_DAYS = np.iinfo(np.uint16).max


def any_of(flags: Flags) -> bool:
    """Whether one row at least is flagged."""
    return flags if isinstance(flags, bool) else bool(np.any(flags))


def opposite(flags: Flags) -> Flags:
    """Not: the operator ``~`` of a plain bool is a number."""
    return not flags if isinstance(flags, bool) else ~flags


def day_number(day: date, at: datetime | None = None) -> float:
    """Days from 1970-01-01 to ``day``, with the hour of Paris where the instant ``at`` is known."""
    number = float(day.toordinal() - _EPOCH)
    if at is None:
        return number
    clock = at.astimezone(_PARIS).time()
    return number + (clock.hour * 3600 + clock.minute * 60 + clock.second) / _SECONDS


def day_of(number: float) -> date:
    """The calendar day of a day number."""
    return date.fromordinal(int(number) + _EPOCH)


@dataclass(frozen=True)
class Measurements:
    """A table of measurements by turbine, then by time; built by :func:`arranged`.

    Attributes:
        turbine: number of the turbine, any integers, shape ``(rows,)``, never decreasing.
        day: day number, shape ``(rows,)``, never decreasing within a turbine.
        values: sensor name to values in the catalogue's unit, each ``(rows,)``, NaN where missing.
        rated_kw: rated power of the row's turbine [kW], NaN where unknown.
        in_service: False where the turbine is stopped on purpose.
        order: position of each row in the arrays that were given.
    """

    turbine: Keys
    day: Floats
    values: Mapping[str, Floats]
    rated_kw: Floats
    in_service: Bools
    order: Keys

    def __len__(self) -> int:
        return len(self.turbine)

    def column(self, name: str) -> Floats:
        """Values of one sensor; all missing where the table does not have it."""
        found = self.values.get(name)
        return np.full(len(self), np.nan) if found is None else found

    def kept(self, wanted: Bools) -> Measurements:
        """The rows where ``wanted`` is True; the table itself where all are."""
        if wanted.all():
            return self
        return Measurements(
            self.turbine[wanted],
            self.day[wanted],
            {name: column[wanted] for name, column in self.values.items()},
            self.rated_kw[wanted],
            self.in_service[wanted],
            self.order[wanted],
        )

    def last_rows(self) -> Ints:
        """All rows of each turbine's last day."""
        if not len(self):
            return np.empty(0, dtype=np.intp)
        newest = self.newest()
        lengths = np.diff(newest, prepend=-1)
        return np.flatnonzero(self.day >= np.repeat(np.floor(self.day[newest]), lengths))

    def newest(self) -> Ints:
        """The last row of each turbine, in the order of the turbines' numbers."""
        ends = np.flatnonzero(self.turbine[1:] != self.turbine[:-1])
        return np.append(ends, [len(self) - 1] if len(self) else []).astype(np.intp)

    def before(self, rows: Ints, depth: int, turbines: Ints | None = None) -> Ints:
        """Positions of the ``depth`` rows of the same turbine before each of ``rows``, newest first.

        Args:
            rows: positions, shape ``(n,)``; ``len(self)`` stands for a row to come of the last turbine.
            depth: how far back.
            turbines: number of each row's turbine, shape ``(n,)``, where rows to come stand among the
                stored ones; None where each position is a row of its own turbine.

        Returns:
            Shape ``(n, depth)``, -1 where the turbine has no earlier row.
        """
        own = self.turbine[np.minimum(rows, len(self) - 1)] if turbines is None else turbines
        first = np.searchsorted(self.turbine, own, side="left")
        earlier = rows[:, None] - np.arange(1, depth + 1)
        found: Ints = np.where(earlier >= first[:, None], earlier, -1)
        return found


def arranged(
    turbine: ArrayLike,
    day: ArrayLike,
    values: Mapping[str, ArrayLike],
    *,
    rated_kw: ArrayLike | None = None,
    in_service: ArrayLike | None = None,
) -> Measurements:
    """Measurements in the order of the rules; readings of one instant keep the order in which they are given.

    Args:
        turbine: a whole number per row that names its turbine.
        day: day number per row.
        values: sensor name to one value per row, NaN where missing.
        rated_kw: rated power of the row's turbine [kW], NaN or zero where unknown; None where all are.
        in_service: False where the turbine is stopped on purpose; None where none is.

    Raises:
        ValueError: columns of different lengths, or a day that is not finite.
    """
    turbines, days = np.asarray(turbine), np.asarray(day, dtype=np.float64)
    if turbines.dtype.kind not in "iu":
        turbines = turbines.astype(np.intp)
    rows = len(days)
    rated = np.full(rows, np.nan) if rated_kw is None else np.asarray(rated_kw, dtype=np.float64)
    if (rated <= 0).any():
        rated = np.where(rated > 0, rated, np.nan)
    service = np.ones(rows, dtype=np.bool_) if in_service is None else np.asarray(in_service, dtype=np.bool_)
    columns = {name: np.asarray(column, dtype=np.float64) for name, column in values.items()}
    if any(len(column) != rows for column in (turbines, rated, service, *columns.values())):
        raise ValueError("all columns must have one entry per row")
    if not np.isfinite(days).all():
        raise ValueError("each row must have its day")
    if _in_order(turbines, days):  # as the database gives them: a large park is not held twice
        return Measurements(turbines, days, columns, rated, service, np.arange(rows, dtype=np.int32))
    order = np.lexsort((days, turbines))
    return Measurements(
        turbines[order],
        days[order],
        {name: column[order] for name, column in columns.items()},
        rated[order],
        service[order],
        order,
    )


def _in_order(turbines: Keys, days: Floats) -> bool:
    same = turbines[1:] == turbines[:-1]
    return bool(((turbines[1:] > turbines[:-1]) | (same & (days[1:] >= days[:-1]))).all())


def by_time(days: Floats) -> Keys:
    """Positions in the order of time, those of one instant in the order in which they stand; 32 bits each."""
    return _order_of_time(days).astype(np.int32)


def _order_of_time(days: Floats) -> Ints:
    if len(days):
        first = np.floor(days.min())
        if days.max() - first <= _MOST_DAYS:
            whole = np.subtract(days, first, dtype=np.float32).astype(np.uint16)
            if (whole + first == days).all():
                # NumPy sorts so small integers digit by digit, ten times as fast.
                return np.argsort(whole, kind="stable")
    return np.argsort(days, kind="stable")


def taken(column: Floats, positions: Ints) -> Floats:
    """``column`` at ``positions``, NaN where the position is -1; same shape as ``positions``."""
    if not len(column):
        return np.full(positions.shape, np.nan)
    found: Floats = np.where(positions >= 0, column[positions], np.nan)
    return found


def counts(rows: Floats) -> Ints:
    """Present values per row of a matrix."""
    present: Ints = np.count_nonzero(~np.isnan(rows), axis=1)
    return present


def quantiles(rows: Floats, share: float) -> Floats:
    """The ``share`` quantile of the present values of each row, interpolated; NaN where there is none."""
    present = counts(rows)
    ordered = np.sort(rows, axis=1)  # NaN comes last
    at = share * np.maximum(present - 1, 0)
    low = np.floor(at).astype(np.intp)
    high = np.minimum(low + 1, np.maximum(present - 1, 0))
    below = np.take_along_axis(ordered, low[:, None], axis=1)[:, 0]
    above = np.take_along_axis(ordered, high[:, None], axis=1)[:, 0]
    return below + (at - low) * (above - below)


def medians(rows: Floats) -> Floats:
    """The median of the present values of each row; NaN where there is none."""
    return quantiles(rows, 0.5)


def deviations(rows: Floats, centres: Floats) -> Floats:
    """Robust standard deviation of each row around its centre; NaN where there is no value."""
    return TO_DEVIATION * medians(np.abs(rows - centres[:, None]))


def median(values: Floats) -> float:
    """Median of the present values; NaN where there is none."""
    present = values[~np.isnan(values)]
    return float(np.median(present)) if len(present) else NAN


def deviation(values: Floats) -> float:
    """Robust standard deviation of the present values; NaN where there is none."""
    return TO_DEVIATION * median(np.abs(values - median(values)))
