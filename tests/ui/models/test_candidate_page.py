"""The candidate on the models page: tried, read, put into service, withdrawn; what it shows is the API's."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from streamlit.testing.v1 import AppTest

from api.core import build_core
from api.schemas import french
from api.schemas.vocabulary import RiskLevel
from api.settings import Environment, Settings
from tests.support.park.shadow_tools import CLASSIFIER, second_version
from tests.support.servers import api_server, free_port, prepare
from tests.ui.conftest import RunningApi, enter, tables, text_of, type_text
from ui.models.candidat import EXPLAINED
from ui.shared import labels as fr

CHOOSE, MOTIVE = "observer", "motif_candidat"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApi]:
    """An installation of its own, with a second version of the classifier in store."""
    home = tmp_path_factory.mktemp("candidat")
    prepare(home)
    core = build_core(Settings(_env_file=None, env=Environment.DEMO, home=home))
    try:
        second_version(core, "classification")
    finally:
        core.close()
    port = free_port()
    server = api_server(home, port).start()
    try:
        yield RunningApi(f"http://127.0.0.1:{port}", home)
    finally:
        server.stop()


@pytest.fixture(autouse=True)
def as_installed(api: RunningApi) -> Iterator[None]:
    """Nobody in shadow and the first version in force, before and after each test."""
    yield
    client = api.client("ingenieur")
    for candidate in client.models.candidates():
        if candidate.ended_at is None:
            client.models.withdraw_candidate(candidate.task, "fin de l’essai")
    if not next(m for m in client.models.all().items if (m.name, m.version) == (CLASSIFIER, 1)).active:
        client.models.activate(CLASSIFIER, 1, "retour")
    client.close()


@pytest.fixture
def open_page(dashboard: Callable[[str], AppTest], api: RunningApi) -> Callable[[str], AppTest]:
    def opened(username: str) -> AppTest:
        return enter(dashboard(api.url), username, "modeles")

    return opened


def keys(at: AppTest) -> set[str]:
    return {button.key for button in at.button if button.key}


def said(at: AppTest) -> str:
    told = [element.value for element in (*at.success, *at.error, *at.warning)]
    return "\n".join([text_of(at), *told]).replace("\\", "")


def test_nobody_tried__the_page_says_what_a_candidate_is(open_page: Callable[[str], AppTest]) -> None:
    at = open_page("manager")
    assert EXPLAINED in [element.value for element in at.markdown]
    assert CHOOSE not in keys(at), "a manager reads"


def test_engineer__tries_a_version_and_reads_what_the_api_says(
    open_page: Callable[[str], AppTest], api: RunningApi
) -> None:
    at = open_page("ingenieur")
    type_text(at, MOTIVE, "forêt plus petite")
    at.button(key=CHOOSE).click().run()

    client = api.client("ingenieur")
    report = client.models.candidate_report("classification", 10)
    assert report.last is not None
    page = said(at)
    assert f"{CLASSIFIER} v2 est en observation." in page
    assert "« forêt plus petite »" in page
    assert f"<dd>{french.share(report.last.same_level.value)}<span>" in page
    assert f"{report.last.tops[0].shared} sur {report.last.tops[0].size}" in page
    gaps = next(t.value for t in tables(at) if "Écart" in t.value.columns)
    assert [cell.split("]")[0].strip("[") for cell in gaps["Turbine"]] == [
        pair.turbine_id for pair in report.pairs
    ]
    shown = [
        f"{french.percent(p.candidate)} {fr.LEVELS[RiskLevel(p.candidate_level)].text}" for p in report.pairs
    ]
    assert list(gaps["Candidat"]) == shown
    assert not at.exception

    at.button(key="mesurer_classification").click().run()

    compared = client.models.compare("classification", f"{CLASSIFIER}:1", f"{CLASSIFIER}:2")
    quality = next(t.value for t in tables(at) if "Ce qu’on peut en dire" in t.value.columns)
    auc = next(figure for figure in compared.figures if figure.key == "roc_auc")
    row = quality.set_index("Mesure de qualité").loc["Aire sous la courbe ROC"]
    assert (row["En service"], row["Candidat"]) == (
        french.number(auc.left.value, 3),
        french.number(auc.right.value, 3),
    )
    client.close()


def test_without_a_reason__nothing_happens_and_it_is_said(
    open_page: Callable[[str], AppTest], api: RunningApi
) -> None:
    at = open_page("ingenieur")
    at.button(key=CHOOSE).click().run()
    assert "Un motif est attendu" in said(at)
    assert [c for c in api.client("ingenieur").models.candidates() if c.ended_at is None] == []


def test_withdrawn__and_kept_in_the_history(open_page: Callable[[str], AppTest], api: RunningApi) -> None:
    api.client("ingenieur").models.choose_candidate("classification", CLASSIFIER, 2, "essai à retirer")
    at = open_page("ingenieur")
    type_text(at, "motif_retirer_classification", "pas convaincant")
    at.button(key="retirer_classification").click().run()
    page = said(at)
    assert "n’est plus en observation" in page
    assert "« essai à retirer »" in page
    assert "« pas convaincant »" in page
    assert "retirer_classification" not in keys(at)


def test_put_into_service__ends_the_trial(open_page: Callable[[str], AppTest], api: RunningApi) -> None:
    client = api.client("ingenieur")
    client.models.choose_candidate("classification", CLASSIFIER, 2, "essai à adopter")
    at = open_page("ingenieur")
    type_text(at, "motif_activer_classification", "aussi bonne, plus légère")
    at.button(key="activer_classification").click().run()
    assert "est en service" in said(at)
    served = next(m for m in client.models.all().items if (m.name, m.version) == (CLASSIFIER, 2))
    assert served.active
    ended = client.models.candidates()[0]
    assert (ended.end_reason, ended.ended_at is None) == ("Mis en service", False)
    client.close()


def test_reader__sees_the_trial_and_no_lever(open_page: Callable[[str], AppTest], api: RunningApi) -> None:
    api.client("ingenieur").models.choose_candidate("classification", CLASSIFIER, 2, "essai lu par d’autres")
    at = open_page("manager")
    assert "« essai lu par d’autres »" in said(at)
    assert not keys(at) & {CHOOSE, "activer_classification", "retirer_classification"}
