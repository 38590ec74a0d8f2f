"""Importing and comparing models on their page; the worker that checks the files is a real one."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from api.inference.reference.fit import SAMPLE, STORE
from api.schemas import french
from api.schemas.model_imports import ModelImport
from tests.ui.conftest import RunningApi, open_at, tables, text_of
from ui.models.import_model_views import ACTIVE

Open = Callable[..., AppTest]
MODEL = STORE / "risque-panne-7j" / "1" / "model.joblib"
WAIT_S = 120


def page_text(at: AppTest) -> str:
    """What the page says, its messages in green included."""
    return (text_of(at) + "\n".join(element.value for element in at.success)).replace("\\", "")


def press(at: AppTest, label: str) -> AppTest:
    return next(button for button in at.button if button.label == label).click().run()


def fill(at: AppTest, name: str, model: Path | bytes, rows: Path | None = None, split: str = "") -> AppTest:
    content = model if isinstance(model, bytes) else model.read_bytes()
    uploaders = {u.label: u for u in at.file_uploader}
    uploaders["Fichier du modèle"].upload("modele.joblib", content)
    if rows is not None:
        uploaders["Mesures étiquetées"].upload("mesures.csv", rows.read_bytes())
    fields = {field.label: field for field in at.text_input}
    fields["Nom du modèle"].set_value(name)
    if split:
        day, _, gap = split.partition(",gap=")
        next(box for box in at.date_input if box.label == "Premier jour jamais vu").set_value(
            date.fromisoformat(day)
        )
        fields["Jours laissés de côté avant"].set_value(gap)
    return press(at, "Contrôler et ranger")


def ended(running_api: RunningApi, name: str) -> ModelImport:
    """The newest import of that name, once the worker has done it."""
    client, until = running_api.client("ingenieur"), time.monotonic() + WAIT_S
    while time.monotonic() < until:
        found = next((item for item in client.models.imports(20) if item.name == name), None)
        if found is not None and found.status not in ACTIVE:
            return found
        time.sleep(0.3)
    raise AssertionError(f"no end of {name} in {WAIT_S} s")


def test_import__is_left_found_again_compared_and_opened(logged_in: Open, running_api: RunningApi) -> None:
    at = fill(logged_in("ingenieur", "modeles"), "import-page", MODEL, SAMPLE, "2024-10-01,gap=7")
    assert not at.exception
    assert "Vous pouvez quitter cette page" in page_text(at)

    at = open_at(at, "cockpit")
    found = ended(running_api, "import-page")
    assert (found.status, found.version) == ("termine", 1), found
    at = open_at(at, "modeles")
    assert "import-page version 1" in page_text(at)
    for step in found.steps:
        assert f"✓ **{step.name}** : réussi" in page_text(at)

    press(at, "Voir sa fiche et la mettre en service")
    chosen = next(box for box in at.selectbox if box.label == "Fiche de la version")
    assert chosen.value == "import-page v1"

    versions = {box.label: box for box in at.selectbox if box.label.startswith("Version ")}
    versions["Version A"].set_value("risque-panne-7j v1")
    versions["Version B"].set_value("import-page v1").run()
    press(at, "Comparer")
    told = running_api.client("ingenieur").models.compare(
        "classification", "risque-panne-7j:1", "import-page:1"
    )
    table = next(t.value for t in tables(at) if "Différence (intervalle à 95 %)" in t.value.columns)
    assert list(table.columns[1:3]) == ["risque-panne-7j v1", "import-page v1"]
    assert len(table) == len(told.figures)
    assert french.counted(told.rows, "mesure") in page_text(at)
    # The same file twice: nothing can speak for either.
    assert set(table["Ce qu’on peut en dire"]) == {"l’intervalle ne tranche pas"}


def test_refusal__is_shown_with_its_remedy(logged_in: Open, running_api: RunningApi) -> None:
    at = fill(logged_in("ingenieur", "modeles"), "import-refuse", b"pas un modele")
    found = ended(running_api, "import-refuse")
    assert found.status == "refuse"
    at = open_at(at, "modeles")
    text = page_text(at)
    assert found.refusal in text
    assert f"**Que faire :** {found.remedy}" in text
    assert "✕ **" in text
    name = next(field for field in at.text_input if field.label == "Nom du modèle")
    assert name.value == "import-refuse", "what was typed waits to be sent again"
    press(at, "Importer un autre fichier")
    assert next(u.label for u in at.file_uploader) == "Fichier du modèle"


def test_wrong_field__is_told_by_its_name_and_what_was_typed_stays(logged_in: Open) -> None:
    at = fill(logged_in("ingenieur", "modeles"), "Nom Interdit", b"x")
    assert "**Nom du modèle** : lettres minuscules" in page_text(at)
    assert next(f for f in at.text_input if f.label == "Nom du modèle").value == "Nom Interdit"


@pytest.mark.parametrize("username", ["manager", "admin"])
def test_others__compare_but_do_not_import(logged_in: Open, username: str) -> None:
    at = logged_in(username, "modeles")
    assert not at.exception
    assert "Fichier du modèle" not in [u.label for u in at.file_uploader]
    assert "Comparer deux versions" in text_of(at)
