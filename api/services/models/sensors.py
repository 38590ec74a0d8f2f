"""The sensor catalogue: EnergiTech's sensors, then those that stored models declare."""

from __future__ import annotations

from api.domain.measurements.known_sensors import KNOWN_SENSORS
from api.domain.measurements.sensors import Sensor, sensor_catalogue
from api.inference.serving.manifest import FeatureSpec
from api.inference.serving.store import ModelStore


def catalogue_of(store: ModelStore) -> dict[str, Sensor]:
    """Build the catalogue: one sensor per measured column, read by a model today or not."""
    declared = list(KNOWN_SENSORS.values())
    declared += [sensor_of(spec, (m.name,)) for m in store.manifests() for spec in m.features]
    return sensor_catalogue(declared)


def sensor_of(spec: FeatureSpec, readers: tuple[str, ...] = ()) -> Sensor:
    """Build the sensor of a feature; ``readers`` are the models that cannot answer without it."""
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
