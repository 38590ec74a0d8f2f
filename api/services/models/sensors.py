"""The sensor catalogue: EnergiTech's own sensors, then what every stored model declares."""

from __future__ import annotations

from api.domain.measurements.known_sensors import KNOWN_SENSORS
from api.domain.measurements.sensors import Sensor, sensor_catalogue
from api.inference.serving.manifest import FeatureSpec
from api.inference.serving.store import ModelStore


def catalogue_of(store: ModelStore) -> dict[str, Sensor]:
    """One sensor per column that is a measurement, whether or not a model reads it today."""
    declared = list(KNOWN_SENSORS.values())
    declared += [sensor_of(spec, (m.name,)) for m in store.manifests() for spec in m.features]
    return sensor_catalogue(declared)


def sensor_of(spec: FeatureSpec, readers: tuple[str, ...] = ()) -> Sensor:
    """The sensor behind a model's feature; ``readers`` are the models that cannot answer without it."""
    return Sensor(
        spec.name,
        spec.label,
        spec.unit,
        spec.dtype,
        spec.physical_range,
        readers,
        marker=spec.role == "marker",
        note=spec.note,
    )
