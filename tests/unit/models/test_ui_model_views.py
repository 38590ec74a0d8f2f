"""A model's card in words: measured beside reported, with intervals, from the manifest's own JSON."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from api.domain.models.evaluation import Unseen, evaluate_classification, evaluate_regression
from api.domain.models.quality import ClassificationQuality
from api.schemas import french
from api.schemas.models import ModelCard
from tests.support.ui_samples import feature
from ui.models import views

REPORTED = {
    "source": "Rapport de performance",
    "comment": "",
    "rows": 900,
    "metrics": {"accuracy": 0.63, "precision": 0.65, "recall": 0.83, "f1": 0.73},
    "confusion": {
        "true_negatives": 129,
        "false_positives": 237,
        "false_negatives": 92,
        "true_positives": 442,
    },
}


def card(**changes: Any) -> ModelCard:
    """The card of a classifier."""
    known = {
        "summary": {
            "name": "risque",
            "version": 1,
            "task": "classification",
            "sha256": "a" * 64,
            "active": True,
            "admitted": True,
            "gate_reasons": [],
            "created_at": "2024-12-30T05:00:00Z",
            "imported_by": "compte:3",
        },
        "target": "failure_within_7d",
        "features": [feature()],
        "authorised_use": [],
        "limits": [],
        "data": {},
        "measured": None,
        "reported": None,
        "calibration": "non_calibree",
        "libraries": {},
        "runtime": {},
        "activations": [],
    }
    return ModelCard.model_validate(known | changes)


def unseen(truth: np.ndarray[Any, Any], output: np.ndarray[Any, Any]) -> Unseen:
    """Rows of ten turbines, one row a day."""
    turbines = np.array([str(n % 10) for n in range(len(truth))])
    days = np.datetime64("2024-01-01") + 20 * np.arange(len(truth))
    return Unseen(turbines, days.astype("datetime64[D]"), truth, output)


def measured_classifier() -> dict[str, Any]:
    """Measured as the importer does, then JSON: 20 failures, 10 seen at 0.5 with 5 false alerts."""
    truth = np.array([1.0] * 20 + [0.0] * 80)
    output = np.array([0.9] * 10 + [0.2] * 10 + [0.7] * 5 + [0.01] * 75)
    quality = evaluate_classification(unseen(truth, output))
    stored: dict[str, Any] = json.loads(TypeAdapter(ClassificationQuality).dump_json(quality))
    return stored


def test_quality__measured_with_its_interval_beside_the_reported_figure() -> None:
    rows = views.quality_frame(card(measured=measured_classifier(), reported=REPORTED)).set_index(
        "Mesure de qualité"
    )

    precision = rows.filter(like="Précision au seuil", axis=0).iloc[0]
    recall = rows.filter(like="Rappel au seuil", axis=0).iloc[0]
    assert (precision["Mesuré ici"], precision["Annoncé par le rapport"]) == ("0,667", "0,65")
    assert (recall["Mesuré ici"], recall["Annoncé par le rapport"]) == ("0,500", "0,83")
    # Wilson's 95 % interval of 10 in 15, by hand: 0.417 to 0.848.
    assert precision["Intervalle à 95 %"] == "de 0,417 à 0,848"
    accuracy = rows.filter(like="Exactitude", axis=0).iloc[0]
    assert (accuracy["Mesuré ici"], accuracy["Annoncé par le rapport"]) == ("non mesuré", "0,63")
    assert rows.loc["Aire sous la courbe ROC", "Annoncé par le rapport"] == "non annoncé"


def test_quality__unmeasured_model_shows_only_what_is_announced() -> None:
    shown = card(reported=REPORTED)

    rows = views.quality_frame(shown)

    assert (rows["Mesuré ici"] == "non mesuré").all()
    assert len(rows) == 4
    assert "n’a pas été mesuré" in views.measured_on(shown)


def test_few_failures__are_said_to_make_figures_uncertain() -> None:
    said = views.measured_on(card(measured=measured_classifier())).replace(french.NBSP, " ")

    assert said.startswith(
        "Mesuré sur 100 lignes que le modèle n’a jamais vues, de 10 turbines, dont 20 pannes."
    )
    assert "incertain" in said


def test_activation__says_what_is_replaced_and_why_a_version_may_not_serve() -> None:
    serving = card().summary
    candidate = serving.model_copy(update={"version": 2, "active": False})
    assert views.why_not_activated(candidate) == ""
    said = views.activation_words(candidate, serving)
    assert said.startswith("risque v2 remplacera risque v1")
    assert "aucun modèle ne sert" in views.activation_words(candidate, None)
    refused = candidate.model_copy(update={"admitted": False})
    assert "contrôle de qualité" in views.why_not_activated(refused)
    broken = candidate.model_copy(update={"problem": "fichier absent"})
    assert views.why_not_activated(broken) == "fichier absent"


def test_regression__errors_in_days_and_the_median_to_beat() -> None:
    truth = np.linspace(1, 60, 60)
    quality = evaluate_regression(unseen(truth, truth + 2.0), training_median=35.0)
    stored = json.loads(TypeAdapter(type(quality)).dump_json(quality))
    regressor = card(measured=stored, reported={"source": "Rapport", "metrics": {"mae": 30.5}})

    rows = views.quality_frame(regressor).set_index("Mesure de qualité")

    error = rows.loc["Erreur absolue moyenne"]
    assert (error["Mesuré ici"], error["Annoncé par le rapport"]) == (
        f"2{french.NBSP}j",
        f"30,5{french.NBSP}j",
    )
    assert (
        rows.loc[next(i for i in rows.index if i.startswith("Biais (")), "Mesuré ici"] == f"2{french.NBSP}j"
    )
    assert "répondre toujours la médiane" in views.median_words(stored)
    assert views.median_words(measured_classifier()) == ""


def test_reported__source_and_counts_are_told() -> None:
    said = views.reported_words(REPORTED).replace(french.NBSP, " ")

    assert said.startswith(
        "Annoncé par : Rapport de performance, sur 900 lignes (442 pannes annoncées, 92 manquées"
    )
    assert views.reported_words(None) == "Aucun chiffre n’est annoncé par un rapport."


def test_features_and_data__in_words() -> None:
    frame = views.features_frame([feature(), feature(marker=True, training_minimum=None)])

    assert frame["Plage apprise"].tolist() == ["de 13,8 à 86,5", french.NOTHING]
    assert frame["Rôle"].tolist() == ["mesure", "indice, pas une cause"]
    assert frame["Plage possible"].tolist() == ["de −60 à 200"] * 2
    said = views.data_words(
        {
            "source": "a.csv",
            "sha256": "b" * 64,
            "first_day": "2024-01-01",
            "last_day": "2024-12-30",
            "training_rows": 2100,
            "unseen_rows": 900,
            "split": "au hasard",
        }
    )
    assert [line.replace(french.NBSP, " ").replace(french.THIN, " ") for line in said] == [
        "Fichier : a.csv.",
        "Période : du 01/01/2024 au 30/12/2024.",
        "2 100 lignes pour l’ajuster, 900 lignes jamais vues.",
        "Lignes jamais vues : au hasard",
        "Empreinte SHA-256 des données : " + "b" * 64 + ".",
    ]
