"""What makes a measurement doubtful, and the sentences that the API writes."""

from __future__ import annotations

from datetime import date

import pytest

from api.domain.plausibility.trust import Finding, KnownRange, age_finding, data_status, outside_training
from api.domain.shared.wording import recommendation
from api.schemas import french
from api.schemas.vocabulary import DataStatus, RiskLevel

WIND = {"wind_speed": KnownRange("Vitesse du vent", "m/s", 0.0, 25.0)}


@pytest.mark.parametrize(("value", "found"), [(0.0, 0), (25.0, 0), (25.1, 1), (-0.1, 1), (None, 0)])
def test_outside_training__bounds_are_known(value: float | None, found: int) -> None:
    findings = outside_training({"wind_speed": value}, WIND)
    assert len(findings) == found
    assert all(f.field == "wind_speed" and "Vitesse du vent" in f.message for f in findings)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (25.1, "25,1 est hors du domaine connu du modèle (0,0 à 25,0 m/s)"),
        (25.004, "25,004 est hors du domaine connu du modèle (0,000 à 25,000 m/s)"),
        (-0.04, "−0,04 est hors du domaine connu du modèle (0,00 à 25,00 m/s)"),
    ],
)
def test_outside_training__figures_shown_do_not_contradict_it(value: float, said: str) -> None:
    (finding,) = outside_training({"wind_speed": value}, WIND)
    assert said in finding.message.replace(french.NBSP, " ")


@pytest.mark.parametrize(("day", "stale"), [(24, False), (23, False), (22, True), (31, False)])
def test_age__is_counted_at_the_day_of_the_run(day: int, stale: bool) -> None:
    finding = age_finding(date(2024, 12, day), date(2024, 12, 30), max_age_days=7)
    assert (finding is not None) is stale


def test_data_status__is_the_gravest_finding() -> None:
    doubtful, stale = Finding("hors_domaine", "x", ""), Finding("mesure_perimee", None, "")
    missing, unrelated = Finding("sans_mesure", None, ""), Finding("turbine_inconnue", None, "")
    assert data_status([]) is DataStatus.OK
    assert data_status([unrelated]) is DataStatus.OK
    assert data_status([doubtful, stale]) is DataStatus.PERIME
    assert data_status([doubtful, stale, missing]) is DataStatus.NON_EVALUE


def test_recommendation__puts_a_bad_sensor_first_and_never_reassures_without_a_score() -> None:
    advice = recommendation(RiskLevel.MODERE, DataStatus.PERIME, 0.001, -2_950)
    assert advice.startswith("Rétablir la remontée des mesures")
    silent = recommendation(RiskLevel.MODERE, DataStatus.NON_EVALUE, None, 0)
    assert "aucun score" in silent
    assert "gain attendu" not in advice
