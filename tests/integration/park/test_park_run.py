"""Runs of the park: whole or not at all, every turbine in the result, nothing later than the day used."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from api.commands.score import run_now
from api.core import Core, build_core
from api.domain.shared.exceptions import InvalidInput, ModelUnavailable, NotFound
from api.schemas.vocabulary import DataStatus, RiskLevel
from api.services.measurements.ingest import ingest_file
from api.services.park.view import ParkQuery, ScoreFilter
from api.storage.park import runs
from api.storage.park import scores as storage
from api.storage.shared import jobs
from api.storage.tables import jobs as jobs_table
from api.storage.tables import scores, turbines
from tests.support.client import new_core, settings_in
from tests.support.park.scored import scored

pytestmark = pytest.mark.usefixtures("both_databases")

HEADER = "turbine_id,date_measure,wind_speed,vibration_level,temperature,power_output,maintenance_done\n"
CALM = "12.0,2.5,44.0,715.0,0"
WORN = "14.0,6.5,75.0,840.0,1"
DAY = date(2024, 6, 30)
ALL = ParkQuery(limit=10_000)


@pytest.fixture
def core(tmp_path: Path) -> Iterator[Core]:
    """The reference models in service on an empty park."""
    made = new_core(tmp_path)
    for summary in made.model_service.all():
        made.model_service.activate(summary.name, summary.version, by="essai", reason="essai")
    yield made
    made.close()


def ingest(core: Core, tmp_path: Path, *rows: str) -> None:
    file = tmp_path / "mesures.csv"
    file.write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8")
    catalogue = core.sensors()
    ingest_file(core.database, file, catalogue, source="mesure", imported_by="essai", now=datetime.now(UTC))


def test_run__ranks_the_worn_turbine_first_and_keeps_every_turbine(core: Core, tmp_path: Path) -> None:
    ingest(core, tmp_path, f"1,2024-06-30,{CALM}", f"2,2024-06-30,{WORN}", f"10,2024-06-30,{CALM}")
    run = run_now(core, DAY, kind="manuel", by="essai")
    park = core.view.park(ALL)
    assert run.status == "termine"
    assert park.items[0].turbine_id == "2"
    assert {item.turbine_id for item in park.items} == {"1", "2", "10"}
    assert park.items[0].main_driver is not None
    assert park.items[0].main_driver.direction == "hausse"
    calm = core.view.park(ALL).items[1:]
    assert all(item.main_driver is None or item.main_driver.direction == "hausse" for item in calm)


def test_run__uses_nothing_later_than_its_day(core: Core, tmp_path: Path) -> None:
    ingest(core, tmp_path, f"1,2024-06-29,{CALM}", f"1,2024-06-30,{WORN}", f"2,2024-06-29,{CALM}")
    run_now(core, DAY - timedelta(days=1), kind="manuel", by="essai")
    calm = {item.turbine_id: item for item in core.view.park(ALL).items}
    assert calm["1"].measured_on == date(2024, 6, 29)
    assert calm["1"].failure_probability == calm["2"].failure_probability


def test_several_measurements_of_a_day__the_most_alarming_counts(core: Core, tmp_path: Path) -> None:
    ingest(core, tmp_path, f"1,2024-06-30,{WORN}", f"1,2024-06-30,{CALM}", f"2,2024-06-30,{WORN}")
    run_now(core, DAY, kind="manuel", by="essai")
    both = {item.turbine_id: item.failure_probability for item in core.view.park(ALL).items}
    assert both["1"] == both["2"]


def test_silent_stale_and_incomplete_turbines__are_shown_and_never_called_safe(
    core: Core, tmp_path: Path
) -> None:
    ingest(
        core,
        tmp_path,
        f"fresh,2024-06-30,{CALM}",
        f"stale,2024-06-01,{CALM}",
        "partial,2024-06-30,12.0,,44.0,715.0,0",
        f"later,2024-07-15,{CALM}",
        "odd,2024-06-30,12.0,2.5,190.0,715.0,0",
    )
    run = run_now(core, DAY, kind="manuel", by="essai")
    found = {item.turbine_id: item for item in core.view.park(ALL).items}
    statuses = {turbine: item.data_status for turbine, item in found.items()}
    assert statuses == {
        "fresh": DataStatus.OK,
        "stale": DataStatus.PERIME,
        "partial": DataStatus.NON_EVALUE,
        "later": DataStatus.NON_EVALUE,
        "odd": DataStatus.OK,  # the model extrapolates; no sensor is accused
    }
    for turbine in ("stale", "partial", "later", "odd"):
        assert found[turbine].risk_level is not RiskLevel.FAIBLE
        assert found[turbine].warnings
    assert (run.status, run.failed, run.stale) == ("termine_avec_erreurs", 2, 1)


def test_failed_run__leaves_the_published_ranking_and_says_why(core: Core, tmp_path: Path) -> None:
    ingest(core, tmp_path, f"1,2024-06-30,{CALM}")
    good = run_now(core, DAY, kind="manuel", by="essai")
    other = build_core(settings_in(core.settings.home))  # a process that starts after the model was lost
    object.__setattr__(other.store, "_reference_dir", tmp_path / "nowhere")
    bad = run_now(other, DAY, kind="manuel", by="essai")
    other.close()
    assert bad.status == "echoue"
    assert bad.error is not None
    assert "risque-panne-7j" in bad.error
    park = core.view.park(ALL)
    assert park.run is not None
    assert park.run.run_id == good.run_id
    assert park.last_attempt is not None
    assert park.last_attempt.run_id == bad.run_id
    assert any(notice.code == "calcul_echoue" for notice in park.notices)
    with core.database.read() as connection:
        left = select(func.count()).select_from(scores).where(scores.c.run == bad.run_id)
        assert connection.scalar(left) == 0


def test_models_lost__predictions_are_unavailable_and_name_the_file(core: Core, tmp_path: Path) -> None:
    copy = tmp_path / "store"
    shutil.copytree(core.settings.reference_models, copy)
    next(copy.glob("risque-panne-7j/1/*.joblib")).unlink()
    other = build_core(settings_in(core.settings.home))
    object.__setattr__(other.store, "_reference_dir", copy)
    with pytest.raises(ModelUnavailable, match=r"risque-panne-7j.*\.joblib"):
        other.models.current().require()
    other.close()


def test_interrupted_run__is_never_seen_and_is_closed(core: Core, tmp_path: Path) -> None:
    """A worker dies after it stored scores and before it published them."""
    ingest(core, tmp_path, f"1,2024-06-30,{CALM}")
    shown = run_now(core, DAY, kind="manuel", by="essai")
    run_id = core.runner.request(DAY, kind="manuel", by="essai")
    past = datetime.now(UTC) - timedelta(hours=1)
    with core.database.write() as connection:
        jobs.take(connection, "dead-worker", past)
        runs.change(connection, run_id, status="en_cours", started_at=past)
        turbine = connection.scalar(select(turbines.c.id))
        assert turbine is not None
        storage.insert(connection, run_id, [scored(turbine, level=RiskLevel.CRITIQUE)])
    assert core.view.park(ALL).items[0].risk_level is not RiskLevel.CRITIQUE

    core.job_service().close_abandoned()

    assert core.view.run(run_id).status == "interrompu"
    park = core.view.park(ALL)
    assert park.run is not None
    assert park.run.run_id == shown.run_id
    with core.database.read() as connection:
        assert connection.scalar(
            select(jobs_table.c.status).where(jobs_table.c.leased_by == "dead-worker")
        ) == ("interrompu")


def test_living_worker__keeps_its_lease(core: Core, tmp_path: Path) -> None:
    ingest(core, tmp_path, f"1,2024-06-30,{CALM}")
    run_id = core.runner.request(DAY, kind="manuel", by="essai")
    with core.database.write() as connection:
        jobs.take(connection, "alive", datetime.now(UTC))
    core.job_service().close_abandoned()
    assert core.view.run(run_id).status == "en_attente"


def test_two_requests_for_one_day__are_one_run(core: Core, tmp_path: Path) -> None:
    ingest(core, tmp_path, f"1,2024-06-30,{CALM}")
    first = core.runner.request(DAY, kind="manuel", by="essai")
    assert core.runner.request(DAY, kind="manuel", by="essai") == first


def test_daily_run__is_asked_for_once(core: Core, tmp_path: Path) -> None:
    ingest(core, tmp_path, f"1,2024-06-30,{CALM}")
    noon = datetime(2024, 7, 1, 10, tzinfo=UTC)
    for service in (core.job_service(), core.job_service()):
        object.__setattr__(service, "now", lambda: noon)
        service.plan_daily_run()
        service.plan_daily_run()
    with core.database.read() as connection:
        assert len(runs.scheduled(connection, DAY)) == 1


def test_earlier_day__is_kept_under_its_date_and_does_not_hide_the_latest(core: Core, tmp_path: Path) -> None:
    ingest(core, tmp_path, f"1,2024-06-29,{CALM}", f"1,2024-06-30,{CALM}")
    latest = run_now(core, DAY, kind="manuel", by="essai")
    earlier = run_now(core, DAY - timedelta(days=1), kind="reprise", by="essai")
    shown = core.view.park(ALL).run
    assert shown is not None
    assert shown.run_id == latest.run_id
    that_day = core.view.park(ParkQuery(as_of=DAY - timedelta(days=1))).run
    assert that_day is not None
    assert that_day.run_id == earlier.run_id
    assert [day.as_of.day for day in core.view.history(None, None)] == [29, 30]
    with pytest.raises(NotFound):
        core.view.park(ParkQuery(as_of=date(2024, 1, 1)))


def test_future_day__is_refused(core: Core) -> None:
    with pytest.raises(InvalidInput, match="as_of"):
        core.runner.request(date.today() + timedelta(days=2), kind="manuel", by="essai")  # noqa: DTZ011


def test_filters_sorts_and_pages__equal_those_made_in_python(core: Core, tmp_path: Path) -> None:
    rows = [f"{n},2024-06-{10 + n % 20},{12 + n % 5}.0,{2 + n % 5}.5,{44 + 3 * (n % 9)}.0,{700 + n}.0,{n % 2}"
            for n in range(1, 41)]  # fmt: skip
    ingest(core, tmp_path, *rows)
    run_now(core, DAY, kind="manuel", by="essai")
    everything = core.view.park(ALL).items
    assert [item.turbine_id for item in core.view.park(ParkQuery(sort="turbine", limit=5)).items] == list(
        "12345"
    )
    by_age = core.view.park(ParkQuery(sort="-age", limit=1_000)).items
    assert [i.age_days for i in by_age] == sorted((i.age_days or 0 for i in everything), reverse=True)
    modest = core.view.park(ParkQuery(ScoreFilter(levels=(RiskLevel.MODERE,)), limit=1_000))
    assert [i.turbine_id for i in modest.items] == [
        i.turbine_id for i in everything if i.risk_level is RiskLevel.MODERE
    ]
    soon = core.view.park(ParkQuery(ScoreFilter(max_days=40), limit=1_000))
    assert 0 < len(soon.items) < len(everything)
    assert [i.rank for i in soon.items] == [
        i.rank for i in everything if (i.time_to_failure_interval or (99, 99))[0] <= 40
    ]
    assert [i.rank for i in core.view.park(ParkQuery(limit=7, offset=7)).items] == list(range(8, 15))
    with pytest.raises(InvalidInput, match="sort"):
        core.view.park(ParkQuery(sort="couleur"))


def test_real_measurements__put_the_simulated_ranking_away(core: Core, tmp_path: Path) -> None:
    ingest(core, tmp_path, f"1,2024-06-30,{CALM}")
    with core.database.write() as connection:
        connection.execute(update(turbines).values(source="simulation"))
    run_now(core, DAY, kind="manuel", by="essai")
    ingest(core, tmp_path, f"77,2024-06-30,{CALM}")
    assert core.view.park(ALL).run is None
    assert [t.turbine_id for t in core.turbines.turbines()] == ["77"]
