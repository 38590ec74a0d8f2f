"""Every file of the corpus: taken as the plain file is, taken in part, or refused with a remedy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from api.domain.shared.exceptions import InvalidInput
from api.services.measurements.preview import preview_file
from api.storage.shared.database import Database
from api.storage.tables import imports
from tests.integration.conftest import NewDatabase
from tests.support import postgres
from tests.support.measurements.corpus import CASES
from tests.support.measurements.corpus_tools import BASE, Case, csv
from tests.support.measurements.ingest_tools import NOW, SENSORS, content, ingest, stored_import


@pytest.fixture(scope="module")
def plain(
    new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, list[Any]]]:
    """What the plain file brings, checked against the corpus' own rows."""
    path = tmp_path_factory.mktemp("plain") / "mesures.csv"
    path.write_bytes(csv())
    with new_database() as database:
        ingest(database, path)
        kept = content(database)
    told = {
        (row[0], row[1].isoformat(), row[3].get("wind_speed"), row[3].get("power_output"))
        for row in kept["measurements"]
    }
    assert told == {(row[0], row[1], float(row[2]), float(row[5])) for row in BASE}
    yield kept


def test_corpus__is_large_and_without_doubles() -> None:
    assert len(CASES) >= 60
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_file__its_verdict(
    case: Case, database: Database, plain: dict[str, list[Any]], tmp_path: Path
) -> None:
    _judge(case, database, plain, tmp_path / case.filename)


@pytest.mark.parametrize("case", CASES[::8], ids=lambda case: case.name)
def test_file__its_verdict_is_the_same_on_postgresql(
    case: Case, postgres_server: postgres.Server, plain: dict[str, list[Any]], tmp_path: Path
) -> None:
    with postgres_server.database() as database:
        _judge(case, database, plain, tmp_path / case.filename)


def _judge(case: Case, database: Database, plain: dict[str, list[Any]], path: Path) -> None:
    path.write_bytes(case.data)
    if case.refused:
        with pytest.raises(InvalidInput) as caught:
            ingest(database, path, options=case.options)
        assert case.refused in caught.value.detail
        with database.read() as connection:
            assert connection.execute(select(imports)).all() == []
        assert content(database)["measurements"] == []
        return
    report = ingest(database, path, options=case.options)
    assert report.unknown_columns == list(case.unknown)
    problems = stored_import(database, report.import_id).report["problems"]
    for line, column, reason in case.reported:
        assert any((p["line"], p["column"]) == (line, column) and reason in p["reason"] for p in problems), (
            problems
        )
    if case.same:
        assert content(database) == plain
        assert bool(problems) == bool(case.reported)
    else:
        assert case.counts == (report.inserted, report.rejected)
        assert case.reported or report.rejected == 0


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_file__preview_tells_what_the_import_does(case: Case, database: Database, tmp_path: Path) -> None:
    path = tmp_path / case.filename
    path.write_bytes(case.data)
    try:
        preview = preview_file(database, path, SENSORS, now=NOW, options=case.options)
    except InvalidInput as error:
        assert case.refused
        assert case.refused in error.detail
        return
    if case.refused:
        assert preview.needs_confirmation
        assert case.refused in preview.doubts[0].message
        return
    report = ingest(database, path, options=case.options)
    assert (preview.estimated_new, preview.rejected) == (report.inserted, report.rejected)
    assert preview.format == report.format
    assert [column.name for column in preview.columns if column.state == "inconnue"] == report.unknown_columns
    assert len(preview.new_turbines) == report.turbines_added


def test_names_and_addresses__never_repeated(database: Database, tmp_path: Path) -> None:
    for case in CASES:
        if "technician" in case.name:
            path = tmp_path / "m.csv"
            path.write_bytes(case.data)
            report = ingest(database, path)
            kept = str(stored_import(database, report.import_id).report)
            assert not any(secret in kept for secret in ("Dupont", "dupont", "0612345678"))
