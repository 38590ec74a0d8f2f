"""One turbine's answers turned into the tables and sentences of its page. No Streamlit, no HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd

from api.schemas import french
from api.schemas.models import CALIBRATIONS
from api.schemas.park import MeasurementRow, ParkItem, ScorePoint, TurbineDetail
from api.schemas.predictions import Driver, FeatureInfo, Prediction
from api.schemas.turbine_story import TurbineEvent, UsualRange
from api.schemas.vocabulary import SituationCode, indicative
from ui.shared import labels as fr

NOISE = "mesures_independantes"  # code of the notice: these curves show noise, not wear
EVENTS = {
    "panne": ("✕", "panne observée"),
    "intervention": ("●", "intervention terminée"),
    "visite": ("│", "visite prévue"),
}


def drivers_frame(drivers: Sequence[Driver], usual: Sequence[UsualRange] = ()) -> pd.DataFrame:
    """Tabulate the drivers, least weighty first, as horizontal bars are drawn (bottom up)."""
    ordered = sorted(drivers, key=lambda d: abs(d.contribution))
    ranges = {known.feature: known for known in usual}
    return pd.DataFrame(
        {
            "label": [f"{d.label} (indice)" if d.marker else d.label for d in ordered],
            "value": [fr.driver_value(d) for d in ordered],
            "points": [100 * d.contribution for d in ordered],
            "words": [french.points(d.contribution) for d in ordered],
            "marker": [d.marker for d in ordered],
            "usual": [usual_words(ranges.get(d.feature)) for d in ordered],
        }
    )


def drivers_words(frame: pd.DataFrame) -> str:
    """Say what the bars show, for those who do not see them."""
    effects = [
        f"{label} ({value}) {words}" + (f" (d’habitude {usual})" if usual else "")
        for label, value, words, usual in frame[::-1][["label", "value", "words", "usual"]].to_numpy()
    ]
    return "Effet de chaque mesure, en points de probabilité : " + " ; ".join(effects)


def usual_words(known: UsualRange | None) -> str:
    """Say where nine values in ten lie, on this turbine and in the park; empty where unknown."""
    if known is None:
        return ""
    spans = (("ici", known.low, known.high), ("parc", known.park_low, known.park_high))
    ranges = [
        f"{where} {french.trimmed(low, 1)} à {french.trimmed(high, 1)}"
        for where, low, high in spans
        if low is not None and high is not None
    ]
    return " ; ".join(ranges)


def key_figures(item: ParkItem, detail: TurbineDetail) -> list[tuple[str, str, str]]:
    """List the figures of the verdict: name, value, what it is compared with."""
    days = item.time_to_failure_interval
    threshold = "" if detail.threshold is None else f"seuil de décision {french.threshold(detail.threshold)}"
    return [
        ("Probabilité à 7 jours", french.percent(item.failure_probability), threshold),
        (
            "Jours avant panne",
            french.days(item.time_to_failure_days),
            f"intervalle {french.days_interval(days)}" if days else "",
        ),
        ("Attendre coûte", french.euros(item.expected_failure_cost_eur), _waiting_words(item)),
        ("Rang", str(item.rank), f"au classement du {french.date(detail.as_of)}"),
        (
            "Mesure",
            french.date(item.measured_on),
            fr.measurement_words(item),
        ),
    ]


def _waiting_words(item: ParkItem) -> str:
    """Say what the cost of waiting is made of; « indicatif » stands here, for a phone's card is narrow."""
    if item.situation is not None and item.situation.code is SituationCode.MESURE_ATTENDUE:
        return "sans objet : rien de mesuré depuis l’intervention"
    indicated = "indicatif : " if indicative(item.warnings) else ""
    return f"{indicated}probabilité × coût d’une panne"


def events_words(events: Sequence[TurbineEvent]) -> str:
    """Say what the marks over the curves are, and how many; empty where there is none."""
    kinds: list[str] = [event.kind for event in events]
    marks = [
        f"{sign} {words} ({kinds.count(kind)})" for kind, (sign, words) in EVENTS.items() if kinds.count(kind)
    ]
    return " · ".join(marks)


def base_words(detail: TurbineDetail) -> str:
    """Say from which probability the drivers start."""
    if detail.base_probability is None:
        return ""
    return f"Point de départ du modèle, avant toute mesure : {french.percent(detail.base_probability)}."


def models_words(detail: TurbineDetail) -> str:
    """Say which models and which policy answered; only a probability can be calibrated."""
    used = [
        model.label + (f" ({CALIBRATIONS[model.calibration]})" if model.calibration in CALIBRATIONS else "")
        for model in detail.models
    ]
    policy = "" if detail.policy_version is None else f", politique de risque v{detail.policy_version}"
    return f"Calculé par {', '.join(used)}{policy}." if used else ""


def visit_words(days: Sequence[date]) -> str:
    """Say when the turbine is to be visited."""
    if not days:
        return "aucune visite prévue"
    first, *others = (f"le {french.date(day)}" for day in days)
    if not others:
        return f"visite prévue {first}"
    *early, last = others
    return f"visite prévue {first}, puis {', '.join(early)}{' et ' if early else ''}{last}"


def scored_values(
    item: ParkItem | None, drivers: Sequence[Driver], rows: Sequence[MeasurementRow]
) -> dict[str, Any]:
    """Return the values to start a what-if from: those of the current score, else the last measured.

    A run keeps one measurement a day; where there are several, the drivers hold the kept values.
    """
    measured = next((r.values for r in rows if item is None or r.measured_on == item.measured_on), {})
    return {**measured, **{d.feature: d.value for d in drivers}}


def measurement_frame(rows: Sequence[MeasurementRow], features: Sequence[FeatureInfo]) -> pd.DataFrame:
    """Tabulate the measurements, newest first, one column per feature with its unit."""
    frame = pd.DataFrame({"Mesure du": [french.date(r.measured_at or r.measured_on) for r in rows]})
    for feature in features:
        values = [r.values.get(feature.name) for r in rows]
        if feature.dtype == "binary":
            frame[feature_title(feature)] = [_yes_no(v) for v in values]
        else:
            frame[feature_title(feature)] = [french.trimmed(v) for v in values]
    return frame


def feature_title(feature: FeatureInfo) -> str:
    """Write « Température (°C) »."""
    unitless = feature.unit in {"", "-", "–", "0/1"} or feature.dtype == "binary"
    return feature.label if unitless else f"{feature.label} ({feature.unit})"


def feature_value(feature: FeatureInfo, value: float) -> str:
    """Write « 84,5 °C », « oui »."""
    if feature.dtype == "binary":
        return "oui" if value else "non"
    return french.quantity(value, feature.unit)


def by_presence(
    features: Sequence[FeatureInfo], rows: Sequence[Mapping[str, Any]]
) -> tuple[list[FeatureInfo], list[FeatureInfo]]:
    """Split the features into those with a value in some row and those without any."""
    known = {name for row in rows for name, value in row.items() if value is not None}
    return [f for f in features if f.name in known], [f for f in features if f.name not in known]


def absent_words(absent: Sequence[FeatureInfo]) -> str:
    """Say which sensors this turbine does not send, and which models wait for them."""
    names = ", ".join(feature.label for feature in absent)
    models = ", ".join(dict.fromkeys(model for feature in absent for model in feature.required_by))
    return f"Non mesuré sur cette turbine, mais lu par {models} : {names}."


def sensor_frame(rows: Sequence[MeasurementRow], feature: str) -> pd.DataFrame:
    """Tabulate the values of one sensor by day, oldest first, without the missing ones."""
    known = [(_paris(r), r.values.get(feature)) for r in reversed(rows)]
    kept = [(moment, value) for moment, value in known if value is not None]
    return pd.DataFrame(kept, columns=["day", "value"])


def history_frame(points: Sequence[ScorePoint]) -> pd.DataFrame:
    """Tabulate the published scores of one turbine, oldest first."""
    ordered = sorted(points, key=lambda p: p.as_of)
    return pd.DataFrame(
        {
            "day": [pd.Timestamp(p.as_of) for p in ordered],
            "probability": [p.failure_probability for p in ordered],
            "days": [p.time_to_failure_days for p in ordered],
            "level": [p.risk_level for p in ordered],
            "words": [french.percent(p.failure_probability) for p in ordered],
        }
    )


def comparison_frame(current: Prediction, other: Prediction) -> pd.DataFrame:
    """Tabulate the answer to a what-if beside the current one."""
    days = (current.time_to_failure_days, other.time_to_failure_days)
    moved = None if None in days else days[1] - days[0]  # type: ignore[operator]
    change = other.failure_probability - current.failure_probability
    same_level = current.risk_level is other.risk_level
    rows = [
        (
            "Niveau",
            *(fr.LEVELS[p.risk_level].text for p in (current, other)),
            "inchangé" if same_level else "changé",
        ),
        (
            "Probabilité de panne à 7 jours",
            *(french.percent(p.failure_probability) for p in (current, other)),
            french.points(change),
        ),
        ("Jours avant panne", *(french.days(d) for d in days), french.days_difference(moved)),
        (
            "Coût attendu si l’on n’intervient pas",
            *(
                french.euros(p.expected_failure_cost_eur, indicative=indicative(p.warnings))
                for p in (current, other)
            ),
            french.euros_difference(other.expected_failure_cost_eur - current.expected_failure_cost_eur),
        ),
    ]
    return pd.DataFrame(rows, columns=["", "Aujourd’hui", "Et si…", "Écart"])


def driver_changes(current: Prediction, other: Prediction) -> pd.DataFrame:
    """Tabulate the effect of each measurement in both answers, most changed first."""
    drivers = {d.feature: d for d in current.drivers}
    pairs = [(drivers[d.feature], d) for d in other.drivers if d.feature in drivers]
    moved = [(before, after, after.contribution - before.contribution) for before, after in pairs]
    kept = sorted((m for m in moved if abs(m[2]) >= 0.0005), key=lambda m: -abs(m[2]))
    return pd.DataFrame(
        [
            {
                "Mesure": after.label,
                "Valeur": f"{fr.driver_value(before)} → {fr.driver_value(after)}"
                if before.value != after.value
                else fr.driver_value(after),
                "Effet aujourd’hui": french.points(before.contribution),
                "Effet et si…": french.points(after.contribution),
                "Écart": french.points(change),
            }
            for before, after, change in kept
        ]
    )


def what_if_words(current: Prediction, other: Prediction) -> str:
    """Write the difference in one sentence."""
    change = other.failure_probability - current.failure_probability
    if abs(change) < 0.0005:
        return "Ces valeurs ne changent pas la probabilité de panne."
    verb = "monterait" if change > 0 else "descendrait"
    before, after = (french.percent(p.failure_probability) for p in (current, other))
    return (
        f"Avec ces valeurs, la probabilité de panne à 7 jours {verb} de {before} à {after} "
        f"({french.points(change)})."
    )


def curve_words(frame: pd.DataFrame, feature: FeatureInfo) -> str:
    """Say what a sensor's curve shows, for those who do not see it."""
    if frame.empty:
        return f"{feature.label} : aucune valeur"
    low, high, last = (
        french.quantity(float(v), feature.unit)
        for v in (frame["value"].min(), frame["value"].max(), frame["value"].iloc[-1])
    )
    return (
        f"{feature.label} : {french.counted(len(frame), 'valeur')}, de {low} à {high}, la dernière à {last}"
    )


def history_words(frame: pd.DataFrame) -> str:
    """Say what the history of risk shows, for those who do not see it."""
    first, last = frame.iloc[0], frame.iloc[-1]
    return (
        f"Probabilité de panne à 7 jours selon {french.counted(len(frame), 'calcul')} : {first['words']} le "
        f"{french.date(first['day'].date())}, {last['words']} le {french.date(last['day'].date())}"
    )


def _paris(row: MeasurementRow) -> pd.Timestamp:
    """Return when a row was measured, on the clock that people read."""
    if row.measured_at is None:
        return pd.Timestamp(row.measured_on)
    return pd.Timestamp(row.measured_at).tz_convert(french.PARIS).tz_localize(None)


def _yes_no(value: float | None) -> str:
    return french.NOTHING if value is None else ("oui" if value else "non")
