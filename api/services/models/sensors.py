"""The sensor catalogue: EnergiTech's sensors, then those of the models that serve or are tried."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import Connection

from api.domain.measurements.known_sensors import KNOWN_SENSORS
from api.domain.measurements.sensors import Sensor, sensor_catalogue
from api.domain.shared.exceptions import Conflict
from api.inference.serving.manifest import FeatureSpec, Manifest
from api.inference.serving.store import ModelStore
from api.storage.models import activations, retirements, shadow
from api.storage.shared.database import Database


def catalogue_of(connection: Connection, store: ModelStore) -> dict[str, Sensor]:
    """Build the catalogue: one sensor per measured column.

    It rests on what serves and on the candidates in shadow. A version that nobody activated only adds columns
    that nothing else reads, so that they can be measured before it serves: it changes no known sensor.
    """
    rows = [*activations.active(connection).values(), *shadow.living(connection).values()]
    serving, out = {(row.name, row.version) for row in rows}, retirements.every(connection)
    stored = [m for m in store.manifests() if (m.name, m.version) not in out]
    declared = [*KNOWN_SENSORS.values(), *_declared(m for m in stored if (m.name, m.version) in serving)]
    catalogue = sensor_catalogue(declared)
    for sensor in _declared(m for m in stored if (m.name, m.version) not in serving):
        catalogue.setdefault(sensor.name, replace(sensor, used_by=()))
    return catalogue


def current_catalogue(database: Database, store: ModelStore) -> dict[str, Sensor]:
    """Build the catalogue from a read of its own."""
    with database.read() as connection:
        return catalogue_of(connection, store)


def check_units(connection: Connection, store: ModelStore, manifest: Manifest) -> None:
    """Refuse a version that reads a column in another unit than the cockpit stores.

    Raises:
        Conflict: it names the columns and both units.
    """
    known = catalogue_of(connection, store)
    wrong = [
        f"« {spec.name} » en « {spec.unit} » au lieu de « {known[spec.name].unit} »"
        for spec in manifest.features
        if spec.name in known and known[spec.name].unit != spec.unit
    ]
    if wrong:
        raise Conflict(
            f"{manifest.name} lit {', '.join(wrong)} : corrigez l’unité dans le manifeste (--manifest), ou "
            "réentraînez-le. Si c’est une version rangée qui déclare mal ce capteur, retirez-la par "
            "« models retire »."
        )


def _declared(manifests: Iterable[Manifest]) -> list[Sensor]:
    return [sensor_of(spec, (m.name,)) for m in manifests for spec in m.features]


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
