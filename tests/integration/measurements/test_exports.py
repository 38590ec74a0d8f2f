"""What goes out: rows that come back as the same rows, scores as they were published, in both formats."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from api import cli
from api.core import Core
from api.domain.plausibility.trust import Finding
from api.domain.policy.levels import TimeToFailure
from api.domain.shared.exceptions import Conflict, InvalidInput, NotFound
from api.inference.serving.store import ModelStore
from api.schemas.vocabulary import RiskLevel
from api.services.park.exports import Asked, Format, What, write
from api.storage.measurements import exports as storage
from api.storage.park import runs, scores
from api.storage.tables import measurements
from tests.support.client import new_core
from tests.support.commands import point_at
from tests.support.measurements.ingest_tools import (
    FULL,
    LABELLED,
    NOW,
    ROW,
    changed,
    content,
    ingest,
    write_csv,
)
from tests.support.park.scored import scored

pytestmark = pytest.mark.usefixtures("both_databases_if_long")

NAME = "risque-panne-7j"


@pytest.fixture
def core(tmp_path: Path) -> Iterator[Core]:
    made = new_core(tmp_path / "home")
    yield made
    made.close()


def _written(core: Core, form: Format, **asked: Any) -> tuple[int, bytes]:
    file = io.BytesIO()
    rows = write(core.exports.export(Asked(**asked)), form, file)
    return rows, file.getvalue()


def _fill(core: Core, tmp_path: Path) -> None:
    unlabelled = (*ROW, "", "", "", "")
    rows = [
        LABELLED,
        LABELLED,  # twice the same row: two measurements
        changed(LABELLED, turbine_id="E-10", date_measure="2024-08-14T08:30:00+02:00"),
        changed(LABELLED, turbine_id="7", failure_within_7d="", wind_speed=""),
        changed(LABELLED, turbine_id="8", time_to_failure_days="", vibration_level="0.1000000001"),
        changed(unlabelled, turbine_id="9"),
    ]
    ingest(core.database, write_csv(tmp_path / "a.csv", FULL, rows))


def test_labelled__comes_back_as_the_same_rows(core: Core, tmp_path: Path) -> None:
    _fill(core, tmp_path)
    rows, csv = _written(core, Format.CSV, what=What.LABELLED)
    assert rows == 5
    (tmp_path / "sortie.csv").write_bytes(csv)
    other = new_core(tmp_path / "autre")
    report = ingest(other.database, tmp_path / "sortie.csv")
    assert (report.inserted, report.rejected) == (5, 0), report
    kept = [row for row in content(core.database)["measurements"] if row[0] != "9"]
    assert content(other.database)["measurements"] == kept
    again = ingest(core.database, tmp_path / "sortie.csv")
    assert (again.inserted, again.labels_added) == (0, 0)
    other.close()


def test_parquet__holds_what_the_csv_holds(core: Core, tmp_path: Path) -> None:
    _fill(core, tmp_path)
    _, csv = _written(core, Format.CSV, what=What.LABELLED)
    rows, parquet = _written(core, Format.PARQUET, what=What.LABELLED)
    table = pq.read_table(io.BytesIO(parquet))
    assert table.num_rows == rows == 5
    assert str(table.schema.field("wind_speed").type) == "double"
    from_csv = pd.read_csv(io.BytesIO(csv), dtype={"turbine_id": str})
    pd.testing.assert_frame_equal(table.to_pandas(), from_csv, check_dtype=False)


def test_pages__lose_no_row_and_repeat_none(
    core: Core, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [changed(LABELLED, turbine_id=str(n)) for n in range(1, 24)]
    ingest(core.database, write_csv(tmp_path / "a.csv", FULL, rows))
    monkeypatch.setattr(storage, "PAGE", 5)
    written, csv = _written(core, Format.CSV, what=What.LABELLED)
    assert written == 23
    assert sorted(pd.read_csv(io.BytesIO(csv))["turbine_id"]) == list(range(1, 24))
    assert pq.read_table(io.BytesIO(_written(core, Format.PARQUET, what=What.LABELLED)[1])).num_rows == 23


def test_labelled__between_two_days(core: Core, tmp_path: Path) -> None:
    days = ("2024-08-13", "2024-08-14", "2024-08-15")
    ingest(
        core.database,
        write_csv(tmp_path / "a.csv", FULL, [changed(LABELLED, date_measure=day) for day in days]),
    )
    day = pd.Timestamp("2024-08-14").date()
    assert _written(core, Format.CSV, what=What.LABELLED, first=day, last=day)[0] == 1
    assert _written(core, Format.CSV, what=What.LABELLED, first=day)[0] == 2
    with pytest.raises(InvalidInput):
        core.exports.export(Asked(What.LABELLED, first=day, last=pd.Timestamp("2024-08-13").date()))


@pytest.mark.parametrize("form", list(Format))
@pytest.mark.parametrize("what", [What.LABELLED, What.SCORES])
def test_nothing_to_tell__is_a_table_without_rows(core: Core, what: What, form: Format) -> None:
    rows, sent = _written(core, form, what=what)
    assert rows == 0
    read = pd.read_csv(io.BytesIO(sent)) if form is Format.CSV else pd.read_parquet(io.BytesIO(sent))
    assert len(read) == 0
    assert "turbine_id" in read.columns


def test_a_sensor_that_no_catalogue_knows_any_more__still_goes_out(core: Core, tmp_path: Path) -> None:
    _fill(core, tmp_path)
    with core.database.write() as connection:
        connection.execute(
            measurements.update().where(measurements.c.id == 1).values(values={"pitch": 3.5, "wind_speed": 1})
        )
    table = pd.read_csv(io.BytesIO(_written(core, Format.CSV, what=What.LABELLED)[1]))
    assert list(table["pitch"].dropna()) == [3.5]


def test_unseen__are_the_stored_rows_of_that_version_s_split(
    core: Core, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fill(core, tmp_path)
    identities = [row[4] for row in content(core.database)["measurements"]]
    chosen = frozenset(identities[:2])
    monkeypatch.setattr(ModelStore, "unseen_identities", lambda *_: chosen | {"f" * 64})
    rows, csv = _written(core, Format.CSV, what=What.UNSEEN, model=NAME, version=1)
    assert rows == 2
    (tmp_path / "unseen.csv").write_bytes(csv)
    other = new_core(tmp_path / "autre")
    ingest(other.database, tmp_path / "unseen.csv")
    got = {row[0] for row in content(other.database)["measurements"]}
    assert got == {row[0] for row in content(core.database)["measurements"] if row[4] in chosen}
    other.close()


def test_unseen__of_the_reference_model__are_found_in_the_simulated_sample(core: Core) -> None:
    """The split that the manifest keeps names rows as ingestion names them."""
    wanted = core.store.unseen_identities(NAME, 1)
    assert wanted
    ingest(core.database, exports_sample(core), source="simulation")
    rows, _ = _written(core, Format.CSV, what=What.UNSEEN, model=NAME, version=1)
    assert rows == len(wanted)
    archived = ingest(core.database, write_csv(core.settings.home / "r.csv", FULL, [LABELLED]))
    assert archived.inserted == 1  # real data put the simulated park aside: its split is still the model's
    assert _written(core, Format.CSV, what=What.UNSEEN, model=NAME, version=1)[0] == len(wanted)


def exports_sample(core: Core) -> Path:
    return core.settings.reference_models.parent / "data" / "energiTech_maintenance_sample.csv"


def test_unseen__needs_a_version_that_says_what_it_has_not_seen(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InvalidInput):
        core.exports.export(Asked(What.UNSEEN))
    with pytest.raises(NotFound):
        core.exports.export(Asked(What.UNSEEN, model="rien", version=1))
    monkeypatch.setattr(ModelStore, "unseen_identities", lambda *_: None)
    with pytest.raises(Conflict):
        core.exports.export(Asked(What.UNSEEN, model=NAME, version=1))


def test_scores__are_those_of_each_day_s_last_published_run(core: Core, tmp_path: Path) -> None:
    _fill(core, tmp_path)
    ids = []
    found = (Finding("a", None, "A."), Finding("b", None, "B."))
    days = (TimeToFailure(9.0, 4.0, 20.0), TimeToFailure(9.0, 4.0, 20.0), None)
    named = (("2024-08-14", "faible"), ("2024-08-14", "critique"), ("2024-08-15", "eleve"))
    for (day, level), left in zip(named, days, strict=True):
        with core.database.write() as connection:
            as_of = pd.Timestamp(day).date()
            ids.append(runs.create(connection, kind="manuel", as_of=as_of, requested_by="x", now=NOW))
            score = scored(1, level=RiskLevel(level), probability=0.25, findings=found, days=left)
            scores.insert(connection, ids[-1], [score])
            runs.publish(
                connection,
                ids[-1],
                now=NOW,
                status="termine",
                models=[{"name": "m", "version": 2}],
                threshold=0.06,
                policy_version=1,
            )
    rows, csv = _written(core, Format.CSV, what=What.SCORES)
    table = pd.read_csv(io.BytesIO(csv))
    assert rows == 2
    assert list(table["run_id"]) == ids[1:]
    assert list(table["risk_level"]) == ["critique", "eleve"]
    first = table.iloc[0]
    assert (first["as_of"], first["findings"], first["models"]) == ("2024-08-14", "a b", "m:2")
    assert (first["failure_probability"], first["decision_threshold"]) == (0.25, 0.06)
    names = [f"time_to_failure_{name}" for name in ("days", "low", "high")]
    assert list(first[names]) == [9.0, 4.0, 20.0]
    assert table.iloc[1][names].isna().all()
    assert _written(core, Format.CSV, what=What.SCORES, first=pd.Timestamp("2024-08-15").date())[0] == 1


def test_command__replaces_the_file_whole(
    core: Core, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _fill(core, tmp_path)
    point_at(core.settings.home, monkeypatch)
    monkeypatch.setenv("COCKPIT_DATABASE_URL", core.settings.url)
    target = tmp_path / "sortie.parquet"
    target.write_text("avant")
    command = ["data", "export", "--what", "labelled", "--format", "parquet", "-o", str(target)]
    assert cli.main(command) == 0
    assert pq.read_table(target).num_rows == 5
    assert "5\u00a0lignes" in capsys.readouterr().err
    assert not list(tmp_path.glob("*.part"))
    assert cli.main(["data", "export", "--what", "scores", "--format", "parquet"]) == 1  # where to?
    assert cli.main(["data", "export", "--what", "unseen", "-o", str(target), "--model", "rien", "1"]) == 1
    assert pq.read_table(target).num_rows == 5
    assert "rien" in capsys.readouterr().err
