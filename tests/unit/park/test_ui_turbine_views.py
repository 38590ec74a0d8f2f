"""One turbine's views: drivers, measurements, history, and « et si… » beside the current answer."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from api.schemas import french
from api.schemas.park import MeasurementRow, ScorePoint
from api.schemas.turbine_story import TurbineEvent, UsualRange
from tests.support.ui_samples import driver, feature, item, prediction
from ui.park import turbine_views as views

ROWS = [
    MeasurementRow(
        measured_on=date(2024, 12, 30), measured_at=None, values={"temperature": 61.25, "done": 1.0}
    ),
    MeasurementRow(
        measured_on=date(2024, 12, 29),
        measured_at=datetime(2024, 12, 28, 23, 30, tzinfo=UTC),
        values={"temperature": None, "done": 0.0},
    ),
]


def test_drivers__weightiest_last_for_bars_drawn_bottom_up_and_markers_named() -> None:
    frame = views.drivers_frame(
        [
            driver(contribution=-0.4, label="Vent"),
            driver(contribution=0.1, marker=True),
            driver(contribution=0.02),
        ]
    )

    assert frame["points"].tolist() == pytest.approx([2.0, 10.0, -40.0])
    assert frame["label"].tolist() == ["Niveau de vibration", "Niveau de vibration (indice)", "Vent"]
    assert views.drivers_words(frame).startswith("Effet de chaque mesure, en points de probabilité : Vent")


def test_usual__both_ranges_or_what_is_known_of_them() -> None:
    known = {
        "feature": "vibration_level",
        "low": 1.44,
        "high": 4.8,
        "values": 200,
        "park_low": 1.7,
        "park_high": 5,
    }
    both = UsualRange.model_validate(known)

    assert views.usual_words(both) == "ici 1,4 à 4,8 ; parc 1,7 à 5"
    assert views.usual_words(both.model_copy(update={"low": None, "high": None})) == "parc 1,7 à 5"
    assert views.usual_words(None) == ""
    frame = views.drivers_frame([driver(), driver(feature="x")], [both])
    assert sorted(frame["usual"]) == ["", "ici 1,4 à 4,8 ; parc 1,7 à 5"]
    assert "(d’habitude ici 1,4 à 4,8" in views.drivers_words(frame)


def test_events__each_kind_with_its_mark_and_number() -> None:
    events = [
        TurbineEvent.model_validate({"on": f"2024-12-{day}", "kind": kind})
        for day, kind in ((10, "visite"), (12, "panne"), (20, "visite"))
    ]

    assert views.events_words(events) == "✕ panne observée (1) · │ visite prévue (2)"
    assert views.events_words([]) == ""


def test_measurements__french_newest_first_with_units() -> None:
    done = feature(name="done", label="Intervention récente", unit="", dtype="binary", marker=True)

    frame = views.measurement_frame(ROWS, [feature(), done])

    assert list(frame.columns) == ["Mesure du", "Température nacelle (°C)", "Intervention récente"]
    assert frame.iloc[0].tolist() == ["30/12/2024", "61,25", "oui"]
    assert frame.iloc[1].tolist() == ["29/12/2024 à 00:30", french.NOTHING, "non"]


def test_sensor__oldest_first_without_missing_values() -> None:
    frame = views.sensor_frame(ROWS, "temperature")

    assert frame["value"].tolist() == [61.25]
    assert frame["day"].iloc[0].date() == date(2024, 12, 30)
    assert views.curve_words(frame, feature()).replace(french.NBSP, " ") == (
        "Température nacelle : 1 valeur, de 61,25 °C à 61,25 °C, la dernière à 61,25 °C"
    )
    assert views.curve_words(views.sensor_frame(ROWS, "absent"), feature()).endswith("aucune valeur")


def test_what_if__starts_from_the_scored_values_not_from_another_row_of_the_day() -> None:
    scored = driver(feature="temperature", value=70.0)

    assert views.scored_values(item(), [scored], ROWS)["temperature"] == 70.0
    assert views.scored_values(None, [], ROWS) == ROWS[0].values
    assert views.scored_values(None, [], []) == {}


def test_visits__first_then_the_others() -> None:
    days = [date(2024, 12, 31), date(2025, 1, 11), date(2025, 1, 25)]

    assert views.visit_words(days) == "visite prévue le 31/12/2024, puis le 11/01/2025 et le 25/01/2025"
    assert views.visit_words([*days, date(2025, 1, 30)]).endswith(
        "puis le 11/01/2025, le 25/01/2025 et le 30/01/2025"
    )
    assert views.visit_words(days[:1]) == "visite prévue le 31/12/2024"
    assert views.visit_words([]) == "aucune visite prévue"


def test_history__oldest_first() -> None:
    points = [
        ScorePoint.model_validate(
            {
                "as_of": day,
                "risk_level": "faible",
                "risk_score": 0.1,
                "failure_probability": p,
                "time_to_failure_days": None,
                "data_status": "ok",
            }
        )
        for day, p in (("2024-12-30", 0.2), ("2024-12-28", 0.004))
    ]

    frame = views.history_frame(points)

    assert frame["probability"].tolist() == [0.004, 0.2]
    said = views.history_words(frame).replace(french.NBSP, " ").replace(french.THIN, " ")
    assert said.endswith("selon 2 calculs : < 1 % le 28/12/2024, 20 % le 30/12/2024")


def test_comparison__both_answers_and_their_difference() -> None:
    now = prediction()
    other = prediction(
        failure_probability=0.45,
        risk_level="critique",
        time_to_failure_days=7.5,
        expected_failure_cost_eur=22500,
    )

    rows = (
        views.comparison_frame(now, other)
        .set_index("")
        .map(lambda t: t.replace(french.NBSP, " ").replace(french.THIN, " "))
    )

    assert list(rows.loc["Niveau"]) == ["▲ Élevé", "■ Critique", "changé"]
    assert list(rows.loc["Probabilité de panne à 7 jours"]) == ["11 %", "45 %", "+34 points"]
    assert list(rows.loc["Jours avant panne"]) == ["20 jours", "7,5 jours", "−12,5 jours"]
    assert list(rows.loc["Coût attendu si l’on n’intervient pas"]) == ["5 500 €", "22 500 €", "+17 000 €"]


def test_comparison__a_model_that_gives_no_days_leaves_no_difference() -> None:
    rows = views.comparison_frame(prediction(time_to_failure_days=None), prediction()).set_index("")

    assert rows.loc["Jours avant panne", "Écart"] == french.NOTHING


def test_difference_by_driver__adds_up_and_leaves_out_what_did_not_move() -> None:
    now = prediction(
        drivers=[driver(contribution=0.05), driver(feature="wind", label="Vent", contribution=0.01)]
    )
    other = prediction(
        drivers=[
            driver(contribution=0.25, value=6.5),
            driver(feature="wind", label="Vent", contribution=0.01),
        ]
    )

    frame = views.driver_changes(now, other)

    assert frame["Mesure"].tolist() == ["Niveau de vibration"]
    assert frame["Écart"].iloc[0].replace(french.NBSP, " ") == "+20 points"
    assert frame["Valeur"].iloc[0].replace(french.NBSP, " ") == "5,82 u.a. → 6,5 u.a."
    assert views.driver_changes(now, now).empty


def test_what_if_sentence__direction_of_the_change() -> None:
    now = prediction()

    assert "monterait de" in views.what_if_words(now, prediction(failure_probability=0.3))
    assert "descendrait de" in views.what_if_words(now, prediction(failure_probability=0.02))
    assert "ne changent pas" in views.what_if_words(now, prediction(failure_probability=0.1103))


def test_features__those_never_measured_are_told_with_the_models_that_wait_for_them() -> None:
    features = [
        feature(),
        feature(name="pitch", label="Calage", required_by=["délai"]),
        feature(name="done", label="Intervention", dtype="binary", required_by=["délai", "risque"]),
    ]

    present, absent = views.by_presence(features, [row.values for row in ROWS])

    assert [f.name for f in present] == ["temperature", "done"]
    assert views.absent_words(absent) == "Non mesuré sur cette turbine, mais lu par délai : Calage."
    assert views.by_presence(features, []) == ([], features)


@pytest.mark.parametrize(
    ("changes", "value", "shown"),
    [
        ({}, 61.25, f"61,25{french.NBSP}°C"),
        ({"dtype": "binary", "unit": ""}, 0.0, "non"),
        ({"unit": ""}, 3.0, "3"),
    ],
)
def test_feature_value__in_its_unit_or_a_word(changes: dict[str, str], value: float, shown: str) -> None:
    assert views.feature_value(feature(**changes), value) == shown
