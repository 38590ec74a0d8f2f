"""EnergiTech's sensors, known before any model is imported: the table to which a new sensor is added.

A model's manifest may declare others or describe these differently; the importer drafts manifests from this
table.
"""

from __future__ import annotations

from api.domain.measurements.sensors import Sensor

KNOWN_SENSORS = {
    sensor.name: sensor
    for sensor in (
        Sensor(
            name="wind_speed",
            dtype="float",
            unit="m/s",
            label="Vitesse du vent",
            # 70 m/s is the 50-year extreme gust of the strongest wind class, I (IEC 61400-1:2019, table 1:
            # reference speed 50 m/s, gust 1.4 times that).
            physical=(0.0, 75.0),
        ),
        Sensor(
            name="vibration_level",
            dtype="float",
            unit="u.a.",
            label="Niveau de vibration",
            # An arbitrary unit, 0 to 7 in EnergiTech's sample: only a gross error is certain to be false.
            physical=(0.0, 100.0),
        ),
        Sensor(
            name="temperature",
            dtype="float",
            unit="°C",
            label="Température nacelle",
            # Cold-climate turbines survive −40 °C (IEC 61400-1:2019 §14); no nacelle holds 200 °C unburnt.
            physical=(-60.0, 200.0),
        ),
        Sensor(
            name="power_output",
            dtype="float",
            unit="kW",
            label="Puissance délivrée",
            # Slightly negative is real: a stopped turbine draws its own consumption from the grid. The
            # largest machines deliver 15 to 20 MW, EnergiTech's 1.5.
            physical=(-200.0, 20_000.0),
        ),
        Sensor(
            name="maintenance_done",
            dtype="binary",
            unit="",
            label="Intervention récente",
            physical=(0.0, 1.0),
            marker=True,
            note=(
                "Indice, pas cause : on intervient sur les machines qui montrent déjà des signes. Une "
                "intervention récente accompagne donc un risque élevé sans le provoquer ; la cocher ou la "
                "décocher ne change rien à l’état de la machine."
            ),
        ),
    )
}

# Columns that hold the origin of a row or its outcome: never features. A model that reads an outcome, which
# is only known afterwards, would look perfect and be useless.
NOT_SENSORS = frozenset(
    {
        "turbine_id",
        "date_measure",
        "measured_at",
        "measured_on",
        "time_measure",
        "failure_within_7d",
        "time_to_failure_days",
        "technician_id",
        "planned_intervention_date",
        "source",
    }
)
