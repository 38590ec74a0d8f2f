"""What putting a version into service changes, and why one may not serve."""

from __future__ import annotations

from api.schemas.models import ModelSummary
from api.schemas.park import RunModel
from ui.models import views

SERVING = ModelSummary.model_validate(
    {
        "name": "risque",
        "version": 1,
        "task": "classification",
        "sha256": "a" * 64,
        "active": True,
        "admitted": True,
        "gate_reasons": [],
        "created_at": "2024-12-30T05:00:00Z",
        "imported_by": "compte:3",
    }
)


def test_activation__says_what_is_replaced_and_why_a_version_may_not_serve() -> None:
    candidate = SERVING.model_copy(update={"version": 2, "active": False})
    assert views.why_not_activated(candidate) == ""
    said = views.activation_words(candidate, SERVING)
    assert said.startswith("risque v2 remplacera risque v1")
    assert "aucun modèle ne sert" in views.activation_words(candidate, None)
    refused = candidate.model_copy(update={"admitted": False})
    assert "contrôle de qualité" in views.why_not_activated(refused)
    broken = candidate.model_copy(update={"problem": "fichier absent"})
    assert views.why_not_activated(broken) == "fichier absent"


def test_admission__its_reason_stands_wherever_the_name_is_listed() -> None:
    admission = {"by": "compte:3", "reason": "le seul qui lise l’huile"}
    admitted = ModelSummary.model_validate({**SERVING.model_dump(), "admission": admission})
    assert admitted.label == "risque v1 (admis : le seul qui lise l’huile)"
    assert SERVING.label == "risque v1"
    frame = views.models_frame([admitted, SERVING])
    assert list(frame["Contrôle de qualité"]) == ["✕ admis malgré lui : le seul qui lise l’huile", "✓ admis"]
    assert "risque v1 (admis : le seul" in views.activation_words(SERVING, admitted)
    used = RunModel(name="risque", version=1, task="classification", sha256="a", admitted_for="essai")
    assert used.label == "risque v1 (admis : essai)"
