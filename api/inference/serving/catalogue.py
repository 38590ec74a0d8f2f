"""The features that a model can read before anybody describes them: EnergiTech's sensors."""

from __future__ import annotations

from collections.abc import Mapping

from api.domain.measurements.known_sensors import KNOWN_SENSORS
from api.domain.measurements.sensors import Sensor
from api.inference.serving.manifest import FeatureSpec, Task


def feature_of(sensor: Sensor) -> FeatureSpec:
    """Describe a model's feature as the sensor behind it."""
    return FeatureSpec(
        name=sensor.name,
        dtype=sensor.dtype,
        unit=sensor.unit,
        label=sensor.label,
        physical_range=sensor.physical,
        role="marker" if sensor.marker else "cause",
        note=sensor.note,
    )


CATALOGUE: Mapping[str, FeatureSpec] = {name: feature_of(sensor) for name, sensor in KNOWN_SENSORS.items()}

TARGETS: Mapping[Task, str] = {
    "classification": "failure_within_7d",
    "regression": "time_to_failure_days",
}


def unknown_sensor(name: str) -> FeatureSpec:
    """Return the plainest description of a feature that nobody has described yet."""
    return FeatureSpec(
        name=name,
        dtype="float",
        unit="",
        label=name,
        note="Variable non décrite : son libellé, son unité et ses bornes se donnent par --manifest.",
    )
