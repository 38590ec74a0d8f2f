"""Exports for R&D as CSV or Parquet: labelled rows, published scores, rows unseen by a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import IO, Any, NamedTuple

from sqlalchemy import Row

from api.domain.measurements.rows import DATE, DAYS_LEFT, FAILURE, TURBINE
from api.domain.park.scored import RankedTurbine
from api.domain.shared.exceptions import Conflict, InvalidInput
from api.inference.serving.store import ModelStore
from api.schemas.csv_text import data_lines
from api.services.models.sensors import catalogue_of
from api.storage.measurements import exports
from api.storage.park.ranking import pages_of
from api.storage.shared import published
from api.storage.shared.database import Database


class What(StrEnum):
    """What may be exported."""

    LABELLED = "labelled"
    SCORES = "scores"
    UNSEEN = "unseen"


class Format(StrEnum):
    """The format of an export."""

    CSV = "csv"
    PARQUET = "parquet"


MEDIA = {Format.CSV: "text/csv", Format.PARQUET: "application/vnd.apache.parquet"}


class Column(NamedTuple):
    """One column: its name and its type, ``text``, ``day``, ``number`` or ``integer``."""

    name: str
    kind: str


@dataclass(frozen=True)
class Export:
    """A table to export: checked, not yet read."""

    name: str
    columns: Sequence[Column]
    pages: Iterator[list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Asked:
    """The requested rows: between two days (of measurement or run), or unseen by a model version."""

    what: What
    first: date | None = None
    last: date | None = None
    model: str | None = None
    version: int | None = None


_RUN_COLUMNS = (
    Column("as_of", "day"),
    Column("run_id", "integer"),
    Column("rank", "integer"),
    Column(TURBINE, "text"),
    Column("measured_on", "day"),
    Column("failure_probability", "number"),
    Column("time_to_failure_days", "number"),
    Column("time_to_failure_low", "number"),
    Column("time_to_failure_high", "number"),
    Column("risk_level", "text"),
    Column("risk_score", "number"),
    Column("data_status", "text"),
    Column("findings", "text"),
    Column("decision_threshold", "number"),
    Column("policy_version", "integer"),
    Column("models", "text"),
)


@dataclass(frozen=True)
class ExportService:
    """Exports tables page by page, in bounded memory."""

    database: Database
    store: ModelStore

    def export(self, asked: Asked) -> Export:
        """Prepare the requested table.

        Raises:
            InvalidInput: the model version is not named, or the days are in the wrong order.
            NotFound: no such model version.
            Conflict: the rows unseen by the version are not known.
        """
        if asked.first and asked.last and asked.last < asked.first:
            raise InvalidInput.single("to", "le dernier jour précède le premier.", asked.last)
        if asked.what is What.SCORES:
            return Export("scores", _RUN_COLUMNS, self._scores(asked.first, asked.last))
        sensors = self._sensors()
        columns = _measured_columns(sensors)
        if asked.what is What.LABELLED:
            pages = exports.labelled(self.database, asked.first, asked.last)
            return Export("labelled", columns, ([_measured(r, sensors) for r in page] for page in pages))
        if asked.model is None or asked.version is None:
            raise InvalidInput.single("model", "nommez le modèle et sa version, par exemple risque 1.")
        unseen = self.store.unseen_identities(asked.model, asked.version)
        if unseen is None:
            raise Conflict(
                f"Personne ne sait quelles lignes {asked.model} version {asked.version} n’a pas vues."
            )
        name = f"unseen-{asked.model}-{asked.version}"
        return Export(name, columns, self._unseen(unseen, sensors))

    def _sensors(self) -> list[str]:
        """List the catalogue's sensors, then those that only stored measurements have."""
        with self.database.read() as connection:
            stored = exports.sensor_names(connection)
            known = list(catalogue_of(connection, self.store))
        return [*known, *(name for name in stored if name not in known)]

    def _unseen(self, wanted: frozenset[str], sensors: Sequence[str]) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the unseen rows; a row in both parks is exported from the living one."""
        exported: set[str] = set()
        for living in (True, False):
            for page in exports.measured(self.database, living=living):
                rows = [row for row in page if row.identity in wanted and row.identity not in exported]
                exported.update(row.identity for row in rows)
                if rows:
                    yield [_measured(row, sensors) for row in rows]

    def _scores(self, first: date | None, last: date | None) -> Iterator[list[tuple[Any, ...]]]:
        with self.database.read() as connection:
            runs = published.runs_between(connection, first, last)
        for run in runs:
            for page in pages_of(self.database, run.id):
                yield [_score(run, turbine) for turbine in page]


def _measured_columns(sensors: Sequence[str]) -> list[Column]:
    return [
        Column(TURBINE, "text"),
        Column(DATE, "text"),
        *(Column(name, "number") for name in sensors),
        Column(FAILURE, "integer"),
        Column(DAYS_LEFT, "number"),
    ]


def _measured(row: Row[Any], sensors: Sequence[str]) -> tuple[Any, ...]:
    moment = row.measured_on if row.measured_at is None else row.measured_at
    values: Mapping[str, float] = row._mapping["values"]
    failed = None if row.failure_within_7d is None else int(row.failure_within_7d)
    return (
        row.turbine_id,
        moment.isoformat(),
        *(values.get(name) for name in sensors),
        failed,
        row.time_to_failure_days,
    )


def _score(run: Row[Any], turbine: RankedTurbine) -> tuple[Any, ...]:
    score = turbine.score
    return (
        run.as_of,
        run.id,
        score.rank,
        turbine.turbine_id,
        score.measured_on,
        score.probability,
        score.days_left,
        *(score.days[1:3] if score.days else (None, None)),
        score.level.value,
        score.risk_score,
        score.data_status.value,
        " ".join(finding.code for finding in score.findings),
        run.threshold,
        run.policy_version,
        " ".join(f"{model['name']}:{model['version']}" for model in run.models),
    )


def csv_chunks(export: Export) -> Iterator[bytes]:
    """Yield the table as CSV (UTF-8, comma, decimal dot), which ``data import`` can read."""
    yield data_lines([[column.name for column in export.columns]]).encode()
    for page in export.pages:
        yield data_lines(page).encode()


def write(export: Export, form: Format, file: IO[bytes]) -> int:
    """Write the table; return its number of rows."""
    rows = 0

    def counted() -> Iterator[list[tuple[Any, ...]]]:
        nonlocal rows
        for page in export.pages:
            rows += len(page)
            yield page

    table = replace(export, pages=counted())
    if form is Format.PARQUET:
        _write_parquet(table, file)
    else:
        for chunk in csv_chunks(table):
            file.write(chunk)
    return rows


def _write_parquet(export: Export, file: IO[bytes]) -> None:
    # These imports take a second, and few people ask for Parquet.
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import parquet  # noqa: PLC0415

    types = {"text": pa.string(), "day": pa.date32(), "number": pa.float64(), "integer": pa.int64()}
    schema = pa.schema([(column.name, types[column.kind]) for column in export.columns])
    with parquet.ParquetWriter(file, schema) as writer:
        for page in export.pages:
            cells = [
                pa.array(values, field.type)
                for values, field in zip(zip(*page, strict=True), schema, strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(cells, schema=schema))
