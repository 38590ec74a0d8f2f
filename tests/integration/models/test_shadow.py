"""A candidate in shadow: same measurements as the run, nothing shown, nothing broken."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from scipy.stats import binomtest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from api.commands.score import run_now
from api.core import Core
from api.domain.measurements.measurements import natural_key
from api.domain.shared.exceptions import Conflict, InvalidInput, ModelUnavailable, NotFound
from api.inference.serving.manifest import Task
from api.services.park.view import ParkQuery
from api.storage.tables import measurements, scores, shadow_candidates, shadow_scores, turbines
from tests.support.park.importer_tools import bring
from tests.support.park.shadow_tools import (
    CLASSIFIER,
    REGRESSOR,
    SENSORS,
    Second,
    sample_core,
    second_version,
)
from tests.support.refusing import refusing

DAY = date(2024, 12, 30)
ALL = ParkQuery(limit=10_000)


@pytest.fixture(scope="module")
def core(either_home_if_long: Path) -> Iterator[Core]:
    """The references in force on the sample's last weeks."""
    made = sample_core(either_home_if_long, "2024-12-15")
    yield made
    made.close()


@pytest.fixture(scope="module")
def seconds(core: Core) -> dict[str, Second]:
    return {task: second_version(core, task) for task in ("classification", "regression")}


@pytest.fixture(autouse=True)
def nobody_in_shadow(core: Core) -> Iterator[None]:
    """Each test ends with the references in force and no candidate."""
    yield
    for candidate in core.shadow.candidates():
        if candidate.ended_at is None:
            core.shadow.withdraw(candidate.task, by="essai", reason="fin de l’essai")


def choose(core: Core, task: Task, second: Second) -> Any:
    return core.shadow.choose(task, second.name, second.version, by="compte:3", reason="mieux calibré ?")


def stored(core: Core, run_id: int) -> pd.DataFrame:
    """What the candidate said of a run beside the values that the run's own scores rest on."""
    query = (
        select(
            turbines.c.turbine_id,
            measurements.c["values"],
            scores.c.probability,
            scores.c.days_left,
            shadow_scores.c.raw_output,
            shadow_scores.c.output,
        )
        .select_from(scores)
        .join(turbines, turbines.c.id == scores.c.turbine)
        .join(measurements, measurements.c.id == scores.c.measurement)
        .outerjoin(
            shadow_scores,
            (shadow_scores.c.run == scores.c.run) & (shadow_scores.c.turbine == scores.c.turbine),
        )
        .where(scores.c.run == run_id)
    )
    with core.database.read() as connection:
        rows = [dict(row._mapping) for row in connection.execute(query)]
    values = pd.DataFrame([row.pop("values") for row in rows])
    return pd.concat([pd.DataFrame(rows), values], axis=1)


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_candidate__scores_the_measurements_that_the_run_kept(
    core: Core, seconds: dict[str, Second], task: Task
) -> None:
    choose(core, task, seconds[task])
    run = run_now(core, DAY, kind="manuel", by="essai")

    found = stored(core, run.run_id)

    complete = found[SENSORS].notna().all(axis=1)
    assert complete.sum() > 40
    assert (found.output.notna() == complete).all()
    expected = seconds[task].outputs(found[complete])
    assert found[complete].raw_output.to_numpy() == pytest.approx(expected, abs=1e-6)
    assert found[complete].output.to_numpy() == pytest.approx(expected, abs=1e-6)


def test_candidate__is_silent(core: Core, seconds: dict[str, Second]) -> None:
    before = run_now(core, DAY, kind="manuel", by="essai")
    shown = core.view.park(ALL)
    for task, second in seconds.items():
        choose(core, task, second)  # type: ignore[arg-type]

    after = run_now(core, DAY, kind="manuel", by="essai")

    assert after.run_id != before.run_id
    assert core.view.park(ALL).items == shown.items
    assert after.models == before.models
    assert {(s.model.manifest.name, s.model.manifest.version) for s in core.models.current().served} == {
        (CLASSIFIER, 1),
        (REGRESSOR, 1),
    }


def test_candidate__scores_the_published_run_as_soon_as_it_is_set(
    core: Core, seconds: dict[str, Second]
) -> None:
    run = run_now(core, DAY, kind="manuel", by="essai")

    chosen = choose(core, "classification", seconds["classification"])

    assert (chosen.runs_scored, chosen.set_by, chosen.reason) == (1, "compte:3", "mieux calibré ?")
    report = core.shadow_report.report("classification", run_id=None, last=5, limit=10)
    assert report.last is not None
    assert report.last.run_id == run.run_id


def test_report__figures_are_those_of_pandas_and_scipy(core: Core, seconds: dict[str, Second]) -> None:
    choose(core, "classification", seconds["classification"])
    run = run_now(core, DAY, kind="manuel", by="essai")

    report = core.shadow_report.report("classification", run_id=run.run_id, last=5, limit=10_000)

    assert report.last is not None
    table = stored(core, run.run_id)
    table = table[table.probability.notna() & table[SENSORS].notna().all(axis=1)].reset_index(drop=True)
    table["candidate"] = seconds["classification"].outputs(table)
    bounds = [-1, 0.015, 0.06, 0.30, 2]  # 3,000 / 50,000, its quarter, five times it
    names = ["faible", "modere", "eleve", "critique"]
    levels = {c: pd.cut(table[c], bounds, right=False, labels=names) for c in ("probability", "candidate")}
    same = int((levels["probability"].astype(str) == levels["candidate"].astype(str)).sum())
    wilson = binomtest(same, len(table)).proportion_ci(method="wilson")
    figure = report.last.same_level
    assert (figure.value, figure.low, figure.high) == pytest.approx(
        (same / len(table), wilson.low, wilson.high), abs=1e-9
    )
    correlation = table.probability.corr(table.candidate, method="spearman")
    assert report.last.rank_correlation == pytest.approx(correlation, abs=1e-6)
    apart = (table.candidate - table.probability).abs()
    assert report.last.mean_absolute_difference == pytest.approx(apart.mean(), abs=1e-7)
    urgent = int(levels["probability"].isin(["eleve", "critique"]).sum())
    table["natural"] = table.turbine_id.map(natural_key)
    expected = []
    for size in dict.fromkeys([10, urgent]):
        tops = [
            set(table.sort_values([column, "natural"], ascending=[False, True]).turbine_id[:size])
            for column in ("probability", "candidate")
        ]
        expected.append((size, len(tops[0] & tops[1])))
    assert [(top.size, top.shared) for top in report.last.tops] == [e for e in expected if e[0]]
    gaps = [abs(pair.candidate - pair.active) for pair in report.pairs]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps == pytest.approx(sorted(apart, reverse=True), abs=1e-6)
    assert {p.turbine_id: p.active_level for p in report.pairs} == dict(
        zip(table.turbine_id, levels["probability"].astype(str), strict=True)
    )
    assert report.last.rows + report.last.left_out == run.total
    assert {bound.level: bound.value for bound in report.bounds} == pytest.approx(
        {"modere": 0.015, "eleve": 0.06, "critique": 0.30}
    )


def test_report__days_are_compared_on_both_sides_of_seven(core: Core, seconds: dict[str, Second]) -> None:
    choose(core, "regression", seconds["regression"])
    run = run_now(core, DAY, kind="manuel", by="essai")

    report = core.shadow_report.report("regression", run_id=None, last=3, limit=10_000)

    assert report.last is not None
    table = stored(core, run.run_id)
    table = table[table.days_left.notna() & table[SENSORS].notna().all(axis=1)]
    days = seconds["regression"].outputs(table)
    assert report.last.same_level.value == pytest.approx(((table.days_left <= 7) == (days <= 7)).mean())
    assert report.last.mean_difference == pytest.approx((days - table.days_left).mean(), abs=1e-5)
    assert [(bound.level, bound.value) for bound in report.bounds] == [("imminente", 7.0)]


def test_report__over_several_runs(core: Core, seconds: dict[str, Second]) -> None:
    choose(core, "classification", seconds["classification"])
    days = [date(2024, 12, 27), date(2024, 12, 28), date(2024, 12, 29), DAY]
    ids = [run_now(core, day, kind="manuel", by="essai").run_id for day in days]

    report = core.shadow_report.report("classification", run_id=None, last=4, limit=5)

    assert [run.run_id for run in report.runs] == ids[::-1]
    assert report.pooled is not None
    tables = [stored(core, run_id).dropna(subset=["probability", "output"]) for run_id in ids]
    pooled = pd.concat(tables)
    assert (report.pooled.runs, report.pooled.rows) == (4, len(pooled))
    apart = (pooled.output - pooled.probability).abs().mean()
    assert report.pooled.mean_absolute_difference.value == pytest.approx(apart)
    low, high = report.pooled.same_level.low, report.pooled.same_level.high
    assert low is not None
    assert high is not None
    assert low <= report.pooled.same_level.value <= high
    older = core.shadow_report.report("classification", run_id=ids[0], last=1, limit=5)
    assert older.last is not None
    assert (older.last.as_of, [run.run_id for run in older.runs]) == (days[0], ids[-1:])
    with pytest.raises(NotFound):
        core.shadow_report.report("classification", run_id=1_000_000, last=1, limit=5)


def test_broken_candidate__leaves_the_run_published_and_is_told_once(
    core: Core, seconds: dict[str, Second], caplog: pytest.LogCaptureFixture
) -> None:
    second = seconds["classification"]
    choose(core, "classification", second)
    folder = core.store.folder(second.name, second.version)
    artefact = folder / core.store.manifest(second.name, second.version).artefact
    content = artefact.read_bytes()
    artefact.write_bytes(content + b"x")
    try:
        with caplog.at_level(logging.ERROR):
            broken = [run_now(core, DAY, kind="manuel", by="essai") for _ in range(2)]
    finally:
        artefact.write_bytes(content)

    assert [run.error for run in broken] == [None, None]
    park = core.view.park(ALL)
    assert park.run is not None
    assert park.run.run_id == broken[-1].run_id
    assert all(item.failure_probability is not None for item in park.items[:10])
    candidate = core.shadow.candidate("classification")
    assert candidate.failure is not None
    assert "modifié" in candidate.failure
    assert candidate.failed_run == broken[-1].run_id
    assert sum("candidate could not score" in record.message for record in caplog.records) == 1
    report = core.shadow_report.report("classification", run_id=None, last=1, limit=5)
    assert report.last is None or report.last.run_id not in {run.run_id for run in broken}

    mended = run_now(core, DAY, kind="manuel", by="essai")

    after = core.shadow.candidate("classification")
    assert (after.failure, after.failed_run) == (None, None)
    assert stored(core, mended.run_id).output.notna().any()


def test_unexpected_fault_in_the_shadow__leaves_the_run_published(
    core: Core, seconds: dict[str, Second], caplog: pytest.LogCaptureFixture
) -> None:
    choose(core, "regression", seconds["regression"])
    with refusing(core.database, "INSERT", "shadow_scores"):
        run = run_now(core, DAY, kind="manuel", by="essai")

    park = core.view.park(ALL)
    assert run.error is None
    assert park.run is not None
    assert park.run.run_id == run.run_id
    failure = core.shadow.candidate("regression").failure
    assert failure is not None
    assert failure.startswith("Erreur inattendue")
    assert any(record.exc_info for record in caplog.records)


@pytest.mark.parametrize(
    ("task", "name", "version", "error", "said"),
    [
        ("classification", CLASSIFIER, 1, Conflict, "en service"),
        ("classification", CLASSIFIER, 99, NotFound, "version 99"),
        ("classification", REGRESSOR, 2, InvalidInput, "autre tâche"),
    ],
)
def test_choice__refused(
    core: Core,
    seconds: dict[str, Second],
    task: Task,
    name: str,
    version: int,
    error: type[Exception],
    said: str,
) -> None:
    with pytest.raises(error, match=said):
        core.shadow.choose(task, name, version, by="essai", reason="essai")
    assert [c for c in core.shadow.candidates() if c.ended_at is None] == []


def test_choice__of_a_model_that_reads_what_nobody_measures_is_refused(core: Core, tmp_path: Path) -> None:
    import joblib
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression().fit([[1.0, 0.0], [2.0, 1.0], [3.0, 0.0], [4.0, 1.0]], [0, 0, 1, 1])
    joblib.dump(model, tmp_path / "m.joblib")
    features = ("vibration_level", "oil_pressure")
    made = bring(core.store, tmp_path / "m.joblib", name="pression", features=features).manifest

    with pytest.raises(InvalidInput, match="ne mesure pas") as refused:
        core.shadow.choose("classification", made.name, made.version, by="essai", reason="essai")
    assert "oil_pressure" in refused.value.detail
    assert refused.value.errors[0].field == "name"


def test_choice__altered_files_are_refused(core: Core, seconds: dict[str, Second]) -> None:
    second = seconds["regression"]
    artefact = core.store.folder(second.name, second.version) / "background.json"
    content = artefact.read_bytes()
    artefact.write_bytes(b"{}")
    try:
        with pytest.raises(ModelUnavailable, match="background"):
            choose(core, "regression", second)
    finally:
        artefact.write_bytes(content)


def test_one_candidate_per_task(core: Core, seconds: dict[str, Second]) -> None:
    first = choose(core, "classification", seconds["classification"])
    with pytest.raises(Conflict, match="déjà candidat"):
        choose(core, "classification", seconds["classification"])
    choose(core, "regression", seconds["regression"])
    other = second_version(core, "classification", unknown=True)

    replaced = core.shadow.choose("classification", other.name, other.version, by="b", reason="autre essai")

    candidates = core.shadow.candidates()
    living = [c for c in candidates if c.ended_at is None]
    assert [(c.task, c.name) for c in living] == [
        ("classification", replaced.name),
        ("regression", REGRESSOR),
    ]
    former = next(c for c in candidates if c.ended_at is not None and c.since == first.since)
    assert (former.ended_by, former.end_reason) == ("b", "Remplacé par un autre candidat")
    row = {
        "task": "classification", "name": "x", "version": 1, "sha256": "0" * 64,
        "since": datetime.now().astimezone(), "set_by": "x", "reason": "x",
    }  # fmt: skip
    with pytest.raises(IntegrityError), core.database.write() as connection:
        connection.execute(insert(shadow_candidates).values(**row))


def test_activation__ends_the_candidacy(core: Core, seconds: dict[str, Second]) -> None:
    second = seconds["classification"]
    choose(core, "classification", second)
    try:
        core.model_service.activate(second.name, second.version, by="compte:9", reason="adopté")
        with pytest.raises(NotFound):
            core.shadow.candidate("classification")
        ended = next(c for c in core.shadow.candidates() if c.ended_at is not None)
        assert (ended.version, ended.ended_by, ended.end_reason) == (
            second.version,
            "compte:9",
            "Mis en service",
        )
    finally:
        core.model_service.activate(CLASSIFIER, 1, by="essai", reason="retour")


def test_withdrawn__scores_nothing_more(core: Core, seconds: dict[str, Second]) -> None:
    choose(core, "classification", seconds["classification"])
    ended = core.shadow.withdraw("classification", by="compte:4", reason="pas convaincant")

    run = run_now(core, DAY, kind="manuel", by="essai")

    assert (ended.ended_by, ended.end_reason) == ("compte:4", "pas convaincant")
    assert stored(core, run.run_id).output.isna().all()
    with pytest.raises(NotFound):
        core.shadow.withdraw("classification", by="compte:4", reason="encore")
