"""Measurements sent as JSON bring what the same file brings, and are refused in the same words."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from api.services.measurements.files.options import ImportOptions
from tests.integration.conftest import NewDatabase
from tests.support.measurements.ingest_tools import FULL, SHORT, VALUES, content, ingest

ISO = "AAAA-MM-JJ"
# What is sent, and the cell of a file that says the same; no cell of a file is a flag, a list or an object.
Pair = tuple[Any, str]
NONE: Pair = (None, "")
NUMBERS = st.one_of(
    st.floats(-70, 110).map(lambda value: (value, repr(value))),
    st.integers(-5, 120).map(lambda value: (value, str(value))),
    st.sampled_from(
        [
            NONE,
            (float("1e400"), "Infinity"),
            (True, "true"),
            ("12.26", '"12.26"'),
            ([1.5], "[1.5]"),
            ({}, "{}"),
        ]
    ),
)
FLAGS = st.sampled_from([NONE, (True, "1"), (False, "0"), (0, "0"), (1, "1"), (2, "2"), ("oui", '"oui"')])
PAIRS = {
    "turbine_id": st.sampled_from(
        [(5, "5"), ("5", "5"), (5.0, "5.0"), ("E-2", "E-2"), NONE, (True, ""), ([5], ""), ('é;,"', 'é;,"')]
    ),
    "date_measure": st.sampled_from(
        [
            *(("2024-08-14",) * 2, ("2024-08-14T08:00:00+02:00",) * 2, ("14/08/2024",) * 2),
            *(("2999-01-01",) * 2, (20240814, "20240814"), (True, "true"), NONE),
        ]
    ),
    **{name: NUMBERS for name in VALUES if name != "maintenance_done"},
    "maintenance_done": FLAGS,
    "failure_within_7d": FLAGS,
    "time_to_failure_days": NUMBERS,
    "technician_id": st.sampled_from([NONE, (139, "139"), ("T-12", "T-12"), ("Jeanne", "Jeanne")]),
    "planned_intervention_date": st.sampled_from([NONE, ("2024-09-02",) * 2, ("demain",) * 2]),
}
ROWS = st.fixed_dictionaries(PAIRS).filter(lambda row: any(text for _value, text in row.values()))


def sent(path: Path, items: list[Any]) -> Path:
    # The way in which JSON may write a number too large for a float.
    body = json.dumps({"measurements": items}).replace("Infinity", "1e400")
    path.write_text(body, encoding="utf-8")
    return path


@settings(max_examples=40, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(st.lists(ROWS, min_size=1, max_size=12))
def test_rows__bring_what_the_same_file_brings(
    new_database: NewDatabase, rows: list[dict[str, Pair]]
) -> None:
    items = [
        {"measured_at" if name == "date_measure" else name: value for name, (value, _text) in row.items()}
        for row in rows
    ]
    told, stored = [], []
    with TemporaryDirectory() as folder:
        table = Path(folder) / "a.csv"
        with table.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([FULL, *([row[name][1] for name in FULL] for row in rows)])
        for path, as_json in ((sent(Path(folder) / "a.json", items), True), (table, False)):
            options = ImportOptions(date_format=ISO, confirmed=True, sent_as_json=as_json)
            with new_database() as database:
                report = ingest(database, path, options=options)
                told.append(report.model_dump(exclude={"filename", "sha256", "finished_at", "format"}))
                stored.append(content(database))
    assert told[0] == told[1]
    assert stored[0] == stored[1]


def test_rows__empty_or_with_characters_that_no_text_holds__are_reported(new_database: NewDatabase) -> None:
    good = {"turbine_id": 5, "measured_at": "2024-08-14", "wind_speed": 9.5}
    odd = [
        {**good, "turbine_id": "5\n6"},
        {**good, "wind_speed": "\x00"},
        {"turbine_id": "", "measured_at": " ", "wind_speed": ""},
        {**good, "\x07": 1},
    ]
    with new_database() as database, TemporaryDirectory() as folder:
        path = sent(Path(folder) / "a.json", odd)
        report = ingest(database, path, options=ImportOptions(date_format=ISO, sent_as_json=True))
        assert (report.rows, report.rejected, report.inserted) == (4, 3, 1)
        assert {problem.line for problem in report.problems if problem.column in SHORT} >= {2, 3, 4}
        assert report.unknown_columns == ["\ufffd"]
        assert len(content(database)["measurements"]) == 1
