"""The help page: one's own role first, every word of the glossary, nothing asked of the API."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from api.schemas.vocabulary import Role
from tests.support.servers import ROOT
from tests.unit.shared.test_image_content import _assemble
from ui.help import views

MARKDOWN = """# Mots

## Risque

Une phrase.

| Français | Anglais | Identifiant | Sens, unité |
|---|---|---|---|
| seuil | threshold | `t` | coût ÷ coût, voir [la règle](regle.md) |
| panne | fault | – | – |

## États

| Affiché | Valeur | Sens |
|---|---|---|
| Élevé | `eleve` | p ≥ seuil |

## Sans sens

| Français | Anglais |
|---|---|
| équipe | crew |
"""


def test_glossary__terms_with_a_meaning__under_their_heading() -> None:
    assert views.glossary(MARKDOWN) == [
        views.Section("Risque", (("seuil", "coût ÷ coût, voir la règle"),)),
        views.Section("États", (("Élevé", "p ≥ seuil"),)),
    ]


def test_matching__neither_case_nor_accents_count() -> None:
    (found,) = views.matching(views.glossary(MARKDOWN), " ELEVE ")
    assert found == views.Section("États", (("Élevé", "p ≥ seuil"),))
    assert views.matching(views.glossary(MARKDOWN), "zzz") == []


def test_glossary_of_the_project__keeps_every_meaning_of_the_document() -> None:
    document = views.GLOSSARY.read_text(encoding="utf-8")
    told = {term for section in views.glossary(document) for term, _ in section.terms}
    assert {"Capteur figé", "Critique", "seuil de décision", "facteurs contributifs"} <= told
    assert all("|" not in meaning for section in views.glossary(document) for _, meaning in section.terms)


def test_image_of_the_dashboard__holds_the_glossary(tmp_path: Path) -> None:
    _assemble(ROOT / "deploy" / "ui.Dockerfile", tmp_path)
    check = (
        "from ui.help import views as h; print(len(h.glossary(h.GLOSSARY.read_text('utf-8'))), h.GLOSSARY)"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", check], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    count, place = done.stdout.split()
    assert int(count) >= 6
    assert Path(place).is_relative_to(tmp_path)


@pytest.mark.parametrize("role", list(Role))
def test_page__own_role_first_and_the_others_after(role: Role, logged_in: Callable[..., AppTest]) -> None:
    at = logged_in(role.value, "aide")
    assert at.subheader[0].value == f"Votre rôle : {role.words.lower()}"
    assert at.markdown[0].value.strip() != ""
    guides = [element.value for element in at.markdown]
    assert guides.index(views.text(role.value)) == min(guides.index(views.text(each.value)) for each in Role)
    assert views.text("chiffres") in guides
    assert views.text("remedes") in guides


def test_page__a_word_looked_for(logged_in: Callable[..., AppTest]) -> None:
    at = logged_in("technicien", "aide")
    at.text_input(key="aide_mot").set_value("fige").run()
    shown = [element.value for element in at.markdown if element.value.startswith("| Mot")]
    assert any("Capteur figé" in table for table in shown)
    assert not any("seuil de décision" in table for table in shown)
