"""EnergiTech's models on their cards: each figure recounted here with NumPy, and as FACTS quotes it."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import train_test_split

from api.core import Core
from api.schemas.models import ModelCard
from tests.support.client import CSV, FEATURES, PICKLES
from tests.support.words import plain

pytestmark = pytest.mark.client

# Threshold: TN, FP, FN, TP, precision, recall, on the 900 rows that model A has not seen.
QUOTED = {
    0.50: (886, 2, 7, 5, "0,714", "0,417"),
    0.20: (878, 10, 4, 8, "0,444", "0,667"),
    0.10: (872, 16, 3, 9, "0,360", "0,750"),
    0.05: (861, 27, 2, 10, "0,270", "0,833"),
    0.02: (829, 59, 1, 11, "0,157", "0,917"),
}


@pytest.fixture(scope="module")
def unseen(client_files: Path) -> pd.DataFrame:
    table = pd.read_csv(client_files / CSV)
    unseen: pd.DataFrame
    _, unseen = train_test_split(table, test_size=0.3, random_state=42, stratify=table.failure_within_7d)
    return unseen.sort_index()


@pytest.fixture(scope="module")
def probability(client_files: Path, unseen: pd.DataFrame) -> np.ndarray:
    model = joblib.load(client_files / PICKLES["classification"])
    return np.asarray(model.predict_proba(unseen[FEATURES])[:, 1])


@pytest.fixture(scope="module")
def days(client_files: Path, unseen: pd.DataFrame) -> np.ndarray:
    return np.asarray(joblib.load(client_files / PICKLES["regression"]).predict(unseen[FEATURES]))


@pytest.fixture(scope="module")
def card(client_core: Core) -> ModelCard:
    return client_core.model_service.card("classification", 1)


def printed(core: Core, name: str) -> str:
    """The page's texts, one cell or sentence per line."""
    html = core.model_service.printable_card(name, 1)
    body = html[html.index("<main>") :]
    return plain(unescape(re.sub(r"<[^>]+>", "\n", body)))


def test_model_a__printed_figures_are_those_quoted(client_core: Core) -> None:
    text = printed(client_core, "classification")
    assert re.search(r"Aire sous la courbe ROC\n+0,980 \[", text)
    assert re.search(r"Précision moyenne\n+0,547 \[", text)
    assert re.search(r"Score de Brier \(0 est parfait\)\n+0,0086 \[", text)
    assert "900 lignes jamais vues de 50 turbines, dont 12 de panne (12 pannes distinctes)" in text
    for threshold, (tn, fp, fn, tp, precision, recall) in QUOTED.items():
        row = rf"{100 * threshold:.0f} %\n+{tp}\n+{fn}\n+{fp}\n+{tn}\n+{precision} \[.+\]\n+{recall} \["
        assert re.search(row, text), threshold
    for reported in ("534 pannes sur 900", "129", "237", "92", "442"):
        assert reported in text
    assert "0,997" not in text


def test_model_a__policy_threshold_and_euros_are_recounted(
    card: ModelCard, unseen: pd.DataFrame, probability: np.ndarray
) -> None:
    assert card.decision is not None
    failed = unseen.failure_within_7d.to_numpy() == 1
    for row in [*card.decision.table, *card.decision.curve]:
        alert = probability >= row.threshold
        counts = ((~failed & ~alert).sum(), (~failed & alert).sum(), (failed & ~alert).sum())
        assert (row.true_negatives, row.false_positives, row.false_negatives) == counts
        assert row.cost_eur.value == 3_000 * alert.sum() + 50_000 * (failed & ~alert).sum()
    chosen = next(row for row in card.decision.table if row.chosen)
    assert (chosen.threshold, chosen.true_positives, chosen.false_positives) == (0.06, 10, 25)
    assert card.decision.never_eur == 600_000


def test_model_a__recalibrating_is_worse_and_the_card_shows_it(card: ModelCard) -> None:
    assert f"{card.raw_brier:.4f}" == "0.0086"
    trials = {trial.method: trial for trial in card.calibration_trials}
    # How much worse depends on which turbines share a fold; that it is worse does not.
    assert trials["platt"].brier == pytest.approx(0.0090, abs=3e-4)
    assert trials["isotonique"].brier == pytest.approx(0.0104, abs=3e-4)
    assert all(trial.change.value > 0 for trial in trials.values())
    assert card.calibration == "non_calibree"
    assert "12\u00a0pannes distinctes" in card.calibration_reason


def test_model_a__reliability_bins_are_recounted(
    card: ModelCard, unseen: pd.DataFrame, probability: np.ndarray
) -> None:
    assert card.measured is not None
    bins = card.measured["reliability"]
    assert sum(each["rows"] for each in bins) == 900
    for each in bins:
        inside = (probability >= each["low"]) & ((probability < each["high"]) | (each["high"] == 1))
        assert each["rows"] == inside.sum()
        assert each["failures"] == unseen.failure_within_7d[inside].sum()
        assert each["mean_probability"] == pytest.approx(probability[inside].mean(), abs=1e-6)
        assert each["observed"]["low"] <= each["failures"] / each["rows"] <= each["observed"]["high"]


def test_model_a__what_it_is_made_of_is_told(card: ModelCard, client_core: Core) -> None:
    text = printed(client_core, "classification")
    assert "Période : du 01/01/2024 au 30/12/2024." in text
    assert card.data["sha256"] in text
    assert card.summary.sha256 in text
    assert "indice, pas une cause" in text
    assert card.explained == "exacte"
    assert "103 000 lignes comparées" in text
    assert card.runtime["largest_difference"] <= 1e-6


def test_model_b__printed_figures_are_those_quoted(client_core: Core, days: np.ndarray) -> None:
    text = printed(client_core, "regression")
    assert re.search(r"Erreur absolue moyenne \(MAE\)\n+3,4 j \[", text)
    assert re.search(r"\(RMSE\)\n+4,3 j \[", text)
    assert re.search(r"R² \(1 est .+\)\n+0,85 \[", text)
    assert re.search(r"moins de la panne \(38 lignes\)\n+4,6 j \[", text)
    assert re.search(r"Biais .+ à 14 jours .+\n+3,7 j \[", text)


def test_model_b__errors_by_days_left_are_recounted(
    client_core: Core, unseen: pd.DataFrame, days: np.ndarray
) -> None:
    measured = client_core.model_service.card("regression", 1).measured
    assert measured is not None
    truth = unseen.time_to_failure_days.to_numpy()
    for each in measured["by_days_left"]:
        inside = (truth > each["low"]) & (truth <= (each["high"] or np.inf))
        error = (days - truth)[inside]
        assert each["error"]["rows"] == inside.sum()
        assert each["error"]["mae"]["value"] == pytest.approx(np.abs(error).mean(), abs=1e-6)
        assert each["error"]["bias"]["value"] == pytest.approx(error.mean(), abs=1e-6)


def quantiles(residuals: np.ndarray) -> tuple[float, float]:
    """The residuals that leave at most 10 % of a new row on each side: ranks ⌊(n+1)/10⌋ from either end."""
    ordered = sorted(residuals)
    outside = max((len(ordered) + 1) // 10, 1)
    return ordered[outside - 1], ordered[-outside]


def test_model_b__coverage_is_recounted_from_scratch(
    client_core: Core, unseen: pd.DataFrame, days: np.ndarray
) -> None:
    interval = client_core.model_service.card("regression", 1).interval
    assert interval is not None
    truth = unseen.time_to_failure_days.to_numpy()
    turbines = unseen.turbine_id.astype(str).to_numpy()
    borders = [group["upper"] for group in interval["groups"][:-1]]
    group = np.array([sum(day > border for border in borders) for day in days])
    # Ten folds of whole turbines, dealt in the fixed order that the method documents.
    names = sorted(set(turbines))
    fold_of = dict(zip(names, np.random.default_rng(5).permutation(len(names)) % 10, strict=True))
    fold = np.array([fold_of[name] for name in turbines])
    inside = np.zeros(len(truth), dtype=bool)
    for row in range(len(truth)):
        others = (fold != fold[row]) & (group == group[row])
        low, high = quantiles((truth - days)[others])
        inside[row] = low <= truth[row] - days[row] <= high
    assert interval["coverage"]["value"] == pytest.approx(inside.mean(), abs=1e-9)
    for place, each in enumerate(interval["groups"]):
        rows = group == place
        assert each["rows"] == rows.sum()
        assert each["coverage"]["value"] == pytest.approx(inside[rows].mean(), abs=1e-9)
        bounds = quantiles((truth - days)[rows])
        assert (each["low"], each["high"]) == pytest.approx(bounds, abs=1e-6)
        assert each["coverage"]["low"] < each["coverage"]["value"] < each["coverage"]["high"]
    for each in interval["by_true_horizon"]:
        rows = (truth > each["low"]) & (truth <= (each["high"] or np.inf))
        assert each["rows"] == rows.sum()
        assert each["coverage"]["value"] == pytest.approx(inside[rows].mean(), abs=1e-9)
        spread = drawn_by_turbine(inside[rows], turbines[rows])
        assert (each["coverage"]["low"], each["coverage"]["high"]) == pytest.approx(spread, abs=0.03)


def drawn_by_turbine(inside: np.ndarray, turbines: np.ndarray) -> tuple[float, float]:
    """95 % interval of a share, whole turbines drawn again, with another generator than the product's."""
    names = np.unique(turbines)
    hits = np.array([inside[turbines == name].sum() for name in names])
    rows = np.array([(turbines == name).sum() for name in names])
    draws = np.random.default_rng(99).integers(0, len(names), (5_000, len(names)))
    low, high = np.percentile(hits[draws].sum(axis=1) / rows[draws].sum(axis=1), [2.5, 97.5])
    return float(low), float(high)
