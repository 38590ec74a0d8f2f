"""Models and supervision: what is measured beside what is reported, and how the service does."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from api.schemas import french
from tests.support.servers import Server, api_server, environment, free_port, run_prepare
from tests.ui.conftest import RunningApi, log_in, open_at, tables, text_of
from ui.operations import views as service_views

Open = Callable[..., AppTest]

MEASURED, REPORTED = "Mesuré ici [intervalle à 95 %]", "Annoncé, non vérifié ici"


def tables_of(at: AppTest) -> list[pd.DataFrame]:
    """The page's tables as people read them."""
    return [table.value for table in tables(at)]


def test_supervision__four_questions_and_figures(logged_in: Open, running_api: RunningApi) -> None:
    at = logged_in("manager", "supervision")

    page = text_of(at).replace("\\", "")
    checks = running_api.client("manager").operations.supervision().checks
    assert len(checks) == 4
    for check in checks:
        assert f"**{check.question}**" in page
    for figure in ("Appels", "Erreurs du service", "Demandes refusées", "Temps moyen"):
        assert f"<dt>{figure}</dt>" in page
    runs, calls = tables_of(at)[-2:]
    assert list(runs["N°"]) == sorted(runs["N°"], key=int, reverse=True)
    assert calls["Appel"].str.contains("/api/v1/").any()


def test_supervision__turbines_per_finding_beside_the_day_before(
    logged_in: Open, running_api: RunningApi
) -> None:
    found = running_api.client("manager").operations.supervision().findings
    assert found is not None
    assert found.items, "the simulated park has sensors that lie"
    park = running_api.client("manager").park.ranking(limit=1_000)
    at = logged_in("manager", "supervision")

    table = tables(at)[0].value
    assert list(table["Constat"]) == [trend.label for trend in found.items]
    numbers = [int(cell) for cell in table[f"Turbines au {french.date(found.as_of)}"]]
    assert numbers == [trend.turbines for trend in found.items]
    assert 0 < max(numbers) <= park.total
    assert "Constats sur les capteurs et les mesures" in text_of(at)
    assert service_views.findings_words(found) in text_of(at)


def _nothing_to_count() -> None:
    """A page of the section alone, before any run and after a run without findings."""
    from api.schemas.supervision import FindingTrends
    from ui.operations.supervision import _findings

    _findings(None)
    _findings(FindingTrends(run_id=1, as_of="2024-12-30", items=[]))


def test_supervision__without_findings_says_why() -> None:
    at = AppTest.from_function(_nothing_to_count).run()

    assert not at.exception
    assert not tables(at)
    assert [info.value for info in at.info] == [
        "Les constats sur les capteurs se comptent à partir du premier calcul publié.",
        "Aucun constat au calcul du 30/12/2024 : aucune mesure n’est mise en doute.",
    ]


def test_models__versions_in_service_and_measured_figures(logged_in: Open, running_api: RunningApi) -> None:
    stored = running_api.client("ingenieur").models.all().items
    at = logged_in("ingenieur", "modeles")

    versions = next(table for table in tables_of(at) if "En service" in table)
    assert list(versions["Modèle"]) == [model.name for model in stored]
    card = running_api.client("ingenieur").models.card(stored[0].name, stored[0].version)
    assert card.measured is not None
    name = "Mesure de qualité"  # above it stands a table of imports, where somebody imported a model
    quality = next(table for table in tables_of(at) if name in table).set_index(name)
    auc = str(quality.loc["Aire sous la courbe ROC", MEASURED])
    assert auc.startswith(french.number(card.measured["roc_auc"]["value"], 3) + " [")
    assert set(quality[REPORTED]) <= {"non annoncé", french.NOTHING}


@pytest.fixture(scope="module")
def client_api(client_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An installation with EnergiTech's own models and measurements, and the demonstration's accounts."""
    home = tmp_path_factory.mktemp("client")
    shutil.copytree(client_home, home, dirs_exist_ok=True)
    run_prepare(home)
    server = api_server(home, free_port())
    server.env.update(environment(home))
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.mark.client
def test_client_model__measured_beside_reported_and_no_training_figure(
    client_api: Server, dashboard: Callable[[str], AppTest]
) -> None:
    at = dashboard(client_api.health.removesuffix("/health")).run()
    log_in(at, "ingenieur")

    open_at(at, "modeles")
    at.selectbox(key="version_choisie").set_value("classification v1").run()

    name = "Mesure de qualité"  # above it stands a table of imports, where somebody imported a model
    quality = next(table for table in tables_of(at) if name in table).set_index(name)
    at_half = quality[quality.index.str.endswith("au seuil de 0,5")]
    precision = at_half.filter(like="Précision (", axis=0).iloc[0]
    recall = at_half.filter(like="Rappel (", axis=0).iloc[0]
    assert precision[MEASURED].startswith("0,714 [0,")
    assert recall[MEASURED].startswith("0,417 [0,")
    assert (precision[REPORTED], recall[REPORTED]) == ("0,65", "0,83")
    tables = tables_of(at)
    usual = next(table for table in tables if "Silences justifiés" in table).set_index("Seuil")
    row = usual.loc[french.share(0.5)]
    assert (row["Pannes annoncées"], row["Pannes manquées"], row["Fausses alertes"]) == ("5", "7", "2")
    everything = text_of(at) + "".join(table.to_string() for table in tables)
    assert "0,997" not in everything
    assert "0.997" not in everything
