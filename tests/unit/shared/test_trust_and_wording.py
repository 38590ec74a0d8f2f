"""What makes a measurement doubtful, and the sentences that the API writes."""

from __future__ import annotations

from datetime import date

import pytest

from api.domain.plausibility.trust import (
    Finding,
    KnownRange,
    age_finding,
    data_status,
    extrapolated,
    outside_training,
)
from api.domain.shared.wording import recommendation
from api.schemas import french
from api.schemas.vocabulary import DataStatus, RiskLevel

WIND = {"wind_speed": KnownRange("Vitesse du vent", "m/s", 0.0, 25.0)}


@pytest.mark.parametrize(
    ("value", "found"),
    [(0.0, 0), (25.0, 0), (-1e-7, 0), (25.1, 0), (26.2, 0), (-1.2, 0), (26.3, 1), (-1.3, 1), (None, 0)],
)
def test_outside_training__a_hair_beyond_is_known(value: float | None, found: int) -> None:
    findings = outside_training({"wind_speed": value}, WIND)
    assert len(findings) == found
    assert all(f.field == "wind_speed" and "Vitesse du vent" in f.message for f in findings)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (150.0, "Vitesse du vent : 150,0, appris de 0,0 à 25,0 m/s"),
        (-3.5, "Vitesse du vent : −3,5, appris de 0,0 à 25,0 m/s"),
    ],
)
def test_outside_training__speaks_of_the_model(value: float, said: str) -> None:
    (finding,) = outside_training({"wind_speed": value}, WIND)
    assert finding.message.startswith("Modèle hors de son domaine")
    assert said in finding.message.replace(french.NBSP, " ")


def test_outside_training__figures_shown_do_not_contradict_it() -> None:
    narrow = {"gap": KnownRange("Jeu", "mm", 0.0, 0.04)}
    (finding,) = outside_training({"gap": 0.043}, narrow)
    assert "Jeu : 0,043, appris de 0,000 à 0,040 mm" in finding.message.replace(french.NBSP, " ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("maintenance", 0.0),  # of one value in training
        ("power", -12.0),
        ("power", -1e-7),
        ("temperature", 13.2),
        ("vibration", 7.90),
    ],
)
def test_outside_training__what_a_sound_machine_shows_is_no_extrapolation(name: str, value: float) -> None:
    learned = {
        "maintenance": KnownRange("Intervention", "", 0.0, 0.0),
        "power": KnownRange("Puissance", "kW", 0.0, 1470.8),
        "temperature": KnownRange("Température", "°C", 14.0, 86.5),
        "vibration": KnownRange("Vibration", "u.a.", 0.0, 7.87),
    }
    assert outside_training({name: value}, learned) == []


@pytest.mark.parametrize(
    ("name", "value"), [("maintenance", 1.0), ("power", -100.0), ("temperature", 0.0), ("vibration", 9.0)]
)
def test_outside_training__far_beyond_is_another_finding_and_no_doubt(name: str, value: float) -> None:
    learned = {
        "maintenance": KnownRange("Intervention", "", 0.0, 0.0),
        "power": KnownRange("Puissance", "kW", 0.0, 1470.8),
        "temperature": KnownRange("Température", "°C", 14.0, 86.5),
        "vibration": KnownRange("Vibration", "u.a.", 0.0, 7.87),
    }
    findings = outside_training({name: value}, learned)
    assert [finding.code for finding in findings] == ["hors_domaine"]
    assert data_status(findings) is DataStatus.OK
    assert extrapolated(findings)


@pytest.mark.parametrize(("day", "stale"), [(24, False), (23, False), (22, True), (31, False)])
def test_age__is_counted_at_the_day_of_the_run(day: int, stale: bool) -> None:
    finding = age_finding(date(2024, 12, day), date(2024, 12, 30), max_age_days=7)
    assert (finding is not None) is stale


def test_data_status__is_the_gravest_finding() -> None:
    doubtful, stale = Finding("capteur_fige", "x", ""), Finding("mesure_perimee", None, "")
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
