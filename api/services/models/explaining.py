"""Explains each probability by its drivers: how much each feature moves it from the model's base."""

from __future__ import annotations

from collections.abc import Sequence

from api.domain.models.drivers import Driver, direction_of
from api.services.models.active_models import ActiveModels, ServedModel
from api.services.models.measurement_model import Reading
from api.services.models.outputs import Floats, matrix_of


def drivers(readings: Sequence[Reading], models: ActiveModels) -> tuple[float | None, list[list[Driver]]]:
    """Compute the drivers of each reading, strongest first.

    Returns:
        The base probability and one list of drivers per reading; their sum is the published probability minus
        the base. None and empty lists if the model has no background rows.
    """
    served = models.require()
    explained = served.model.explain(matrix_of(served, readings)) if readings else None
    if explained is None:
        return None, [[] for _ in readings]
    rows = zip(readings, explained.contributions, strict=True)
    return explained.base, [_drivers_of(served, reading, row) for reading, row in rows]


def _drivers_of(served: ServedModel, reading: Reading, contributions: Floats) -> list[Driver]:
    listed = [
        Driver(
            feature=spec.name,
            label=spec.label,
            value=reading.values.get(spec.name),
            unit=spec.unit,
            contribution=amount,
            direction=direction_of(amount),
            marker=spec.role == "marker",
            dtype=spec.dtype,
            note=spec.note,
        )
        for spec, amount in zip(served.model.manifest.features, contributions.tolist(), strict=True)
    ]
    return sorted(listed, key=lambda driver: -abs(driver.contribution))
