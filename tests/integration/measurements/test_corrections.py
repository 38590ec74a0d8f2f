"""Corrections: a value chosen among contradictory ones, rows taken out, imports undone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select

from api.domain.shared.exceptions import Conflict, InvalidInput, NotFound
from api.schemas.corrections import CorrectionAct
from api.services.measurements.corrections.corrections import Corrections
from api.services.measurements.preview import preview_file
from api.storage.measurements import exports
from api.storage.measurements import measurements as reading
from api.storage.shared.database import Database
from api.storage.tables import audit_trail, measurements, outcomes, planned_visits, turbines
from api.storage.turbines import coverage, recent
from tests.support.measurements.ingest_tools import (
    FULL,
    LABELLED,
    NOW,
    SENSORS,
    SHORT,
    changed,
    counts,
    ingest,
    statuses,
    write_csv,
)

AT = "2024-08-14T08:00:00Z"
GOOD = ("5", AT, "12.26", "3.57", "49.6", "557.2", "0")
WRONG = ("5", AT, "12.26", "99", "49.6", "557.2", "0")
BY = "compte:1"
WHY = "capteur débranché"


@dataclass
class Asked:
    """Remembers the days to score again."""

    first_days: list[date] = field(default_factory=list)

    def days_from(self, _connection: Connection, _first: date) -> int:
        return 3

    def ask(self, _connection: Connection, first: date, *, by: str) -> int:
        assert by == BY
        self.first_days.append(first)
        return 3


@dataclass
class Park:
    """A database, its corrections, and files to import."""

    database: Database
    folder: Path
    asked: Asked = field(default_factory=Asked)
    files: int = 0

    @property
    def corrections(self) -> Corrections:
        return Corrections(self.database, lambda: NOW, self.asked, lambda: SENSORS)

    def bring(self, *rows: tuple[str, ...], header: tuple[str, ...] = SHORT, **options: Any) -> Any:
        self.files += 1
        return ingest(self.database, write_csv(self.folder / f"{self.files}.csv", header, rows), **options)

    def correct(self, **act: Any) -> Any:
        return self.corrections.carry_out(CorrectionAct(**act), WHY, by=BY)

    def keys(self) -> list[int]:
        with self.database.read() as connection:
            return list(connection.scalars(select(measurements.c.id).order_by(measurements.c.id)))

    def standing(self) -> list[float]:
        """The vibrations that stand, in the order of storage."""
        with self.database.read() as connection:
            return [row.values["vibration_level"] for row in _all(connection)]


def _all(connection: Connection) -> list[Any]:
    query = select(measurements).where(measurements.c.withdrawal.is_(None)).order_by(measurements.c.id)
    return list(connection.execute(query))


@pytest.fixture
def park(any_database: Database, tmp_path: Path) -> Iterator[Park]:
    yield Park(any_database, tmp_path)


# --- contradictions ---


def test_contradiction__of_two_files__is_reported_and_settled_by_a_choice(park: Park) -> None:
    park.bring(WRONG)
    report = park.bring(GOOD)
    assert (counts(report), report.contradictions) == ((1, 0, 0, 0), 1)
    assert report.problems[0].column == "vibration_level"
    assert "import n° 1 (99)" in report.problems[0].reason
    (waiting,) = park.corrections.contradictions(10).items
    assert [row.labels["wind_speed"] for row in waiting.rows] == ["Vent (m/s)"] * 2
    assert waiting.sensors == ["vibration_level"]
    assert [row.values["vibration_level"] for row in waiting.rows] == [99, 3.57]
    act = park.correct(keep_row=waiting.rows[1].measurement_id)
    assert (act.kind, act.effect["rows"], act.reason) == ("choix", 1, WHY)
    assert park.standing() == [3.57]
    assert park.corrections.contradictions(10).total == 0
    assert park.asked.first_days == [date(2024, 8, 14)]


def test_contradiction__within_one_file__is_told_at_preview_and_at_import(park: Park) -> None:
    file = write_csv(park.folder / "two.csv", SHORT, [WRONG, GOOD])
    preview = preview_file(park.database, file, SENSORS, now=NOW)
    assert preview.contradictions == 1
    assert any("à la ligne 2 de ce fichier (99)" in problem.reason for problem in preview.problems)
    report = ingest(park.database, file)
    assert (report.inserted, report.contradictions) == (2, 1)
    assert report.problems[0].line == 3


def test_preview__names_the_import_that_a_corrected_row_contradicts(park: Park) -> None:
    park.bring(WRONG)
    file = write_csv(park.folder / "good.csv", SHORT, [GOOD])
    preview = preview_file(park.database, file, SENSORS, now=NOW)
    assert "import n° 1" in preview.problems[0].reason


QUIET = {
    "a day without an hour has several measurements": [
        ("5", "2024-08-14", "12", "3", "49", "557", "0"),
        ("5", "2024-08-14", "12", "9", "49", "557", "0"),
    ],
    "another instant": [GOOD, ("5", "2024-08-14T08:10:00Z", *WRONG[2:])],
    "another turbine": [GOOD, ("6", *WRONG[1:])],
    "equal rows": [GOOD, GOOD],
    "one row completes the other": [("5", AT, "12.26", "", "", "", ""), ("5", AT, "", "3.57", "", "", "0")],
}


@pytest.mark.parametrize("rows", QUIET.values(), ids=QUIET)
def test_contradiction__is_not_seen_where_there_is_none(park: Park, rows: list[tuple[str, ...]]) -> None:
    file = write_csv(park.folder / "quiet.csv", SHORT, rows)
    assert preview_file(park.database, file, SENSORS, now=NOW).contradictions == 0
    report = ingest(park.database, file)
    assert (report.inserted, report.contradictions) == (2, 0)
    assert park.corrections.contradictions(10).total == 0


def test_choice__of_an_import__settles_all_that_it_contradicts(park: Park) -> None:
    later = [("5", "2024-08-15T08:00:00Z", *row[2:]) for row in (WRONG, GOOD)]
    park.bring(WRONG, later[0])
    second = park.bring(GOOD, later[1])
    assert park.corrections.preview(CorrectionAct(keep_import=second.import_id)).rows == 2
    park.correct(keep_import=second.import_id)
    assert park.standing() == [3.57, 3.57]
    with pytest.raises(Conflict, match="Rien à retirer"):
        park.correct(keep_import=second.import_id)


def test_choice__of_a_row_without_an_hour__is_refused_with_the_remedy(park: Park) -> None:
    park.bring(("5", "2024-08-14", *GOOD[2:]))
    with pytest.raises(InvalidInput, match="n’a pas d’heure"):
        park.correct(keep_row=park.keys()[0])


# --- rows ---


def test_withdrawn_row__stays_out_when_its_file_comes_again_and_can_be_restored(park: Park) -> None:
    park.bring(WRONG)
    act = park.correct(rows=park.keys())
    again = park.bring(WRONG)
    assert counts(again) == (0, 1, 0, 0)
    assert f"retrait n° {act.withdrawal_id}" in again.problems[-1].reason
    assert park.standing() == []
    (row,) = park.corrections.rows("5", date(2024, 8, 14))
    assert row.withdrawal == act.withdrawal_id
    for _twice in range(2):
        restored = park.corrections.restore(act.withdrawal_id, "mesure confirmée", by=BY)
        assert restored.restored_reason == "mesure confirmée"
    assert park.standing() == [99]


def test_withdrawal__of_what_is_unknown_or_out_already__is_refused(park: Park) -> None:
    park.bring(WRONG)
    with pytest.raises(NotFound):
        park.correct(rows=[999])
    park.correct(rows=park.keys())
    with pytest.raises(Conflict):
        park.correct(rows=park.keys())
    with pytest.raises(NotFound):
        park.corrections.restore(999, WHY, by=BY)


def test_acts__are_in_the_audit_trail_without_their_words(park: Park) -> None:
    park.bring(WRONG)
    act = park.correct(rows=park.keys())
    park.corrections.restore(act.withdrawal_id, WHY, by=BY)
    park.correct(undo_import=1)
    with park.database.read() as connection:
        trail = list(connection.execute(select(audit_trail).order_by(audit_trail.c.id)))
    kept = [(entry.action, entry.object_kind) for entry in trail[-3:]]
    assert kept == [
        ("mesures_retirees", "retrait"),
        ("mesures_retablies", "retrait"),
        ("import_annule", "retrait"),
    ]
    assert all(WHY not in entry.details for entry in trail)
    assert park.corrections.acts(10).items[1].reason == WHY


# --- imports ---


def read_everything(database: Database) -> dict[str, Any]:
    """What every reader of measurements answers, with keys and import numbers left aside."""
    day = date(2024, 9, 1)
    with database.read() as connection:
        names = {key: name for name, key in reading.living_turbine_keys(connection).items()}
        recently = recent.recent_columns(connection, day, 10, list(SENSORS))
        answer = {
            "latest": sorted(str(row[2:]) for row in reading.latest_values(connection, day)),
            "last": reading.last_measured_day(connection),
            "first": reading.first_measured_day(connection),
            "turbines": sorted(
                (row.turbine_id, row.last_measured_on) for row in reading.living_turbines(connection)
            ),
            "of one": [
                row[1:]
                for name in sorted(names.values())
                for row in reading.turbine_measurements(
                    connection, reading.living_turbine_keys(connection)[name], limit=99
                )
            ],
            "failures": [
                reading.failure_measurements(connection, key) for key in sorted(names, key=names.__getitem__)
            ],
            "visits": sorted(
                (names[key], day) for key, day in reading.next_planned_visits(connection, day).items()
            ),
            "sensors": exports.sensor_names(connection),
            "sent": sorted(
                (names[key], sorted(sent.period.split(",")), sorted(sent.lately.split(",")))
                for key, sent in coverage.sent_days(
                    connection, date(2024, 8, 1), day, until=day, rows=5
                ).items()
            ),
            "lacking": coverage.lacking(connection, day, list(SENSORS)),
            "recent": str([recently.day.tolist(), *(c.tolist() for c in recently.values.values())]),
        }
    answer["labelled"] = [row[1:] for page in exports.labelled(database, None, None) for row in page]
    answer["measured"] = [row[1:] for page in exports.measured(database, living=True) for row in page]
    answer["park"] = [row.identity for page in exports.park_rows(database, day) for row in page]
    return answer


def test_undone_import__is_as_if_it_had_never_come(park: Park) -> None:
    before = [changed(LABELLED, turbine_id=str(n)) for n in (5, 6)]
    lean = ("7", "2024-08-10", "11", "", "49", "557", "0", "", "", "", "")
    wrong = [
        changed(LABELLED, turbine_id="5", failure_within_7d="1", time_to_failure_days="2"),  # other label
        changed(LABELLED, turbine_id="9", date_measure="2024-08-30", planned_intervention_date="2024-10-01"),
        changed(LABELLED, turbine_id="6", date_measure="2024-08-20", failure_within_7d="1",
                time_to_failure_days="3"),
        ("7", "2024-08-10", "11", "4", "49", "557", "0", "1", "2", "", ""),  # completes a row
    ]  # fmt: skip
    park.bring(*before, lean, header=FULL)
    expected = read_everything(park.database)
    second = park.bring(*wrong, header=FULL)
    assert (second.inserted, second.enriched, second.labels_corrected) == (2, 1, 1)
    act = park.correct(undo_import=second.import_id)
    assert {name: act.effect[name] for name in ("rows", "labels", "completed", "visits")} == {
        "rows": 2,
        "labels": 4,
        "completed": 1,
        "visits": 2,
    }
    assert act.effect["turbines_archived"] == 1
    assert read_everything(park.database) == expected
    assert statuses(park.database) == ["termine", "annule"]
    assert park.asked.first_days == [date(2024, 8, 10)]
    assert park.correct(undo_import=second.import_id) == act  # twice changes nothing
    third = park.bring(*wrong, header=FULL)  # and the same file comes back whole
    assert (third.inserted, third.enriched, third.labels_corrected) == (2, 1, 1)


def test_undone_import__keeps_its_rows_marked(park: Park) -> None:
    park.bring(GOOD, WRONG)
    act = park.correct(undo_import=1)
    with park.database.read() as connection:
        kept = list(connection.execute(select(measurements.c.withdrawal, measurements.c["values"])))
        assert connection.scalar(select(outcomes.c.measurement)) is None
        assert connection.scalar(select(planned_visits.c.id)) is None
        assert connection.scalar(select(turbines.c.archived_at)) == NOW
    assert [row.withdrawal for row in kept] == [act.withdrawal_id] * 2
    assert [row.values["vibration_level"] for row in kept] == [3.57, 99]
    with pytest.raises(Conflict, match="importez à nouveau"):
        park.corrections.restore(act.withdrawal_id, WHY, by=BY)


def test_undoing__is_refused_where_a_later_import_rests_on_it(park: Park) -> None:
    lean, fuller, full = (
        ("7", "2024-08-10", "11", "", "", "557", "0"),
        ("7", "2024-08-10", "11", "4", "", "557", "0"),
        ("7", "2024-08-10", "11", "4", "49", "557", "0"),
    )
    for row in (lean, fuller, full):
        park.bring(row)
    with pytest.raises(Conflict, match="annulez d’abord l’import n° 3"):
        park.correct(undo_import=2)
    park.correct(undo_import=3)
    park.correct(undo_import=2)
    with park.database.read() as connection:
        (row,) = _all(connection)
    assert set(row.values) == {"wind_speed", "power_output", "maintenance_done"}


def test_undoing__an_unknown_import_is_named(park: Park) -> None:
    with pytest.raises(NotFound):
        park.correct(undo_import=4)


def test_act__names_exactly_one_thing() -> None:
    with pytest.raises(ValueError, match="exactement un"):
        CorrectionAct(rows=[1], undo_import=2)
    with pytest.raises(ValueError, match="exactement un"):
        CorrectionAct()
