"""Files that expand beyond all measurements are refused early, with the limit in the sentence."""

from __future__ import annotations

import gzip
import io
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from api.domain.shared.exceptions import InvalidInput
from api.services.measurements.files import limits
from api.services.measurements.files.options import NATIVE
from api.services.measurements.files.scan import understand
from tests.support.measurements.ingest_tools import ROW, SENSORS, SHORT
from tests.support.words import plain

LINE = ",".join(ROW) + "\n"


def _refusal(path: Path) -> str:
    """The refusal of a file, which comes within seconds."""
    began = time.process_time()
    with pytest.raises(InvalidInput) as refused:
        understand(path, SENSORS, NATIVE)
    assert time.process_time() - began < 20
    return plain(refused.value.detail)


def _gzip(path: Path) -> None:
    packed = io.BytesIO()
    with gzip.open(packed, "wb", 9) as file:
        file.write((",".join(SHORT) + "\n").encode())
        for _block in range(80):
            file.write((LINE * (1 + (1 << 20) // len(LINE))).encode())
    path.write_bytes(packed.getvalue())


def _sheet(path: Path, change: Callable[[str], str]) -> None:
    """A workbook of one row whose sheet is rewritten."""
    book = openpyxl.Workbook()
    book.active.append(SHORT)
    book.active.append(ROW)
    whole = io.BytesIO()
    book.save(whole)
    with zipfile.ZipFile(whole) as before, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as after:
        for info in before.infolist():
            text = before.read(info)
            if info.filename == "xl/worksheets/sheet1.xml":
                text = change(text.decode()).encode()
            after.writestr(info.filename, text)


def _wide_padding(path: Path) -> None:
    _sheet(path, lambda text: text.replace("</worksheet>", " " * (80 << 20) + "</worksheet>"))


def _far_row(path: Path) -> None:
    far = '<row r="2000000000"><c r="A2000000000"><v>5</v></c></row></sheetData>'
    _sheet(path, lambda text: text.replace("</sheetData>", far))


def _many_columns(path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append([*SHORT, *(f"c{n}" for n in range(limits.MOST_COLUMNS))])
    book.save(path)


def _parquet(path: Path, **extra: pa.Array) -> None:
    columns = {name: pa.array([cell]) for name, cell in zip(SHORT, ROW, strict=True)}
    pq.write_table(pa.table({**columns, **extra}), path)


def _parquet_rows(path: Path) -> None:
    rows = limits.MOST_ROWS + 1
    zeros = pa.array([0], pa.int8()).take(pa.array([0] * 1000))
    with pq.ParquetWriter(path, pa.schema([("turbine_id", pa.int8())])) as file:
        table = pa.table({"turbine_id": pa.chunked_array([zeros] * 1001)})
        for _part in range(rows // len(table) + 1):
            file.write_table(table)


def _parquet_cell(path: Path) -> None:
    _parquet(path, comment=pa.array(["x" * (limits.LONGEST_CELL + 1)]))


TRAPS: dict[str, tuple[str, Callable[[Path], None], str]] = {
    "gzip that unpacks too far": ("a.csv.gz", _gzip, "plus de 200 fois sa taille"),
    "xlsx that unpacks too far": ("a.xlsx", _wide_padding, "plus de 200 fois sa taille"),
    "xlsx with a row of a far number": ("a.xlsx", _far_row, "plus de 1 048 576 lignes"),
    "xlsx with too many columns": ("a.xlsx", _many_columns, "plus de 2 000 colonnes"),
    "parquet with too many rows": ("a.parquet", _parquet_rows, "plus de 20 000 000 lignes"),
    "parquet with a cell too long": ("a.parquet", _parquet_cell, "dépasse 32 767 caractères"),
}


@pytest.mark.parametrize(("name", "make", "told"), TRAPS.values(), ids=TRAPS)
def test_trap__is_refused_early_with_the_limit(
    tmp_path: Path, name: str, make: Callable[[Path], None], told: str
) -> None:
    make(tmp_path / name)
    assert told in _refusal(tmp_path / name)


@pytest.mark.parametrize(
    ("packed", "unpacked", "largest", "told"),
    [
        (1 << 30, (4 << 30) + 1, limits.LARGEST, "dépasse 4 Go une fois décompressé"),
        (1 << 29, (1 << 30) + 1, limits.LARGEST_WORKBOOK, "dépasse 1 Go une fois décompressé"),
        (1 << 20, (200 << 20) + 1, limits.LARGEST, "plus de 200 fois sa taille"),
    ],
)
def test_expansion__names_the_limit(packed: int, unpacked: int, largest: int, told: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        limits.refuse_expansion(packed, unpacked, largest=largest)
    assert told in plain(refused.value.detail)


def test_expansion__of_measurements_is_no_trap() -> None:
    limits.refuse_expansion(1 << 20, 200 << 20)  # as much as is admitted
    limits.refuse_expansion(100, limits.RATIO_FROM)  # small files are harmless
    limits.refuse_rows(limits.MOST_ROWS)
