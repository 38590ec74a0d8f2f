"""Labelled rows in every format that measurements come in: the importer reads the same rows."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from api.domain.measurements.known_sensors import KNOWN_SENSORS
from api.domain.shared.exceptions import InvalidInput
from api.inference.importing.child.measuring.labelled import LabelledRows, read_labelled
from api.inference.serving.artefact import sha256_of
from api.services.models.labelled_rows import plain_rows
from tests.support.park.importer_tools import SENSORS, labelled

TABLE = labelled(40).assign(site=[f"Site {n % 3}" for n in range(40)])
TABLE["date_measure"] = TABLE.date_measure.dt.strftime("%Y-%m-%d")
DAYS_FIRST = pd.to_datetime(TABLE.date_measure).dt.strftime("%d/%m/%Y")


def plain(path: Path) -> Path:
    TABLE.to_csv(path, index=False)
    return path


def french(path: Path) -> Path:
    TABLE.assign(date_measure=DAYS_FIRST).to_csv(path, index=False, sep=";", decimal=",", encoding="cp1252")
    return path


def packed(path: Path) -> Path:
    path.write_bytes(gzip.compress(TABLE.to_csv(index=False).encode()))
    return path


def workbook(path: Path) -> Path:
    TABLE.to_excel(path, index=False)
    return path


def parquet(path: Path) -> Path:
    TABLE.to_parquet(path, index=False)
    return path


def titled(path: Path) -> Path:
    renamed = TABLE.rename(columns={"wind_speed": "wind_speed (m/s)"})
    path.write_text("# export du superviseur\n" + renamed.to_csv(index=False), encoding="utf-8")
    return path


FORMATS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "French CSV": (french, "rows.csv"),
    "Parquet": (parquet, "rows.parquet"),
    "compressed": (packed, "rows.csv.gz"),
    "title and unit": (titled, "rows.csv"),
    "workbook": (workbook, "rows.xlsx"),
}


def rows_of(path: Path) -> LabelledRows:
    with plain_rows(path, KNOWN_SENSORS) as file:
        assert file.path is not None
        return read_labelled(file.path, SENSORS, "failure_within_7d", 1, file.sha256)


@pytest.mark.parametrize("kind", FORMATS)
def test_labelled__every_format_of_measurements_gives_the_same_rows(kind: str, tmp_path: Path) -> None:
    write, name = FORMATS[kind]
    given = write(tmp_path / name)
    expected, found = rows_of(plain(tmp_path / "plain.csv")), rows_of(given)

    assert found.identities == expected.identities
    assert np.array_equal(found.features, expected.features)
    assert np.array_equal(found.labels, expected.labels)
    assert found.table["site"].tolist() == TABLE.site.tolist()
    assert (found.source, found.sha256) == (name, sha256_of(given))


def test_labelled__a_plain_file_is_read_as_it_is(tmp_path: Path) -> None:
    path = plain(tmp_path / "rows.csv")
    with plain_rows(path, KNOWN_SENSORS) as file:
        assert (file.path, file.sha256) == (path, None)
    with plain_rows(None, KNOWN_SENSORS) as file:
        assert file.path is None


def test_labelled__a_cell_that_cannot_be_read_is_told_with_its_line(tmp_path: Path) -> None:
    path = french(tmp_path / "rows.csv")
    lines = path.read_text("cp1252").splitlines()
    lines[3] = lines[3].replace(DAYS_FIRST[2], "31/02/2024")
    path.write_text("\n".join(lines) + "\n", "cp1252")
    with pytest.raises(InvalidInput) as caught, plain_rows(path, KNOWN_SENSORS):
        pass
    assert caught.value.errors[0].field == "labelled"
    assert "ligne 4, date_measure" in caught.value.errors[0].message
