"""A model's card in words: measured beside reported, costs, calibration, coverage, data, checks, history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from api.domain.models.calibration import Calibration, CalibrationTrial
from api.domain.models.conformal import conformal_table
from api.domain.models.evaluation import Unseen, evaluate_classification, evaluate_regression
from api.domain.models.statistics import Estimate
from api.domain.models.threshold_costs import Scores
from api.domain.policy.risk_policy import RiskPolicy
from api.inference.reference.fit import STORE
from api.inference.serving.manifest import (
    Confusion,
    FeatureSpec,
    GoldenProof,
    Manifest,
    Reported,
    Runtime,
    TrainingData,
)
from api.schemas import french
from api.schemas.model_card import Description, Part
from api.schemas.models import Activation, ModelSummary
from api.services.models.card.card import facts_of
from api.services.models.card.description import describe

POLICY = RiskPolicy(cost_intervention_eur=3_000, cost_failure_eur=50_000)
TRUTH = np.array([1.0] * 20 + [0.0] * 80)
OUTPUT = np.array([0.9] * 10 + [0.2] * 10 + [0.7] * 5 + [0.01] * 75)
SCORES = Scores(np.array([str(n % 10) for n in range(100)]), TRUTH, OUTPUT)
REPORTED = Reported(
    source="Rapport de performance",
    rows=900,
    metrics={"accuracy": 0.63, "précision": 0.65, "recall": 0.83, "F1-score": 0.73},
    confusion=Confusion(true_negatives=129, false_positives=237, false_negatives=92, true_positives=442),
)


def unseen(truth: np.ndarray[Any, Any], output: np.ndarray[Any, Any]) -> Unseen:
    """Rows of ten turbines, one row every twenty days."""
    turbines = np.array([str(n % 10) for n in range(len(truth))])
    days = np.datetime64("2024-01-01") + 20 * np.arange(len(truth))
    return Unseen(turbines, days.astype("datetime64[D]"), truth, output)


def manifest(name: str = "risque-panne-7j", **changes: Any) -> Manifest:
    """A reference model's, with other parts; 20 failures, 10 seen at 0.5 with 5 false alerts."""
    stored = Manifest.model_validate_json((STORE / name / "1" / "manifest.json").read_text("utf-8"))
    measured = evaluate_classification(unseen(TRUTH, OUTPUT))
    return stored.model_copy(update={"measured": measured, **changes})


def card(
    of: Manifest,
    *,
    kept: bool = True,
    active: bool = True,
    admitted: bool = True,
    activations: Sequence[Activation] = (),
) -> Description:
    """The card of a version; with the outputs that were kept of its unseen rows, or without."""
    summary = ModelSummary(
        name=of.name, version=of.version, task=of.task, sha256=of.sha256, active=active, admitted=admitted,
        gate_reasons=["une raison"], created_at=of.created_at, imported_by="compte:3",
    )  # fmt: skip
    facts = facts_of(of, summary, SCORES if kept else None, (3, POLICY), [])
    return describe(facts.model_copy(update={"activations": list(activations)}), of)


def part(of: Description, title: str) -> Part:
    [found] = [each for section in of.sections for each in section.parts if each.title == title]
    return found


def rows(of: Part, place: int = 0) -> dict[str, list[str]]:
    """A table's rows by their first cell, with plain spaces before units and inside intervals."""
    spaced = [[cell.replace(french.NBSP, " ") for cell in cells] for cells in of.tables[place].rows]
    return {cells[0]: cells[1:] for cells in spaced}


def row(of: Part, start: str, where: str = "") -> list[str]:
    [found] = [cells for name, cells in rows(of).items() if name.startswith(start) and where in name]
    return found


def told(of: Part) -> str:
    return " ".join([*of.sentences, *of.bullets]).replace(french.NBSP, " ").replace(french.THIN, " ")


def test_quality__measured_with_its_interval_beside_the_reported_figure() -> None:
    quality = part(card(manifest(reported=REPORTED)), "Mesurée ici, et annoncée ailleurs")

    # Wilson's 95 % interval of 10 in 15, by hand: 0.417 to 0.848.
    assert row(quality, "Précision (", "au seuil de 0,5") == ["0,667 [0,417 à 0,848]", "0,65"]
    assert row(quality, "Rappel", "au seuil de 0,5")[1] == "0,83"
    assert rows(quality)["F1 au seuil de 0,5"][1] == "0,73"
    assert row(quality, "Exactitude") == ["non mesuré", "0,63"]
    assert row(quality, "Aire sous la courbe ROC")[1] == "non annoncé"
    policy = row(quality, "Rappel", "politique")
    # Wilson's lower bound of 20 in 20, by hand: 20 / (20 + 1.96²).
    assert policy == ["1,000 [0,839 à 1,000]", french.NOTHING]


def test_quality__unmeasured_model_shows_only_what_is_announced() -> None:
    shown = card(manifest(measured=None, reported=REPORTED))

    quality = part(shown, "Mesurée ici, et annoncée ailleurs")
    assert [cells[1:] for cells in quality.tables[0].rows] == [
        ["non mesuré", "0,63"], ["non mesuré", "0,65"], ["non mesuré", "0,83"], ["non mesuré", "0,73"],
    ]  # fmt: skip
    assert quality.framed
    assert told(quality).startswith("Qualité inconnue")
    assert [section.title for section in shown.sections] == [
        "Qualité", "Usage et limites", "Données et vérifications", "Historique",
    ]  # fmt: skip


def test_few_failures__are_said_to_make_figures_uncertain() -> None:
    said = told(part(card(manifest()), "Mesurée ici, et annoncée ailleurs"))
    assert said.startswith(
        "Mesuré sur 100 lignes jamais vues de 10 turbines, dont 20 de panne (20 pannes distinctes)."
    )
    assert "incertain" in said
    many = replace(evaluate_classification(unseen(TRUTH, OUTPUT)), failure_events=50)
    assert "incertain" not in told(part(card(manifest(measured=many)), "Mesurée ici, et annoncée ailleurs"))


def test_reported__source_and_counts_are_told_apart() -> None:
    said = part(card(manifest(reported=REPORTED)), "Annoncé, non vérifié ici")
    assert said.framed
    assert told(said).startswith(
        "Annoncé par : Rapport de performance, sur 900 lignes (442 pannes annoncées, 92 manquées, 237 fausses"
    )
    nothing = part(card(manifest()), "Annoncé, non vérifié ici")
    assert nothing.sentences == ["Aucun chiffre n’est annoncé par un rapport."]


def test_decision__counts_and_euros_of_each_threshold() -> None:
    shown = part(card(manifest()), "Ce que chaque seuil aurait donné et coûté")
    [table] = shown.tables
    named = [dict(zip(table.header, cells, strict=True)) for cells in table.rows]
    assert table.chosen is not None
    here = named[table.chosen]
    assert here["Seuil"] == f"{french.threshold(0.06)} ◄ politique"
    assert sum("politique" in each["Seuil"] for each in named) == 1
    assert (here["Pannes annoncées"], here["Pannes manquées"], here["Fausses alertes"]) == ("20", "0", "5")
    assert here["Coût"].startswith(f"{french.euros(25 * 3_000)} [")
    half = next(each for each in named if each["Seuil"] == french.threshold(0.5))
    assert half["Pannes manquées"] == "10"
    assert half["Coût"].startswith(french.euros(15 * 3_000 + 10 * 50_000))
    assert f"ne jamais intervenir coûterait {french.euros(1_000_000)}" in shown.sentences[0]
    assert f"toujours intervenir {french.euros(300_000)}" in shown.sentences[0]


def test_decision__without_kept_rows_has_no_interval_and_no_curve() -> None:
    shown = part(card(manifest(), kept=False), "Ce que chaque seuil aurait donné et coûté")
    assert not any("[" in cells[-1] for cells in shown.tables[0].rows)
    assert shown.charts == []
    assert "réimportez-la" in told(shown)


def test_confusion__is_that_of_the_policy_threshold() -> None:
    quality = part(card(manifest()), "Mesurée ici, et annoncée ailleurs")
    assert rows(quality, 1) == {"Panne": ["20", "0"], "Pas de panne": ["5", "75"]}


def test_calibration__raw_and_each_trial_with_its_gap() -> None:
    trial = CalibrationTrial("platt", 0.009, Estimate(0.0004, -0.0001, 0.0008))
    tried = Calibration("non_calibree", "Trop peu de pannes.", raw_brier=0.0086, trials=(trial,))
    shown = part(card(manifest(calibration=tried)), "Calibration")
    assert rows(shown) == {
        "brute": ["0,0086", french.NOTHING],
        "Platt": ["0,0090", "0,0004 [−0,0001 à 0,0008]"],
    }
    assert told(shown) == "Probabilité montrée : non calibrée. Trop peu de pannes."
    assert part(card(manifest(calibration=Calibration("non_calibree", "Non."))), "Calibration").tables == []


def test_regression__errors_in_days_near_the_failure_and_the_median_to_beat() -> None:
    truth = np.linspace(1, 60, 60)
    quality = evaluate_regression(unseen(truth, truth + 2.0), training_median=35.0)
    reported = Reported(source="Rapport", metrics={"mae": 30.5})
    shown = card(manifest("delai-avant-panne", measured=quality, reported=reported))

    figures = part(shown, "Mesurée ici, et annoncée ailleurs")
    days = "2,0 j"
    measured, announced = rows(figures)["Erreur absolue moyenne (MAE)"]
    assert measured.startswith(days)
    assert announced == "30,5 j"
    near = row(figures, "Biais", "14")
    assert near[0].startswith(days)
    assert near[1] == french.NOTHING
    assert "répondre toujours la médiane (35 jours)" in told(figures)


def test_regression__negative_answers_are_counted_and_the_gain_is_given() -> None:
    truth = np.linspace(1, 60, 60)
    quality = evaluate_regression(unseen(truth, truth - 6.5), training_median=35.0)
    figures = part(card(manifest("delai-avant-panne", measured=quality)), "Mesurée ici, et annoncée ailleurs")
    assert "Sur 6 lignes le modèle a répondu moins de zéro jour" in told(figures)
    gain = row(figures, "Gain sur la meilleure réponse constante")[0]
    assert gain.startswith(french.number(quality.overall.skill.value, 2))


def test_classification__prevalence_and_lift_stand_beside_average_precision() -> None:
    figures = part(card(manifest()), "Mesurée ici, et annoncée ailleurs")
    names = list(rows(figures))
    at = names.index("Précision moyenne")
    assert names[at + 1 : at + 3] == [
        "Part de pannes (précision moyenne du hasard)",
        "Précision moyenne ÷ part de pannes",
    ]
    measured = evaluate_classification(unseen(TRUTH, OUTPUT)).average_precision.value
    assert rows(figures)[names[at + 1]][0] == "0,200"
    assert rows(figures)[names[at + 2]][0].startswith(french.number((measured or 0) / 0.2, 1))


def test_coverage_and_errors__by_estimated_and_true_horizon() -> None:
    generator = np.random.default_rng(2)
    truth = generator.uniform(1, 60, 600)
    seen = unseen(truth, truth + generator.normal(0, 3, 600))
    interval = conformal_table(seen.output, truth, seen.turbines)
    assert interval is not None
    quality = evaluate_regression(seen, 30.0)
    shown = card(manifest("delai-avant-panne", measured=quality, interval=interval))

    coverage = part(shown, "Intervalle des jours avant panne")
    assert [len(table.rows) for table in coverage.tables] == [
        len(interval.groups), len(interval.by_true_horizon),
    ]  # fmt: skip
    first = interval.by_true_horizon[0]
    cells = coverage.tables[1].rows[0]
    assert cells[2].startswith(french.share(first.coverage.value))
    assert cells[3].startswith("✓" if first.reached else "✕")
    errors = part(shown, "Erreur selon les jours qui restaient vraiment")
    assert sum(int(cells[1]) for cells in errors.tables[0].rows) == 600
    assert errors.tables[0].rows[0][0] == f"0 à {french.days(7)}"
    none = part(card(manifest("delai-avant-panne", measured=quality, interval=None)), coverage.title)
    assert none.sentences == ["Aucun intervalle : trop peu de lignes jamais vues pour le fonder."]


def test_features_and_data__in_words() -> None:
    spec = FeatureSpec(
        name="temperature", dtype="float", unit="°C", label="Température", training_range=(13.8, 86.5),
        physical_range=(-60.0, None), role="marker", note="Dans la nacelle.",
    )  # fmt: skip
    data = TrainingData(
        source="a.csv", sha256="b" * 64, rows=3000, first_day=date(2024, 1, 1), last_day=date(2024, 12, 30),
        training_rows=2100, unseen_rows=900, left_out=0, split="au hasard",
    )  # fmt: skip
    shown = card(manifest(features=(spec,), data=data))

    read = part(shown, "Ce qu’il lit")
    assert read.tables[0].rows == [
        ["Température (temperature)", "°C", "de 13,8 à 86,5", "à partir de −60", "indice, pas une cause"]
    ]
    assert read.sentences == ["Température : Dans la nacelle."]
    said = told(part(shown, "Données"))
    assert "Fichier : a.csv, 3 000 lignes. Période : du 01/01/2024 au 30/12/2024." in said
    assert "Lignes pour l’ajuster : 2 100 ; jamais vues : 900 ; ni l’un ni l’autre : 0." in said
    assert "Lignes jamais vues : au hasard" in said
    assert "b" * 64 in said


def test_checks__in_words() -> None:
    runtime = Runtime(reason="Non compilé.", largest_difference=2e-15, rows_compared=103_000)
    golden = GoldenProof(written_by="1.5.0", rows=60, largest_difference=0.0)
    said = told(part(card(manifest(runtime=runtime, golden=golden)), "Moteur et vérifications"))
    assert "2,0 × 10⁻¹⁵, sur 103 000 lignes comparées" in said
    assert (
        "Écrit par scikit-learn 1.5.0 : ses sorties enregistrées là-bas (60 lignes) sont retrouvées ici"
        in said
    )
    assert "Facteurs exacts" in said


def test_history__when_who_why_until_when_and_admitted_by_whom() -> None:
    known = {"name": "risque", "version": 1, "activated_by": "compte:3", "reason": "essai"}
    admitted = {"admitted_by": "compte:4", "admitted_by_name": "Léa"}
    first, second = "2024-12-01T05:00:00Z", "2024-12-02T05:00:00Z"
    changes = [
        Activation.model_validate({**known, "activated_at": second, **admitted}),
        Activation.model_validate({**known, "activated_at": first, "replaced_at": second}),
    ]
    shown = part(card(manifest(), activations=changes), "Mises en service")
    who, why = f"compte n°{french.NBSP}3", "essai (admis sans passer le contrôle de qualité, par Léa)"
    assert shown.tables[0].rows == [
        ["02/12/2024 à 06:00", "en service", who, why],
        ["01/12/2024 à 06:00", "02/12/2024 à 06:00", who, "essai"],
    ]
    assert part(card(manifest()), "Mises en service").sentences == [
        "Cette version n’a jamais été mise en service."
    ]


@pytest.mark.parametrize("admitted", [True, False])
def test_gate__what_it_says_and_the_state_at_the_top(admitted: bool) -> None:
    described = card(manifest(), active=False, admitted=admitted)
    assert [(state.words, state.good) for state in described.states] == [
        ("Pas en service", None),
        ("Admis", True) if admitted else ("Non admis", False),
    ]
    gate = part(described, "Contrôle de qualité")
    assert ("ne sert pas" in told(gate)) is not admitted
    assert gate.bullets == ["une raison"]
