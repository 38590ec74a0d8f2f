"""EnergiTech's own file, counted again with pandas."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from api.domain.measurements.units import doubts
from api.domain.shared.exceptions import InvalidInput
from api.services.measurements.files.options import NATIVE
from api.storage.shared.database import Database
from tests.integration.conftest import NewDatabase
from tests.support.measurements.ingest_tools import LABELS, SENSORS, VALUES, content, ingest

pytestmark = pytest.mark.client
CSV = "energiTech_maintenance_sample.csv"


def test_client_file__all_in_then_nothing_new(database: Database, client_files: Path) -> None:
    report = ingest(database, client_files / CSV)
    assert (report.rows, report.inserted, report.rejected, report.problems) == (3000, 3000, 0, [])
    assert report.turbines_added == 50
    again = ingest(database, client_files / CSV)
    assert (again.inserted, again.already_known, again.labels_added) == (0, 3000, 0)


def test_client_file__stored_as_pandas_reads_it(database: Database, client_files: Path) -> None:
    ingest(database, client_files / CSV)
    frame = pd.read_csv(client_files / CSV)
    kept = content(database)
    stored = pd.DataFrame(
        [
            {
                "turbine_id": int(row[0]),
                "date_measure": row[1].isoformat(),
                **row[3],
                **dict(zip(LABELS, row[6:], strict=True)),
            }
            for row in kept["measurements"]
        ]
    )
    columns = ["turbine_id", "date_measure", *VALUES, *LABELS]
    wanted = frame[columns].astype({"failure_within_7d": bool}).sort_values(columns).reset_index(drop=True)
    found = stored[columns].sort_values(columns).reset_index(drop=True)
    pd.testing.assert_frame_equal(found, wanted, check_dtype=False, check_exact=True)
    assert found.duplicated(["turbine_id", "date_measure"], keep=False).sum() == 467
    columns = ["turbine_id", "planned_intervention_date", "date_measure", "technician_id"]
    visits = set(frame[columns].astype(str).itertuples(index=False, name=None))
    assert {tuple(map(str, visit)) for visit in kept["visits"]} == visits
    assert len(kept["visits"]) == len(visits)


def test_client_file__labels_afterwards__only_added(
    database: Database, client_files: Path, tmp_path: Path
) -> None:
    text = pd.read_csv(client_files / CSV, dtype=str, keep_default_na=False)
    text.drop(columns=list(LABELS)).to_csv(tmp_path / "new.csv", index=False)
    first = ingest(database, tmp_path / "new.csv")
    assert (first.inserted, first.rejected) == (3000, 0)
    assert {row[6:] for row in content(database)["measurements"]} == {(None, None)}
    later = ingest(database, client_files / CSV)
    assert (later.inserted, later.already_known, later.labels_added) == (0, 3000, 3000)
    assert sum(row[6] for row in content(database)["measurements"]) == 41


def french(client_files: Path) -> pd.DataFrame:
    """EnergiTech's rows as a French spreadsheet shows them."""
    frame = pd.read_csv(client_files / CSV, dtype=str, keep_default_na=False)
    for name in ("date_measure", "planned_intervention_date"):
        frame[name] = pd.to_datetime(frame[name]).dt.strftime("%d/%m/%Y")
    decimals = ["wind_speed", "vibration_level", "temperature", "power_output", "time_to_failure_days"]
    frame[decimals] = frame[decimals].apply(lambda column: column.str.replace(".", ",", regex=False))
    return frame


def test_client_file__saved_by_a_french_spreadsheet__same_database(
    new_database: NewDatabase, client_files: Path, tmp_path: Path
) -> None:
    saved = tmp_path / "EnergiTech été.csv"
    # The remark makes the file one that only Windows-1252 reads.
    french(client_files).assign(remarque="contrôlé").to_csv(
        saved, sep=";", index=False, encoding="cp1252", lineterminator="\r\n"
    )
    with new_database() as original, new_database() as spreadsheet:
        ingest(original, client_files / CSV, options=NATIVE)
        report = ingest(spreadsheet, saved, options=NATIVE)
        assert (report.inserted, report.rejected, report.problems) == (3000, 0, [])
        assert report.unknown_columns == ["remarque"]
        assert report.format is not None
        told = (report.format.encoding, report.format.separator, report.format.decimal)
        assert (*told, report.format.date_format) == ("windows-1252", ";", ",", "JJ/MM/AAAA")
        assert content(spreadsheet) == content(original)
        # And each is the other one coming back.
        assert ingest(original, saved, options=NATIVE).already_known == 3000


@pytest.mark.parametrize(
    ("column", "factor", "offset", "unit"),
    [
        ("temperature", 1.0, 273.15, "K"),
        ("temperature", 1.8, 32.0, "°F"),
        ("wind_speed", 3.6, 0.0, "km/h"),
        ("power_output", 0.001, 0.0, "MW"),
    ],
)
def test_client_file__in_another_unit__refused_naming_it(
    database: Database,
    client_files: Path,
    tmp_path: Path,
    column: str,
    factor: float,
    offset: float,
    unit: str,
) -> None:
    frame = pd.read_csv(client_files / CSV)
    frame[column] = frame[column] * factor + offset
    frame.to_csv(tmp_path / "m.csv", index=False)
    with pytest.raises(InvalidInput, match=f"{column} : .*peut-être en {unit}"):
        ingest(database, tmp_path / "m.csv", options=NATIVE)
    assert not content(database)["measurements"]


def test_client_file__any_day_of_it__looks_like_its_own_units(client_files: Path) -> None:
    frame = pd.read_csv(client_files / CSV)
    for _day, rows in frame.groupby("date_measure"):
        assert doubts(list(SENSORS.values()), {name: rows[name].tolist() for name in VALUES}) == {}
