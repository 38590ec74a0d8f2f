"""Measurements as arrays, what came before each of them, and medians that missing values do not disturb.

Days are counted from 1970-01-01 (``day_number``), with a fraction where an instant is known. Missing values
are NaN throughout.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar
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
Scalar = TypeVar("Scalar", bound=np.generic)

NAN = float("nan")
TO_DEVIATION = 1.4826  # median absolute deviation of a normal law to its standard deviation
_PARIS = ZoneInfo("Europe/Paris")
_EPOCH = date(1970, 1, 1).toordinal()
_SECONDS = 86_400


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
class Repeated(Generic[Scalar]):
    """One value per turbine that stands on all of its rows; asked for by rows like the array that it spares.

    Attributes:
        values: shape ``(turbines,)``.
        ends: position behind each turbine's last row, shape ``(turbines,)``, never decreasing.
    """

    values: NDArray[Scalar]
    ends: Ints

    def __len__(self) -> int:
        return int(self.ends[-1]) if len(self.ends) else 0

    def __getitem__(self, rows: Keys) -> NDArray[Scalar]:
        """The values at these positions."""
        return self.values[np.searchsorted(self.ends, rows, side="right")]

    def kept(self, wanted: Bools) -> Repeated[Scalar]:
        """The same on the rows where ``wanted`` is True."""
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
        order: position of each row in the arrays that were given; a range where they are those arrays.
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
            _kept(self.rated_kw, wanted),
            _kept(self.in_service, wanted),
            np.flatnonzero(wanted) if isinstance(self.order, range) else self.order[wanted],
        )

    def last_rows(self) -> Ints:
        """All rows of each turbine's last day."""
        if not len(self):
            return np.empty(0, dtype=np.intp)
        rows = self.newest()
        begins, found = np.floor(self.day[rows]), [rows]
        while len(rows):  # one step back at a time: a day has few rows, the table has many
            of_turbine = self.turbine[rows]
            rows = rows - 1
            same = (rows >= 0) & (self.turbine[rows] == of_turbine) & (self.day[rows] >= begins)
            rows, begins = rows[same], begins[same]
            found.append(rows)
        return np.sort(np.concatenate(found))

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
    rated_kw: ArrayLike | Repeated[np.float64] | None = None,
    in_service: ArrayLike | Repeated[np.bool_] | None = None,
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


def _rated(given: ArrayLike | Repeated[np.float64] | None, rows: int) -> Floats | Repeated[np.float64]:
    """Rated powers, NaN where unknown."""
    if isinstance(given, Repeated):
        return Repeated(np.where(given.values > 0, given.values, np.nan), given.ends)
    found = np.full(rows, np.nan) if given is None else np.asarray(given, dtype=np.float64)
    return np.where(found > 0, found, np.nan) if (found <= 0).any() else found


def _serving(given: ArrayLike | Repeated[np.bool_] | None, rows: int) -> Bools | Repeated[np.bool_]:
    if isinstance(given, Repeated):
        return given
    return np.ones(rows, dtype=np.bool_) if given is None else np.asarray(given, dtype=np.bool_)


def _kept(column: NDArray[Scalar] | Repeated[Scalar], wanted: Bools) -> NDArray[Scalar] | Repeated[Scalar]:
    return column.kept(wanted) if isinstance(column, Repeated) else column[wanted]


def _in_order(turbines: Keys, days: Floats) -> bool:
    same = turbines[1:] == turbines[:-1]
    return bool(((turbines[1:] > turbines[:-1]) | (same & (days[1:] >= days[:-1]))).all())


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
