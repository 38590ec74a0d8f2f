"""The park's measurements as Parquet files by month and as arrays, for a distributed recomputation.

One pass over the database writes the files; no worker queries it afterwards.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from api.domain.plausibility.table import day_number
from api.domain.plausibility.trust import IN_SERVICE
from api.storage.measurements import exports
from api.storage.measurements.measurements import LatestMeasurement, LivingTurbine
from api.storage.shared.database import Database
from api.storage.turbines.recent import RecentColumns

GROUP_ROWS = 50_000  # rows of a month held in memory before they are written
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NO_INSTANT = np.iinfo(np.int64).min
_MICROSECOND = timedelta(microseconds=1)
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ParkRows:
    """Measurements by turbine, then by day, then in the order of storage.

    Attributes:
        key: of the measurement, shape ``(rows,)``.
        turbine: key of its turbine, ``(rows,)``.
        day: proleptic ordinal of its day in Europe/Paris, ``(rows,)``.
        at: its instant [µs since 1970-01-01 UTC], ``(rows,)``; the smallest integer if only the day is
            known.
        values: one column per sensor in the catalogue's unit, ``(rows, sensors)``, NaN where missing.
    """

    key: Ints
    turbine: Ints
    day: Ints
    at: Ints
    values: Floats

    def __len__(self) -> int:
        return len(self.key)

    def joined(self, later: ParkRows) -> ParkRows:
        """Return both sets of rows together, in order."""
        pairs = zip(self._columns(), later._columns(), strict=True)
        return ParkRows(*(np.concatenate(pair) for pair in pairs))._arranged()

    def recent(self, as_of: date, depth: int) -> ParkRows:
        """Return each turbine's last ``depth`` rows up to ``as_of``; a few more, to keep days whole."""
        seen = np.flatnonzero(self.day <= as_of.toordinal())
        if not len(seen):
            return self._at(seen)
        turbine, day = self.turbine[seen], self.day[seen]
        starts = np.flatnonzero(np.append(True, np.diff(turbine) != 0))
        ends = np.append(starts[1:], len(seen))
        since = day[np.maximum(ends - depth, starts)]
        return self._at(seen[day >= np.repeat(since, ends - starts)])

    def instant(self, row: int) -> datetime | None:
        """Return when the row was measured; None if only its day is known."""
        at = int(self.at[row])
        return None if at == _NO_INSTANT else _EPOCH + at * _MICROSECOND

    def latest(
        self, as_of: date, sensors: Sequence[str], park: Mapping[int, LivingTurbine]
    ) -> list[LatestMeasurement]:
        """Return all rows of each turbine's last day up to ``as_of``, in the database's order.

        Args:
            as_of: last day that may be used.
            sensors: of the columns of ``values``.
            park: by turbine key.
        """
        last = self.recent(as_of, 1)
        return [
            LatestMeasurement(
                int(last.key[row]),
                turbine,
                park[turbine].turbine_id,
                date.fromordinal(int(last.day[row])),
                last.instant(row),
                {name: value for name, value in zip(sensors, values, strict=True) if value is not None},
            )
            for row, (turbine, values) in enumerate(last._cells())
        ]

    def columns(self, park: Mapping[int, LivingTurbine], sensors: Sequence[str]) -> RecentColumns:
        """Return all rows in the form of :func:`api.storage.turbines.recent.recent_columns`.

        Args:
            park: by turbine key.
            sensors: of the columns of ``values``.
        """
        owners = [park[turbine] for turbine in self.turbine.tolist()]
        days = [
            day_number(date.fromordinal(day), self.instant(row)) for row, day in enumerate(self.day.tolist())
        ]
        return RecentColumns(
            self.key,
            self.turbine.astype(np.intp),
            np.array(days, dtype=np.float64),
            np.array([turbine.rated_power_kw for turbine in owners], dtype=np.float64),
            np.array([turbine.service_state == IN_SERVICE for turbine in owners], dtype=np.bool_),
            {name: self.values[:, number] for number, name in enumerate(sensors)},
        )

    def _cells(self) -> Iterator[tuple[int, list[float | None]]]:
        """Yield turbine and values of each row, None for missing."""
        values = self.values.astype(object)
        values[np.isnan(self.values)] = None
        return zip(self.turbine.tolist(), values.tolist(), strict=True)

    def _columns(self) -> tuple[NDArray[Any], ...]:
        return self.key, self.turbine, self.day, self.at, self.values

    def _at(self, rows: NDArray[np.intp]) -> ParkRows:
        return ParkRows(*(column[rows] for column in self._columns()))

    def _arranged(self) -> ParkRows:
        return self._at(np.lexsort((self.key, self.day, self.turbine)))


def no_rows(sensors: int) -> ParkRows:
    """Return an empty set of rows."""
    empty = np.empty(0, dtype=np.int64)
    return ParkRows(empty, empty, empty, empty, np.empty((0, sensors)))


def write_months(
    database: Database, folder: Path, sensors: Sequence[str], last: date
) -> list[tuple[date, Path]]:
    """Write the living park's measurements up to ``last``; return each month's first day and file.

    Args:
        database: to read, page by page.
        folder: existing folder to write into.
        sensors: to write.
        last: last day to write.
    """
    import pyarrow as pa  # noqa: PLC0415 - half a second, for recomputations alone
    from pyarrow import parquet  # noqa: PLC0415

    names = ("key", "turbine", "day", "at")
    schema = pa.schema(
        [*((name, pa.int64()) for name in names), *((f"value:{name}", pa.float64()) for name in sensors)]
    )
    writers: dict[date, Any] = {}
    try:
        for month, rows in _by_month(database, sensors, last):
            if month not in writers:
                writers[month] = parquet.ParquetWriter(folder / f"{month:%Y-%m}.parquet", schema)
            columns = [pa.array(c, f.type) for c, f in zip(zip(*rows, strict=True), schema, strict=True)]
            writers[month].write_table(pa.Table.from_arrays(columns, schema=schema))
    finally:
        for writer in writers.values():
            writer.close()
    return [(month, folder / f"{month:%Y-%m}.parquet") for month in sorted(writers)]


def read_month(file: Path) -> ParkRows:
    """Read one file of :func:`write_months`.

    Raises:
        OSError: the file is missing, for example because the folder is not shared between machines.
    """
    from pyarrow import parquet  # noqa: PLC0415

    table = parquet.read_table(file)
    key, turbine, day, at, *values = (table.column(name).to_numpy() for name in table.column_names)
    sensors = np.column_stack(values) if values else np.empty((len(key), 0))
    return ParkRows(key, turbine, day, at, sensors.astype(np.float64))._arranged()


def _by_month(
    database: Database, sensors: Sequence[str], last: date
) -> Iterator[tuple[date, list[tuple[Any, ...]]]]:
    gathered: defaultdict[date, list[tuple[Any, ...]]] = defaultdict(list)
    for page in exports.park_rows(database, last):
        for row in page:
            month = row.measured_on.replace(day=1)
            gathered[month].append(_row(row, sensors))
            if len(gathered[month]) >= GROUP_ROWS:
                yield month, gathered.pop(month)
    yield from sorted(gathered.items())


def _row(row: Any, sensors: Sequence[str]) -> tuple[Any, ...]:
    values = row._mapping["values"]
    at = _NO_INSTANT if row.measured_at is None else (row.measured_at - _EPOCH) // _MICROSECOND
    numbers = (values.get(name) for name in sensors)
    return (
        row.id,
        row.turbine,
        row.measured_on.toordinal(),
        at,
        *(np.nan if v is None else float(v) for v in numbers),
    )
