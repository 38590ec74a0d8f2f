"""A model with other sensors than EnergiTech's, its measurements, and the completion of its draft."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

NAME = "multiplicateur"
SPLIT = "date:2024-10-01,gap=7"
FIRST_UNSEEN, LAST_SEEN = "2024-10-01", "2024-09-23"
AS_OF = "2024-12-30"
TURBINES = [f"EOL-{number:02d}" for number in range(1, 25)]
# Turbines whose last measurement shows a hot gearbox with low oil pressure.
SICK = ("EOL-07", "EOL-19")
SYMPTOMS = {"gearbox_oil_temperature": 79.0, "gearbox_oil_pressure": 1.9, "main_bearing_vibration": 4.1}
CATEGORY, FLAG = "operating_mode", "deicing_active"
# name: label, unit, physical range, centre and spread of the simulated values.
NUMERIC: Mapping[str, tuple[str, str, tuple[float, float], float, float]] = {
    "nacelle_temperature": ("Température de la nacelle", "°C", (-40, 90), 32, 6),
    "gearbox_oil_temperature": ("Température d’huile du multiplicateur", "°C", (-40, 150), 58, 8),
    "gearbox_oil_pressure": ("Pression d’huile du multiplicateur", "bar", (0, 20), 3.5, 0.6),
    "generator_bearing_temperature": ("Température du palier de génératrice", "°C", (-40, 180), 62, 7),
    "main_bearing_vibration": ("Vibration du palier principal", "mm/s", (0, 60), 2.4, 0.7),
    "rotor_speed": ("Vitesse du rotor", "tr/min", (0, 30), 12, 2.5),
    "pitch_angle": ("Angle de calage des pales", "°", (-10, 95), 6, 4),
    "yaw_misalignment": ("Désalignement en lacet", "°", (-180, 180), 0, 5),
    "hydraulic_pressure": ("Pression hydraulique", "bar", (0, 400), 210, 12),
    "ambient_temperature": ("Température extérieure", "°C", (-50, 60), 12, 7),
}
LABELS = {
    **{name: label for name, (label, *_) in NUMERIC.items()},
    CATEGORY: "Mode de fonctionnement",
    FLAG: "Dégivrage des pales",
}
FEATURES = [*NUMERIC, CATEGORY, FLAG]
NOTE = "Indice, pas cause : on dégivre par temps froid, sans que cela use la machine."


def measurements(rows: int = 3000) -> pd.DataFrame:
    """Return a year of measurements where hot thin oil announces failures; every turbine has the last day."""
    generator = np.random.default_rng(12)
    table = pd.DataFrame({"turbine_id": generator.choice(TURBINES, rows)})
    days = pd.to_timedelta(generator.integers(0, 364, rows), unit="D")
    table["date_measure"] = (pd.Timestamp("2024-01-01") + days).strftime("%Y-%m-%d")
    last = pd.DataFrame({"turbine_id": TURBINES, "date_measure": AS_OF})
    table = pd.concat([table, last], ignore_index=True)
    for name, (_, _, (low, high), centre, spread) in NUMERIC.items():
        drawn = generator.normal(centre, spread, len(table))
        table[name] = np.round(np.clip(drawn, low, high), 2)
    table[CATEGORY] = generator.integers(0, 4, len(table))
    table[FLAG] = (table["ambient_temperature"] < 2).astype(int)
    sick = (table["date_measure"] == AS_OF) & table["turbine_id"].isin(SICK)
    table.loc[sick, list(SYMPTOMS)] = list(SYMPTOMS.values())
    wear = (table["gearbox_oil_temperature"] - 58) / 8 - (table["gearbox_oil_pressure"] - 3.5) / 0.6
    wear += 0.5 * (table["main_bearing_vibration"] - 2.4) / 0.7 + generator.normal(0, 0.5, len(table))
    table["failure_within_7d"] = (wear + 0.4 * (table[CATEGORY] == 3) > 3.2).astype(int)
    return table.sort_values("date_measure", kind="stable", ignore_index=True)


def fitted(table: pd.DataFrame) -> Pipeline:
    """Return scaler, encoder and histogram boosting, fitted on the rows before the split."""
    columns = make_column_transformer(
        (StandardScaler(), list(NUMERIC)), (OneHotEncoder(), [CATEGORY]), remainder="passthrough"
    )
    model = make_pipeline(columns, HistGradientBoostingClassifier(max_iter=40, max_depth=4, random_state=0))
    seen = table[table["date_measure"] <= LAST_SEEN]
    return model.fit(seen[FEATURES], seen["failure_within_7d"])


def complete(path: Path) -> None:
    """Complete the draft with the labels, units and bounds that only an engineer knows."""
    draft: dict[str, Any] = json.loads(path.read_text("utf-8"))
    for feature in draft["features"]:
        name = feature["name"]
        feature["label"] = LABELS[name]
        if name in NUMERIC:
            _, feature["unit"], feature["physical_range"], *_ = NUMERIC[name]
        elif name == CATEGORY:
            feature["physical_range"] = [0, 3]
        else:
            feature.update(physical_range=[0, 1], role="marker", note=NOTE)
    draft["limits"] = ["Multiplicateurs de la série 2 seulement."]
    path.write_text(json.dumps(draft, ensure_ascii=False), "utf-8")


def write_files(folder: Path) -> Path:
    """Write ``model.joblib`` and ``mesures.csv`` into a folder, and return it."""
    table = measurements()
    table.to_csv(folder / "mesures.csv", index=False)
    joblib.dump(fitted(table), folder / "model.joblib", compress=3)
    return folder
