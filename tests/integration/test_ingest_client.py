"""EnergiTech's own file, counted again with pandas."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from api.storage.database import Database
from tests.integration.ingest_tools import LABELS, VALUES, content, ingest

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
