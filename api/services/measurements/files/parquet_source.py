"""Parquet files, read as the texts of a CSV, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from api.domain.shared.exceptions import InvalidInput
from api.services.measurements.files.limits import (
    refuse_columns,
    refuse_expansion,
    refuse_long_cell,
    refuse_rows,
)
from api.services.measurements.files.table_file import FIELD, IsHeader, Line, Signature, TableFile, fitted

_BATCH_ROWS = 10_000
_FIRST_ROW = 2  # as in a CSV, where the header is line 1


@dataclass(frozen=True, kw_only=True)
class ParquetFile(TableFile):
    """A Parquet file."""

    def rows(self) -> Iterator[Line]:
        """Yield the rows, the first numbered 2 as in a CSV."""
        number = _FIRST_ROW
        # Repeated texts stay a dictionary until their length is known.
        texts_of = [column.name for column in pq.read_schema(self.path) if _is_text(column.type)]
        with pq.ParquetFile(self.path, read_dictionary=texts_of) as file:
            for batch in file.iter_batches(batch_size=_BATCH_ROWS):
                texts = [_texts(column) for column in batch.columns]
                for cells in zip(*texts, strict=True):
                    if any(cells):
                        yield fitted(number, list(cells), len(self.header))
                    number += 1


def open_parquet(path: Path, sha256: str, signature: Signature, _is_header: IsHeader) -> ParquetFile:
    """Check that a Parquet file can be read.

    Raises:
        InvalidInput: damaged, truncated, or with nested columns.
    """
    try:
        with pq.ParquetFile(path) as file:
            schema, rows = file.schema_arrow, file.metadata.num_rows
            _refuse_traps(path, file.metadata)
            nested = [column.name for column in schema if pa.types.is_nested(column.type)]
            if nested:
                raise InvalidInput.single(
                    nested[0], "colonne qui contient des listes ; n’en gardez que des valeurs."
                )
    except (pa.ArrowException, OSError) as error:
        raise InvalidInput.single(
            FIELD, "fichier Parquet incomplet ou abîmé ; transmettez-le à nouveau."
        ) from error
    return ParquetFile(
        path=path,
        sha256=sha256,
        signature=signature,
        kind="parquet",
        header=tuple(schema.names),
        header_line=1,
        approximate_rows=rows,
    )


def _refuse_traps(path: Path, about: pq.FileMetaData) -> None:
    """Refuse a file that would unpack into too much; its own description says so before it is read."""
    refuse_rows(about.num_rows)
    refuse_columns(about.num_columns)
    groups = [about.row_group(index).total_byte_size for index in range(about.num_row_groups)]
    refuse_expansion(path.stat().st_size, sum(groups))


def _is_text(kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_binary(kind) or pa.types.is_large_string(kind))


def _texts(column: Any) -> list[str]:
    kind = column.type
    if pa.types.is_dictionary(kind):
        if _is_text(kind.value_type):
            refuse_long_cell(pc.max(pc.binary_length(column.dictionary)).as_py() or 0)
        column, kind = column.dictionary_decode(), kind.value_type
    if pa.types.is_timestamp(kind):
        return [_instant(value) for value in column.cast(pa.timestamp("us", kind.tz), safe=False).to_pylist()]
    if pa.types.is_float32(kind) or pa.types.is_float16(kind):
        # The shortest text of the number: 12.26, not its digits in double precision.
        return ["" if value is None else str(value) for value in _short(column)]
    if pa.types.is_boolean(kind):
        return ["" if value is None else str(int(value)) for value in column.to_pylist()]
    return ["" if value is None else _plain(value) for value in column.to_pylist()]


def _short(column: Any) -> list[Any]:
    present = column.is_valid().to_pylist()
    numbers = column.to_numpy(zero_copy_only=False)
    return [number if valid else None for number, valid in zip(numbers, present, strict=True)]


def _instant(value: datetime | None) -> str:
    if value is None:
        return ""
    return value.isoformat() if value.tzinfo is None else value.astimezone(UTC).isoformat()


def _plain(value: object) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value.isoformat() if isinstance(value, date) else str(value)
