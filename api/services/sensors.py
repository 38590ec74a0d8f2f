"""The sensor catalogue, fed by the manifests of every stored model."""

from __future__ import annotations

from api.domain.sensors import Sensor, sensor_catalogue
from api.inference.store import ModelStore


def catalogue_of(store: ModelStore) -> dict[str, Sensor]:
    """One sensor per feature name that some stored model reads."""
    return sensor_catalogue(
        Sensor(
            name=spec.name,
            label=spec.label,
            unit=spec.unit,
            dtype=spec.dtype,
            physical=spec.physical_range,
            used_by=(manifest.name,),
        )
        for manifest in store.manifests()
        for spec in manifest.features
    )
