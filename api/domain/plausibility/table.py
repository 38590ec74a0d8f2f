"""Measurements as arrays, the earlier ones of each, and medians that missing values do not disturb.

Days are counted from 1970-01-01 (``day_number``), with a fraction where an instant is known. Missing values
are NaN throughout.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from api.schemas import french

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Keys = NDArray[np.integer[Any]]
Bools = NDArray[np.bool_]
Numbers = float | Floats
"""A number, or one per row: the rules are written once for both."""
Flags = bool | np.bool_ | Bools
Scalar = TypeVar("Scalar", bound=np.generic)

NAN = float("nan")
TO_DEVIATION = 1.4826  # median absolute deviation of a normal law to its standard deviation
_EPOCH = date(1970, 1, 1).toordinal()
_SECONDS = 86_400


def any_of(flags: Flags) -> bool:
    """Tell whether at least one row is flagged."""
    return flags if isinstance(flags, bool) else bool(np.any(flags))


def opposite(flags: Flags) -> Flags:
    """Return the negation; the operator ``~`` of a plain bool would return a number."""
    return not flags if isinstance(flags, bool) else ~flags


def day_number(day: date, at: datetime | None = None) -> float:
    """Return the days from 1970-01-01 to ``day``, with the hour of Paris where ``at`` is known."""
    number = float(day.toordinal() - _EPOCH)
    if at is None:
        return number
    clock = at.astimezone(french.PARIS).time()
    return number + (clock.hour * 3600 + clock.minute * 60 + clock.second) / _SECONDS


def day_of(number: float) -> date:
    """Return the calendar day of a day number."""
    return date.fromordinal(int(number) + _EPOCH)


@dataclass(frozen=True)
class Repeated(Generic[Scalar]):
    """One value per turbine, valid on all of its rows; indexed by rows like the array that it replaces.

    Attributes:
        values: shape ``(turbines,)``.
        ends: position after each turbine's last row, shape ``(turbines,)``, never decreasing.
    """

    values: NDArray[Scalar]
    ends: Ints

    def __len__(self) -> int:
        return int(self.ends[-1]) if len(self.ends) else 0

    def __getitem__(self, rows: Keys) -> NDArray[Scalar]:
        """Return the values at these positions."""
        return self.values[np.searchsorted(self.ends, rows, side="right")]

    def kept(self, wanted: Bools) -> Repeated[Scalar]:
        """Return the same on the rows where ``wanted`` is True."""
        return Repeated(self.values, np.append(0, np.cumsum(wanted))[self.ends])


@dataclass(frozen=True)
class Measurements:
    """A table of measurements by turbine, then by time; built by :func:`arranged`.

    Attributes:
        turbine: number of the turbine, any integers, shape ``(rows,)``, never decreasing.
        day: day number, shape ``(rows,)``, never decreasing within a turbine.
        values: sensor name to values in the catalogue's unit, each ``(rows,)``, NaN where missing.
        rated_kw: rated power of the row's turbine [kW], NaN where unknown.
        in_service: False where the turbine is stopped on purpose.
        order: position of each row in the arguments of :func:`arranged`; a range where they were in order.
    """

    turbine: Keys
    day: Floats
    values: Mapping[str, Floats]
    rated_kw: Floats | Repeated[np.float64]
    in_service: Bools | Repeated[np.bool_]
    order: Keys | range

    def __len__(self) -> int:
        return len(self.turbine)

    def column(self, name: str) -> Floats:
        """Return the values of a sensor; all missing where the table does not have it."""
        column = self.values.get(name)
        return np.full(len(self), np.nan) if column is None else column

    def kept(self, wanted: Bools) -> Measurements:
        """Return the rows where ``wanted`` is True; the table itself where all are."""
        if wanted.all():
            return self
        return Measurements(
            self.turbine[wanted],
            self.day[wanted],
            {name: column[wanted] for name, column in self.values.items()},
            _kept(self.rated_kw, wanted),
            _kept(self.in_service, wanted),
            np.flatnonzero(wanted) if isinstance(self.order, range) else self.order[wanted],
        )

    def last_rows(self) -> Ints:
        """Return all rows of each turbine's last day."""
        if not len(self):
            return np.empty(0, dtype=np.intp)
        rows = self.newest()
        begins, parts = np.floor(self.day[rows]), [rows]
        while len(rows):  # one step back at a time: a day has few rows, the table has many
            of_turbine = self.turbine[rows]
            rows = rows - 1
            same = (rows >= 0) & (self.turbine[rows] == of_turbine) & (self.day[rows] >= begins)
            rows, begins = rows[same], begins[same]
            parts.append(rows)
        return np.sort(np.concatenate(parts))

    def newest(self) -> Ints:
        """Return the last row of each turbine, in the order of the turbines' numbers."""
        ends = np.flatnonzero(self.turbine[1:] != self.turbine[:-1])
        return np.append(ends, [len(self) - 1] if len(self) else []).astype(np.intp)

    def before(self, rows: Ints, depth: int, turbines: Ints | None = None) -> Ints:
        """Return positions of the ``depth`` earlier rows of the same turbine, newest first.

        Args:
            rows: positions, shape ``(n,)``; ``len(self)`` stands for a new row of the last turbine.
            depth: number of earlier rows.
            turbines: number of each row's turbine, shape ``(n,)``, where new rows lie between stored ones;
                None where each position is a row of its own turbine.

        Returns:
            Shape ``(n, depth)``, -1 where the turbine has no earlier row.
        """
        own = self.turbine[np.minimum(rows, len(self) - 1)] if turbines is None else turbines
        first = np.searchsorted(self.turbine, own, side="left")
        earlier = rows[:, None] - np.arange(1, depth + 1)
        positions: Ints = np.where(earlier >= first[:, None], earlier, -1)
        return positions


def arranged(
    turbine: ArrayLike,
    day: ArrayLike,
    values: Mapping[str, ArrayLike],
    *,
    rated_kw: ArrayLike | Repeated[np.float64] | None = None,
    in_service: ArrayLike | Repeated[np.bool_] | None = None,
) -> Measurements:
    """Arrange measurements by turbine and time; readings of the same instant keep their order.

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
    rated, service = _rated(rated_kw, rows), _serving(in_service, rows)
    columns = {name: np.asarray(column, dtype=np.float64) for name, column in values.items()}
    if any(len(column) != rows for column in (turbines, rated, service, *columns.values())):
        raise ValueError("all columns must have one entry per row")
    if not np.isfinite(days).all():
        raise ValueError("each row must have its day")
    if _in_order(turbines, days):  # as the database gives them: a large park is not held twice
        return Measurements(turbines, days, columns, rated, service, range(rows))
    order = np.lexsort((days, turbines))
    return Measurements(
        turbines[order],
        days[order],
        {name: column[order] for name, column in columns.items()},
        rated[order],
        service[order],
        order,
    )


def _rated(rated_kw: ArrayLike | Repeated[np.float64] | None, rows: int) -> Floats | Repeated[np.float64]:
    """Return the rated powers, NaN where unknown."""
    if isinstance(rated_kw, Repeated):
        return Repeated(np.where(rated_kw.values > 0, rated_kw.values, np.nan), rated_kw.ends)
    powers = np.full(rows, np.nan) if rated_kw is None else np.asarray(rated_kw, dtype=np.float64)
    return np.where(powers > 0, powers, np.nan) if (powers <= 0).any() else powers


def _serving(in_service: ArrayLike | Repeated[np.bool_] | None, rows: int) -> Bools | Repeated[np.bool_]:
    if isinstance(in_service, Repeated):
        return in_service
    return np.ones(rows, dtype=np.bool_) if in_service is None else np.asarray(in_service, dtype=np.bool_)


def _kept(column: NDArray[Scalar] | Repeated[Scalar], wanted: Bools) -> NDArray[Scalar] | Repeated[Scalar]:
    return column.kept(wanted) if isinstance(column, Repeated) else column[wanted]


def _in_order(turbines: Keys, days: Floats) -> bool:
    same = turbines[1:] == turbines[:-1]
    return bool(((turbines[1:] > turbines[:-1]) | (same & (days[1:] >= days[:-1]))).all())


def taken(column: Floats, positions: Ints) -> Floats:
    """Return ``column`` at ``positions``, NaN where the position is -1; same shape as ``positions``."""
    if not len(column):
        return np.full(positions.shape, np.nan)
    values: Floats = np.where(positions >= 0, column[positions], np.nan)
    return values


def counts(rows: Floats) -> Ints:
    """Count the present values per row of a matrix."""
    present: Ints = np.count_nonzero(~np.isnan(rows), axis=1)
    return present


def quantiles(rows: Floats, share: float) -> Floats:
    """Return the ``share`` quantile of the present values of each row, interpolated; NaN without any."""
    present = counts(rows)
    ordered = np.sort(rows, axis=1)  # NaN comes last
    at = share * np.maximum(present - 1, 0)
    low = np.floor(at).astype(np.intp)
    high = np.minimum(low + 1, np.maximum(present - 1, 0))
    below = np.take_along_axis(ordered, low[:, None], axis=1)[:, 0]
    above = np.take_along_axis(ordered, high[:, None], axis=1)[:, 0]
    return below + (at - low) * (above - below)


def medians(rows: Floats) -> Floats:
    """Return the median of the present values of each row; NaN without any."""
    return quantiles(rows, 0.5)


def deviations(rows: Floats, centres: Floats) -> Floats:
    """Return the robust standard deviation of each row around its centre; NaN without a value."""
    return TO_DEVIATION * medians(np.abs(rows - centres[:, None]))


def median(values: Floats) -> float:
    """Return the median of the present values; NaN without any."""
    present = values[~np.isnan(values)]
    return float(np.median(present)) if len(present) else NAN


def deviation(values: Floats) -> float:
    """Return the robust standard deviation of the present values; NaN without any."""
    return TO_DEVIATION * median(np.abs(values - median(values)))
