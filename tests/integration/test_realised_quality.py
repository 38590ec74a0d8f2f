"""Realised quality of replayed parks, against pandas that recounts it from the CSV and the models."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, cast

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import train_test_split
from sqlalchemy import text

from api.commands.score import recompute
from api.core import Core
from api.domain.shared.exceptions import InvalidInput
from api.inference.serving.artefact import sha256_of
from api.schemas.quality import AlertFigures, RealisedQuality
from api.services.measurements.ingest import ingest_file
from api.services.quality import realised as realised_service
from api.services.quality.realised import RealisedQuery
from api.storage import quality as realised
from api.storage.measurements import measurements
from api.storage.park import runs, scores
from api.storage.shared import published
from api.storage.shared.database import Database
from tests.support.client import AS_OF, CSV, FEATURES, PICKLES, new_core
from tests.support.measurements.ingest_tools import FULL, LABELLED, NOW, changed, ingest, write_csv
from tests.support.park.scored import scored

ROOT = Path(__file__).resolve().parents[2]
THRESHOLD = 3_000 / 50_000
COLUMNS = ["turbine_id", "date_measure", "failure_within_7d", "time_to_failure_days"]


def _shown(frame: pd.DataFrame, first: date, last: date) -> pd.DataFrame:
    """What each day's ranking stood on: the last day's most alarming row of each turbine; one line per row.

    Args:
        frame: measurements with ``p`` (probability), in file order.
    """
    frame = frame.assign(day=pd.to_datetime(frame["date_measure"]).dt.date)
    worst = frame.sort_values("p", ascending=False, kind="stable").drop_duplicates(["turbine_id", "day"])
    found = []
    for turbine, rows in worst.groupby("turbine_id"):
        days = sorted(rows["day"])
        by_day = rows.set_index("day")
        for n in range((last - first).days + 1):
            as_of = first + timedelta(days=n)
            before = [day for day in days if day <= as_of]
            if before:
                found.append({"as_of": as_of, "turbine": str(turbine), **by_day.loc[before[-1]].to_dict(),
                              "day": before[-1]})  # fmt: skip
    return pd.DataFrame(found)


def _first_publications(shown: pd.DataFrame) -> pd.DataFrame:
    return shown.sort_values("as_of", kind="stable").drop_duplicates(["turbine", "day"])


def _assert_confusion(figures: AlertFigures, rows: pd.DataFrame) -> None:
    alert, failed = rows["p"] >= THRESHOLD, rows["failure_within_7d"] == 1
    expected = [int(n.sum()) for n in (~alert & ~failed, alert & ~failed, ~alert & failed, alert & failed)]
    assert [
        figures.true_negatives, figures.false_positives, figures.false_negatives, figures.true_positives,
    ] == expected  # fmt: skip


def _assert_days(found: RealisedQuality, rows: pd.DataFrame) -> None:
    error = rows["d"] - rows["time_to_failure_days"]
    assert found.days.rows == len(rows)
    assert found.days.mae.value == pytest.approx(error.abs().mean(), abs=1e-6)
    assert found.days.bias.value == pytest.approx(error.mean(), abs=1e-6)
    near = rows["time_to_failure_days"] <= 14
    assert found.days_short.rows == near.sum()


@pytest.fixture(scope="module")
def sample_core(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Core]:
    """The simulated sample, the reference models, a month of rankings around their split."""
    core = new_core(tmp_path_factory.mktemp("realised"))
    for summary in core.model_service.all():
        core.model_service.activate(summary.name, summary.version, by="essai", reason="essai")
    sample = ROOT / "data" / CSV
    now = core.settings.now()
    sensors = core.sensors()
    ingest_file(core.database, sample, sensors, source="simulation", imported_by="essai", now=now)
    recompute(core, date(2024, 9, 20), date(2024, 10, 20))
    yield core
    core.close()


def test_simulated_sample__equals_an_independent_recount(sample_core: Core) -> None:
    first, last = date(2024, 9, 20), date(2024, 10, 20)
    found = sample_core.realised.quality(RealisedQuery(first, last, limit=10_000))
    frame = pd.read_csv(ROOT / "data" / CSV)
    # Probabilities from scikit-learn on the artefact, not from what was stored.
    for name, column in (("risque-panne-7j", "p"), ("delai-avant-panne", "d")):
        model = joblib.load(ROOT / "model_store" / name / "1" / "model.joblib")
        manifest = json.loads((ROOT / "model_store" / name / "1" / "manifest.json").read_text("utf-8"))
        values = frame[[feature["name"] for feature in manifest["features"]]]
        frame[column] = model.predict_proba(values)[:, 1] if column == "p" else model.predict(values)
    shown = _shown(frame.dropna(subset=["p"]), first, last)
    once = _first_publications(shown)
    counted = once[once["day"] >= date(2024, 10, 1)]  # the manifests' split: unseen from that day on

    assert found.counts.published == len(shown)
    assert found.counts.repeated == len(shown) - len(once)
    assert found.counts.seen == (once["day"] < date(2024, 10, 1)).sum()
    assert found.counts.counted == len(counted) > 500
    assert found.failures == counted["failure_within_7d"].sum() > 10
    _assert_confusion(found.at_threshold, counted)
    _assert_days(found, counted)
    by_month = {p.start: p.at_threshold for p in found.periods}
    for start, rows in counted.groupby([day.replace(day=1) for day in counted["as_of"]]):
        _assert_confusion(by_month.pop(cast(date, start)), rows)
    assert not by_month
    for one in found.calibration:
        inside = counted[(counted["p"] >= one.low) & (counted["p"] < (2 if one.high == 1 else one.high))]
        assert (one.rows, one.failures) == (len(inside), inside["failure_within_7d"].sum())
        assert one.mean_probability == pytest.approx(inside["p"].mean(), abs=1e-6)
    assert not found.independent  # wear: rows before one failure follow one another
    assert found.at_threshold.recall.method == "bootstrap_turbine"
    assert found.total == len(shown)
    assert len(found.items) == len(shown)


def test_failures_of_the_sample__are_told_once_with_their_lead(sample_core: Core) -> None:
    found = sample_core.realised.quality(RealisedQuery(date(2024, 10, 1), date(2024, 10, 20)))
    failing = [
        one
        for judged in sample_core.realised.judged(RealisedQuery(date(2024, 10, 1), date(2024, 10, 20)))
        for one in judged
        if one.failed
    ]
    days = pd.DataFrame(
        [(one.score.turbine, one.score.measured_on.toordinal() + one.outcome.days_left) for one in failing],
        columns=["turbine", "failed_on"],
    ).sort_values(["turbine", "failed_on"])
    # In a run to failure every row names the same day, to the rounding of its label.
    apart = days.groupby("turbine")["failed_on"].diff().fillna(np.inf) > 1
    assert found.events.total == apart.sum() < found.failures
    assert found.events.lead_known == found.events.announced > 0
    assert found.events.lead_shortest >= 0
    for missed in found.events.missed:
        assert missed.history
        order = [shown.as_of for shown in missed.history]
        assert order == sorted(order)


def test_csv__opens_in_a_french_spreadsheet_and_holds_what_the_answer_counts(sample_core: Core) -> None:
    query = RealisedQuery(date(2024, 9, 20), date(2024, 10, 20), limit=0)
    counts = sample_core.realised.quality(query).counts
    sent = b"".join(sample_core.realised.csv(query))
    assert sent.startswith(b"\xef\xbb\xbf")
    table = pd.read_csv(io.BytesIO(sent), sep=";", decimal=",", encoding="utf-8-sig", dtype={"Turbine": str})
    assert len(table) == counts.published
    assert table["Probabilité publiée (%)"].between(0, 100).all()
    told = table["Compté"].value_counts()
    assert (told["oui"], told["non : ligne vue à l’entraînement"], told["non : mesure déjà comptée"]) == (
        counts.counted, counts.seen, counts.repeated,
    )  # fmt: skip
    gap = table["Jours restants publiés"] - table["Jours restants observés"]
    assert np.allclose(gap, table["Écart en jours"], atol=0.011)
    rows = list(csv.reader(io.StringIO(sent.decode("utf-8-sig")), delimiter=";"))
    assert {len(row) for row in rows} == {len(table.columns)}


def test_pages__follow_one_another(sample_core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    days: dict[str, Any] = {"first": date(2024, 10, 1), "last": date(2024, 10, 10)}
    whole = sample_core.realised.quality(RealisedQuery(**days, limit=10_000))
    monkeypatch.setattr(realised, "ROWS_AT_ONCE", 25)  # two turbines at a time
    again = sample_core.realised.quality(RealisedQuery(**days, limit=10_000))
    assert again == whole
    page = sample_core.realised.quality(RealisedQuery(**days, limit=7, offset=13))
    assert page.items == whole.items[13:20]
    assert page.total == whole.total


def test_default_period__is_cut_to_what_is_read_in_seconds(
    sample_core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sample_core.realised.quality(RealisedQuery()).first == date(2023, 10, 22)  # 365 days
    monkeypatch.setattr(realised_service, "DEFAULT_SCORES", 130)  # two days and a half of fifty turbines
    found = sample_core.realised.quality(RealisedQuery())
    assert (found.first, found.last, found.counts.published) == (date(2024, 10, 19), date(2024, 10, 20), 100)
    asked = sample_core.realised.quality(RealisedQuery(first=date(2024, 10, 1)))
    assert asked.counts.published == 20 * 50


def test_model__asked_by_name_or_version_and_unknown_ones_are_refused(sample_core: Core) -> None:
    for name in ("risque-panne-7j", "risque-panne-7j:1", "delai-avant-panne"):
        assert sample_core.realised.quality(RealisedQuery(model=name)).counts.counted
    with pytest.raises(InvalidInput, match="risque-panne-7j:1") as refused:
        sample_core.realised.quality(RealisedQuery(model="risque"))
    assert refused.value.errors[0].field == "model"


def test_version_that_is_gone__leaves_its_rows_unproven(
    sample_core: Core, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sample_core.store, "_reference_dir", tmp_path)
    found = sample_core.realised.quality(RealisedQuery())
    assert found.counts.counted == 0
    assert found.counts.seen == 0
    assert found.counts.unproven > 500
    assert "aucun chiffre" in found.message
    assert "non_prouve" in {notice.code for notice in found.notices}


def test_query__seeks_its_turbines_by_an_index(database: Database) -> None:
    """At 10,000 turbines a year, a scan of each run for each group of turbines would never end."""
    with database.read() as connection:
        query = realised.scores_of_turbines([1, 2, 3], 10, 20)
        compiled = query.compile(database.engine, compile_kwargs={"literal_binds": True})
        plan = [row.detail for row in connection.execute(text(f"EXPLAIN QUERY PLAN {compiled}"))]
    on_scores = next(step for step in plan if " scores " in step)
    assert "SEARCH" in on_scores
    assert "turbine>" in on_scores.replace(" ", "")
    assert not [step for step in plan if step.startswith("SCAN")]


def test_outcomes__are_those_of_the_very_measurement_on_both_databases(
    any_database: Database, tmp_path: Path
) -> None:
    """Two measurements of one turbine on one day: the score's own outcome, not its neighbour's."""
    rows = [
        changed(LABELLED, wind_speed="11", failure_within_7d="1", time_to_failure_days="3.0"),
        changed(LABELLED, wind_speed="12", failure_within_7d="0", time_to_failure_days="40.0"),
        changed(LABELLED, turbine_id="8", failure_within_7d="", time_to_failure_days=""),
    ]
    file = write_csv(tmp_path / "a.csv", FULL, rows)
    ingest(any_database, file)
    day = date(2024, 8, 14)
    with any_database.write() as connection:
        run = runs.create(connection, kind="manuel", as_of=day, requested_by="x", now=NOW)
        keys = {turbine: key for key, turbine in realised.scored_turbines(connection)}
        last_rows = {row.turbine: row.id for row in measurements.latest_values(connection, day)}
        for rank, key in enumerate(keys.values(), start=1):
            one = scored(key, rank=rank, measurement=last_rows[key], probability=0.01)
            scores.insert(connection, run, [one])
        runs.publish(connection, run, now=NOW, status="termine", models=[], threshold=0.06)
        park = realised.scored_turbines(connection)
    found = {turbine: row for turbine, (row,) in realised.observed_scores(any_database, [run], park)}
    assert set(found) == set(keys)
    assert found["8"].failure_within_7d is None
    (twin,) = (row for turbine, row in found.items() if turbine != "8")
    assert (twin.failure_within_7d, twin.time_to_failure_days) == (False, 40.0)
    assert twin.sha256 == sha256_of(file)
    assert not list(realised.observed_scores(any_database, [], park))


@pytest.fixture(scope="module")
def client_replay(client_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Core]:
    home = tmp_path_factory.mktemp("client-realised")
    shutil.copytree(client_home, home, dirs_exist_ok=True)
    core = new_core(home)
    recompute(core, date(2024, 11, 15), AS_OF)
    yield core
    core.close()


@pytest.mark.client
def test_client_files__rows_seen_in_training_are_left_out_and_counted(
    client_replay: Core, client_files: Path
) -> None:
    first = date(2024, 11, 15)
    found = client_replay.realised.quality(RealisedQuery(first, AS_OF))
    frame = pd.read_csv(client_files / CSV)
    models = {task: joblib.load(client_files / pickle) for task, pickle in PICKLES.items()}
    frame["p"] = models["classification"].predict_proba(frame[FEATURES])[:, 1]
    frame["d"] = models["regression"].predict(frame[FEATURES])
    _, unseen = train_test_split(
        np.arange(len(frame)), test_size=0.3, random_state=42, stratify=frame["failure_within_7d"]
    )
    frame["unseen"] = np.isin(np.arange(len(frame)), unseen)
    shown = _shown(frame, first, AS_OF)
    once = _first_publications(shown)
    counted = once[once["unseen"].astype(bool)]

    assert found.counts.published == len(shown) == 46 * 50
    assert found.counts.seen == (~once["unseen"].astype(bool)).sum() > found.counts.counted
    assert found.counts.counted == len(counted)
    assert found.counts.unproven == 0
    _assert_confusion(found.at_threshold, counted)
    _assert_days(found, counted)
    # The training rows would have flattered: counted with them, the recall is another one.
    assert found.failures < once["failure_within_7d"].sum()
    with client_replay.database.read() as connection:
        assert len(published.runs_between(connection, first, AS_OF)) == 46
