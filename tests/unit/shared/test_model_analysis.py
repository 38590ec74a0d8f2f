"""The analysis of EnergiTech's models says what a recount on their own files gives."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from api.domain.policy.risk_policy import RiskPolicy
from tests.support.words import plain

ROOT = Path(__file__).resolve().parents[3]
SECTIONS = {
    part.partition("\n")[0].strip(): part
    for part in plain((ROOT / "docs" / "analyse-des-modeles.md").read_text("utf-8")).split("\n## ")
}


class Recount(NamedTuple):
    """The rows that the models have not seen, with their outputs."""

    failed: Any
    days: Any
    visited: Any
    probability: Any
    estimate: Any
    rows: Any


def _number(text: str) -> float:
    return float(re.sub(r"[*€\s]", "", text).replace(",", ".").replace("−", "-"))


def _rows(title: str, first_cell: str) -> list[list[str]]:
    """Cells of the rows of a section whose first cell matches."""
    lines = (line for line in SECTIONS[title].splitlines() if line.startswith("|"))
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in rows if re.fullmatch(first_cell, row[0])]


def test_thresholds__euros__are_the_default_policy_s() -> None:
    policy = RiskPolicy()
    rows = _rows("Seuils, en euros", r"\**0,\d+\**")
    totals = {}
    for threshold, found, needless, missed, visits, failures, total in rows:
        assert _number(visits) == (int(found) + int(needless)) * policy.cost_intervention_eur
        assert _number(failures) == int(missed) * policy.cost_failure_eur
        assert _number(total) == _number(visits) + _number(failures)
        totals[_number(threshold)] = _number(total)
    assert len(totals) == 8
    assert min(totals, key=lambda threshold: totals[threshold]) == policy.threshold


@pytest.fixture(scope="module")
def recount(client_files: Path) -> Recount:
    import joblib
    import pandas as pd
    from sklearn.model_selection import train_test_split

    rows = pd.read_csv(client_files / "energiTech_maintenance_sample.csv")
    classifier = joblib.load(client_files / "model_classification.pkl")
    regressor = joblib.load(client_files / "model_regression.pkl")
    _, unseen = train_test_split(rows, test_size=0.3, random_state=42, stratify=rows["failure_within_7d"])
    inputs = unseen[list(classifier.feature_names_in_)]
    return Recount(
        unseen["failure_within_7d"].to_numpy() == 1,
        unseen["time_to_failure_days"].to_numpy(),
        unseen["maintenance_done"].to_numpy(),
        classifier.predict_proba(inputs)[:, 1],
        regressor.predict(inputs),
        rows,
    )


@pytest.mark.client
@pytest.mark.slow
def test_figures__recounted_on_the_client_s_files(recount: Recount) -> None:
    for threshold, found, needless, missed, *_ in _rows("Seuils, en euros", r"\**0,\d+\**"):
        alert = recount.probability >= _number(threshold)
        counted = [alert & recount.failed, alert & ~recount.failed, ~alert & recount.failed]
        assert [int(found), int(needless), int(missed)] == [int(each.sum()) for each in counted]

    alert = recount.probability >= RiskPolicy().threshold
    by_visit = _rows("Zones de faiblesse", r"[01]")
    assert len(by_visit) == 2
    for visited, *counts in by_visit:
        here = recount.visited == int(visited)
        expected = [here, here & recount.failed, here & alert, here & alert & recount.failed]
        assert [int(count) for count in counts] == [int(each.sum()) for each in expected]

    by_days = _rows("Zones de faiblesse", r"\d+ à \d+|plus de \d+")
    assert len(by_days) == 4
    for days, count, error, bias in by_days:
        low, high = (*[int(each) for each in re.findall(r"\d+", days)], 10_000)[:2]
        here = (recount.days > low) & (recount.days <= high)
        gap = recount.estimate[here] - recount.days[here]
        assert int(count) == here.sum()
        assert _number(error) == pytest.approx(abs(gap).mean(), abs=0.05)
        assert _number(bias) == pytest.approx(gap.mean(), abs=0.05)


@pytest.mark.client
@pytest.mark.slow
def test_ranking_figures_and_ranges__recounted_on_the_client_s_files(recount: Recount) -> None:
    from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

    def written(value: float, digits: int) -> str:
        return f"{value:.{digits}f}".replace(".", ",")

    imbalance = " ".join(SECTIONS["Déséquilibre des classes"].split())
    for value, digits in (
        (roc_auc_score(recount.failed, recount.probability), 3),
        (average_precision_score(recount.failed, recount.probability), 3),
        (brier_score_loss(recount.failed, recount.probability), 4),
        ((~recount.failed).mean(), 3),
    ):
        assert written(value, digits) in imbalance
    weakness = " ".join(SECTIONS["Zones de faiblesse"].split())
    assert f"ROC de {written(roc_auc_score(recount.failed, -recount.estimate), 3)}" in weakness
    assert written(average_precision_score(recount.failed, -recount.estimate), 3) in weakness

    use = SECTIONS["Conditions d’usage"]
    for sensor in ("wind_speed", "vibration_level", "temperature", "power_output"):
        assert f"{recount.rows[sensor].max():,}".replace(",", " ").replace(".", ",") in use
