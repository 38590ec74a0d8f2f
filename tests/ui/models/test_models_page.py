"""The page on models: the card's subjects, the page to print, putting into service and going back."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from api.inference.reference.fit import SAMPLE, STORE
from tests.support.servers import ROOT, environment
from tests.ui.conftest import RunningApi, tables, text_of, type_text, typed_text

Open = Callable[..., AppTest]
SERVES, COPY = "risque-panne-7j v1", "copie-d-essai v1"


@pytest.fixture(scope="module")
def copy(running_api: RunningApi) -> str:
    """A second model for the same task, brought in as a person would."""
    command = [sys.executable, "-m", "api.cli", "models", "import"]
    command += [str(STORE / "risque-panne-7j" / "1" / "model.joblib"), "--name", "copie-d-essai"]
    command += ["--task", "classification", "--labelled", str(SAMPLE), "--split", "2024-10-01,gap=7"]
    subprocess.run(command, cwd=ROOT, env=environment(running_api.home), check=True, capture_output=True)
    return COPY


def in_service(running_api: RunningApi) -> str:
    models = running_api.client("manager").models.all().items
    return next(f"{m.name} v{m.version}" for m in models if m.active and m.task == "classification")


def press(at: AppTest, label: str) -> AppTest:
    return next(button for button in at.button if button.label == label).click().run()


def test_card__every_subject_is_shown(logged_in: Open, running_api: RunningApi) -> None:
    at = logged_in("manager", "modeles", m=SERVES)

    assert [tab.label for tab in at.tabs] == [
        "Qualité",
        "Seuils et coûts",
        "Fiabilité",
        "Usage et limites",
        "Données et vérifications",
        "Historique",
    ]
    described = running_api.client("manager").models.card("risque-panne-7j", 1).description
    shown = [frame.value.values.tolist() for frame in tables(at)]
    text = text_of(at).replace("\\", "")
    assert described.sentences[0] in text
    assert described.states[0].words in text
    parts = [part for section in described.sections for part in section.parts]
    for part in parts:
        assert part.title in text
        assert all(sentence in text for sentence in [*part.sentences, *part.bullets])
        for table in part.tables:
            assert [[str(cell) for cell in row] for row in table.rows] in shown
    charts = [chart for part in parts for chart in part.charts]
    assert len(charts) == 3
    drawn = [chart.proto.alt for chart in at.get("plotly_chart")]
    assert drawn[:3] == [f"{chart.title}. {chart.note}" for chart in charts]
    downloads = [element for element in at.get("download_button") if "Fiche" in element.proto.label]
    assert len(downloads) == 1


def test_regressor__errors_and_coverage_by_horizon(logged_in: Open, running_api: RunningApi) -> None:
    at = logged_in("manager", "modeles", m="delai-avant-panne v1")

    assert [tab.label for tab in at.tabs][:2] == ["Qualité", "Erreurs et intervalle"]
    card = running_api.client("manager").models.card("delai-avant-panne", 1)
    assert card.interval is not None
    frames = [frame.value for frame in tables(at)]
    coverage = next(frame for frame in frames if "Objectif" in frame.columns)
    assert len(coverage) == len(card.interval["by_true_horizon"])
    assert coverage["Objectif"].str.contains("non atteint").any()
    assert any("Il restait" in frame.columns for frame in frames)


def test_changes__are_offered_to_the_engineer_alone(logged_in: Open, copy: str) -> None:
    at = logged_in("manager", "modeles", m=copy)
    assert at.selectbox(key="version_choisie").value == copy
    assert not any("mise en service" in button.label for button in at.button)
    assert "_brouillons" not in at.session_state


def test_engineer__puts_a_version_into_service_and_goes_back(
    logged_in: Open, running_api: RunningApi, copy: str
) -> None:
    assert in_service(running_api) == SERVES
    at = logged_in("ingenieur", "modeles", m=copy)

    press(at, "Confirmer la mise en service")
    assert "Le motif est attendu" in at.error[0].value
    assert in_service(running_api) == SERVES

    type_text(at, f"activation_motif_{copy}", "essai de la page")
    press(at, "Confirmer la mise en service")
    assert in_service(running_api) == COPY
    assert "est en service" in at.success[0].value.replace("\\", "")
    assert "remplacera" not in text_of(at)
    card = running_api.client("manager").models.card("copie-d-essai", 1)
    assert card.activations[0].reason == "essai de la page"
    assert "essai de la page" in tables(at)[-1].value.to_string() + text_of(at)

    type_text(at, f"retour_motif_{copy}", "retour après l’essai")
    press(at, "Confirmer le retour")
    assert in_service(running_api) == SERVES
    back = running_api.client("manager").models.card("risque-panne-7j", 1).activations[0]
    assert back.reason == "retour après l’essai"


def test_refusal__is_shown_and_what_was_typed_stays(logged_in: Open, running_api: RunningApi) -> None:
    version = "delai-avant-panne v1"
    at = logged_in("ingenieur", "modeles", m=version)

    type_text(at, f"retour_motif_{version}", "rien avant lui")
    press(at, "Confirmer le retour")

    assert "Rien ne servait avant" in at.error[0].value.replace("\\", "")
    assert typed_text(at, f"retour_motif_{version}") == "rien avant lui"


def test_engineer__retires_a_version_with_a_reason(
    logged_in: Open, running_api: RunningApi, copy: str
) -> None:
    at = logged_in("ingenieur", "modeles", m=copy)
    press(at, "Confirmer le retrait")
    assert "Le motif est attendu" in at.error[0].value

    type_text(at, f"retrait_motif_{copy}", "fin de l’essai")
    press(at, "Confirmer le retrait")

    listed = running_api.client("manager").models.all().items
    retired = next(model.retired for model in listed if model.name == "copie-d-essai")
    assert retired is not None
    assert retired.reason == "fin de l’essai"
    shown = text_of(at).replace("\\", "")
    assert "Version retirée : fin de l’essai" in shown
    assert not [button for button in at.button if button.label == "Confirmer la mise en service"]
