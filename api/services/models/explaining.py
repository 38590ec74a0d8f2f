"""What moves each probability away from the model's base, in words and points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from api.schemas.predictions import Driver
from api.services.models.active_models import ActiveModels, ServedModel
from api.services.models.measurement_model import Reading
from api.services.models.outputs import Floats, matrix_of

NEUTRAL = 5e-4  # under a twentieth of a point, a driver has no direction worth telling


def drivers(readings: Sequence[Reading], models: ActiveModels) -> tuple[float | None, list[list[Driver]]]:
    """Drivers of each reading, strongest first.

    Returns:
        The base probability and one list of drivers per reading, which sum to the shown probability less the
        base; None and empty lists where the model carries no background to explain against.
    """
    served = models.require()
    explained = served.model.explain(matrix_of(served, readings)) if readings else None
    if explained is None:
        return None, [[] for _ in readings]
    rows = zip(readings, explained.contributions, strict=True)
    return explained.base, [_drivers_of(served, reading, row) for reading, row in rows]


def _drivers_of(served: ServedModel, reading: Reading, contributions: Floats) -> list[Driver]:
    found = [
        Driver(
            feature=spec.name,
            label=spec.label,
            value=reading.values.get(spec.name),
            unit=spec.unit,
            dtype=spec.dtype,
            contribution=float(amount),
            direction=_direction(float(amount)),
            marker=spec.role == "marker",
            note=spec.note,
        )
        for spec, amount in zip(served.model.manifest.features, contributions, strict=True)
    ]
    return sorted(found, key=lambda driver: -abs(driver.contribution))


def _direction(amount: float) -> Literal["hausse", "baisse", "neutre"]:
    if abs(amount) < NEUTRAL:
        return "neutre"
    return "hausse" if amount > 0 else "baisse"


def main_driver(found: Sequence[Driver]) -> Driver | None:
    """The driver to name first: the cause that raises most, else a marker that raises, else the strongest.

    A marker accompanies failures without causing them, so it is no reason to act as long as a cause speaks.
    """
    rising = [driver for driver in found if driver.direction == "hausse"]
    causes = [driver for driver in rising if not driver.marker]
    return next(iter(causes or rising or found), None)
