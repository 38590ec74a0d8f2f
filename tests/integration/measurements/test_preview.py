"""A preview promises what the import then does, and says so before anything is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.domain.measurements.remedies import BY_INBOX, with_remedy
from api.domain.shared.exceptions import InvalidInput, UnclearFile
from api.schemas.measurements import ImportPreview
from api.services.measurements.files.options import ImportOptions
from api.services.measurements.preview import preview_file
from api.storage.shared.database import Database
from tests.support.measurements.ingest_tools import (
    FULL,
    LABELLED,
    NOW,
    ROW,
    SENSORS,
    SHORT,
    changed,
    content,
    ingest,
    write_csv,
)

CHECKED = ImportOptions(confirmed=True)
OTHER = ("6", *ROW[1:])


def _preview(database: Database, path: Path, patience_s: float = 60.0) -> ImportPreview:
    return preview_file(database, path, SENSORS, now=NOW, options=CHECKED, patience_s=patience_s)


def test_first_real_file__says_that_the_simulated_park_leaves_and_counts_without_it(
    any_database: Database, tmp_path: Path
) -> None:
    simulated = write_csv(tmp_path / "simule.csv", SHORT, [ROW, ("9", *ROW[1:])])
    ingest(any_database, simulated, source="simulation")
    real = write_csv(tmp_path / "mesures.csv", SHORT, [ROW, OTHER])

    told = _preview(any_database, real)

    [notice] = told.notices
    assert notice.code == "parc_simule_mis_de_cote"
    assert "(2\u00a0turbines)" in notice.message
    assert (told.estimated_new, told.estimated_known, told.new_turbines) == (2, 0, ["5", "6"])
    report = ingest(any_database, real)
    assert (report.inserted, report.already_known, report.turbines_added) == (2, 0, 2)
    again = _preview(any_database, real)
    assert (again.notices, again.estimated_known, again.new_turbines) == ([], 2, [])


def test_real_file_without_a_good_row__simulated_park_is_not_said_to_leave(
    database: Database, tmp_path: Path
) -> None:
    ingest(database, write_csv(tmp_path / "simule.csv", SHORT, [ROW]), source="simulation")
    bad = write_csv(tmp_path / "mesures.csv", SHORT, [changed(ROW, wind_speed="fort")])

    assert _preview(database, bad).notices == []


def test_rejected_rows__shown_as_read_with_the_reason_and_without_the_technician(
    database: Database, tmp_path: Path
) -> None:
    bad = changed(LABELLED, wind_speed="fort", temperature="900", technician_id="Jeanne Martin")
    path = write_csv(tmp_path / "m.csv", FULL, [LABELLED, bad, (*LABELLED, "x")])

    good, wrong, short = _preview(database, path).first_rows

    assert (good.accepted, good.cells, good.reasons) == (True, {}, [])
    assert not wrong.accepted
    assert wrong.cells == {
        "turbine_id": "5", "date_measure": "2024-08-14", "wind_speed": "fort", "vibration_level": "3.57",
        "temperature": "900", "power_output": "557.2", "maintenance_done": "0",
        "failure_within_7d": "0", "time_to_failure_days": "33.2",
    }  # fmt: skip
    assert [reason.split(" : ")[0] for reason in wrong.reasons] == ["wind_speed", "temperature"]
    assert "Martin" not in wrong.model_dump_json()
    assert short.cells == {}
    assert "trop de colonnes" in short.reasons[0]


def test_very_long_file__judged_on_its_first_rows_and_says_so(database: Database, tmp_path: Path) -> None:
    rows = [(n % 90, "2024-08-14", f"{n / 1000}", *ROW[3:]) for n in range(10_000)]
    path = write_csv(tmp_path / "long.csv", SHORT, rows)

    hurried, patient = _preview(database, path, patience_s=0), _preview(database, path)

    assert [notice.code for notice in hurried.notices] == ["lecture_partielle"]
    assert "4\u202f096" in hurried.notices[0].message
    assert (hurried.rows, patient.rows, patient.notices) == (10_000, 10_000, [])
    assert content(database)["measurements"] == []


UNCLEAR = {
    "swappable days": (SHORT, [changed(ROW, date_measure="03/04/2024")], {"--date-format"}),
    "other unit in the header": ((*SHORT[:2], "wind_speed [km/h]", *SHORT[3:]), [ROW], {"--map"}),
    "other names": (("machine", "jour", "vent"), [("1", "2024-08-14", "8")], {"--map"}),
    "megawatts": (SHORT, [(n, *ROW[1:5], 0.5 + n / 100, "0") for n in range(9)], {"--map", "--yes"}),
}


@pytest.mark.parametrize("header, rows, options", UNCLEAR.values(), ids=UNCLEAR)
def test_unclear_file__refused_in_words_that_suit_each_way_in(
    database: Database,
    tmp_path: Path,
    header: tuple[str, ...],
    rows: list[tuple[object, ...]],
    options: set[str],
) -> None:
    path = write_csv(tmp_path / "m.csv", header, rows)

    with pytest.raises(UnclearFile) as refused:
        ingest(database, path, options=ImportOptions())

    assert "--" not in refused.value.detail
    remedy = with_remedy(refused.value).errors[-1].message
    assert {option for option in ("--date-format", "--map", "--yes") if option in remedy} == options
    assert "page « Mesures »" in with_remedy(refused.value, BY_INBOX).detail


def test_refusal_that_no_option_lifts__names_none(database: Database, tmp_path: Path) -> None:
    (tmp_path / "vide.csv").write_bytes(b"")

    with pytest.raises(InvalidInput) as refused:
        ingest(database, tmp_path / "vide.csv")

    assert with_remedy(refused.value) is refused.value
