"""The first real day: another park's models rank nothing, its own give it a year by themselves."""

from __future__ import annotations

import argparse
import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

from api.commands import prepare, score
from api.core import Core, build_core
from api.domain.shared.exceptions import Conflict
from api.inference.serving.manifest import Manifest
from api.schemas import french
from api.services.park.view import ParkQuery
from api.settings import Environment
from tests.support.client import settings_in
from tests.support.park.park_tools import measure, run_days

LAST = date(2024, 12, 30)
DAYS = 12
PARK = ParkQuery(limit=10)
OWN_CLASSIFIER, OWN_DAYS_LEFT = ("classification", 1), ("regression", 1)
REFERENCE_OF = {OWN_CLASSIFIER: ("risque-panne-7j", 1), OWN_DAYS_LEFT: ("delai-avant-panne", 1)}


@pytest.fixture
def core(tmp_path: Path) -> Core:
    """A demonstration whose simulated park was just replaced by twelve real days."""
    core = build_core(settings_in(tmp_path).model_copy(update={"env": Environment.DEMO, "run_hour": 0}))
    prepare.ensure_schema(core)
    measure_simulated(core, tmp_path)
    for name, version in prepare.REFERENCE:
        core.model_service.activate(name, version, by=prepare.BY, reason="essai")
    core.runner.request(LAST, kind="manuel", by="essai")
    work(core)
    measure(core, tmp_path, 5, run_days(LAST, DAYS))
    return build_core(core.settings)  # which models serve is looked at once a second


def measure_simulated(core: Core, folder: Path) -> None:
    from tests.support.measurements.ingest_tools import ingest, next_day

    rows = next_day(LAST - timedelta(days=1))
    rows.to_csv(folder / "simule.csv", index=False)
    ingest(core.database, folder / "simule.csv", source="simulation", imported_by=prepare.BY)


def work(core: Core) -> None:
    worker = core.job_service()
    while worker.step():
        pass


def bring(core: Core, own: tuple[str, int]) -> None:
    """Store a reference model's file as the park's own version and put it in service."""
    name, version = own
    source = core.settings.reference_models / REFERENCE_OF[own][0] / "1"
    folder = core.settings.imported_models / name / str(version)
    shutil.copytree(source, folder)
    manifest = Manifest.model_validate_json((folder / "manifest.json").read_bytes())
    named = manifest.model_copy(update={"name": name})
    (folder / "manifest.json").write_text(named.to_json(), encoding="utf-8")
    core.model_service.activate(name, version, by="ingenieur", reason="essai")


def used(core: Core) -> dict[date, set[tuple[str, int]]]:
    """The versions behind the shown ranking of each day."""
    runs = {run.run_id: run for run in core.view.recent_runs(500)}
    return {
        day.as_of: {(model.name, model.version) for model in runs[day.run_id].models}
        for day in core.view.history(None, None)
    }


def test_real_rows__no_ranking_by_the_simulated_park_s_models(core: Core) -> None:
    work(core)
    park = core.view.park(PARK)
    assert park.run is None
    assert [notice.code for notice in park.notices] == ["modeles_simules"]
    assert core.supervision.state().next_run == park.next_run == core.coverage.coverage(None, None).next_run
    assert not core.view.state().simulated
    with pytest.raises(Conflict, match="ceux du parc"):
        score._history(argparse.Namespace(), core)


def test_a_person_s_own_request__says_on_the_page_whose_models_they_are(core: Core) -> None:
    core.runner.request(LAST, kind="manuel", by="essai")
    work(core)
    park = core.view.park(PARK)
    assert park.total == 5
    assert [notice.code for notice in park.notices] == ["modeles_simules"]


def test_first_own_models__a_year_by_them_alone(core: Core) -> None:
    """The classifier first, then the days left: no day keeps a mixture, none misses a model."""
    core.runner.request(LAST, kind="manuel", by="essai")  # asked for by hand, by the simulated park's models
    work(core)
    bring(core, OWN_CLASSIFIER)
    core = build_core(core.settings)
    work(core)
    assert used(core) == {day: {OWN_CLASSIFIER} for day in run_days(LAST, DAYS)}
    bring(core, OWN_DAYS_LEFT)
    core = build_core(core.settings)
    work(core)
    assert used(core) == {day: {OWN_CLASSIFIER, OWN_DAYS_LEFT} for day in run_days(LAST, DAYS)}
    park = core.view.park(PARK)
    assert park.as_of == LAST
    assert not park.notices
    assert park.history is None
    assert park.run is not None
    listed = [run.run_id for run in core.supervision.state().last_runs]
    assert park.run.run_id in listed, "the last run, though recomputed days came since"
    assert listed == sorted(listed, reverse=True)
    newest = core.view.recent_runs(1)
    work(build_core(core.settings))
    assert core.view.recent_runs(1) == newest, "nothing is done twice"


def test_a_better_version_later__leaves_the_past_and_is_named(core: Core) -> None:
    bring(core, OWN_CLASSIFIER)
    core = build_core(core.settings)
    work(core)
    before = used(core)
    assert len(before) == DAYS
    core.model_service.activate("risque-panne-7j", 1, by="ingenieur", reason="essai")
    core = build_core(core.settings)
    work(core)
    assert used(core) == before
    notices = core.view.park(PARK).notices
    assert [notice.code for notice in notices] == ["modele_active_depuis"]
    assert notices[0].message.startswith("risque-panne-7j v1 : activé depuis ce classement, le ")


def test_history_command__does_the_same_without_a_worker(
    core: Core, capsys: pytest.CaptureFixture[str]
) -> None:
    bring(core, OWN_CLASSIFIER)
    bring(core, OWN_DAYS_LEFT)
    core = build_core(core.settings)
    assert score._history(argparse.Namespace(), core) == 0
    assert used(core) == {day: {OWN_CLASSIFIER, OWN_DAYS_LEFT} for day in run_days(LAST, DAYS)}
    assert capsys.readouterr().out.splitlines()[-1] == (
        f"Historique du 19/12/2024 au 30/12/2024 : {french.days(DAYS)}. "
        "Modèles en service : classification v1 et regression v1."
    )


def test_history_under_way__is_told_with_its_progress(core: Core) -> None:
    bring(core, OWN_CLASSIFIER)
    core = build_core(core.settings)
    worker = core.job_service()
    worker.step()  # the ranking of the last day, then the request for the others
    assert core.view.park(PARK).as_of == LAST
    worker.upkeep()
    history = core.view.park(PARK).history
    assert history is not None
    assert (history.first, history.last, history.total) == (LAST - timedelta(days=DAYS - 1), LAST, DAYS)
    assert core.view.state().history == history
