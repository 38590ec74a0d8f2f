"""The part of each feature in a probability, and which feature is named first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Direction = Literal["hausse", "baisse", "neutre"]
NEUTRAL = 5e-4  # under a twentieth of a point, a driver has no direction worth telling


@dataclass(frozen=True)
class Driver:
    """How much one feature moves the probability away from the model's base.

    Args:
        feature: its column.
        label: its French name.
        value: measured, in ``unit``; None where it is missing.
        unit: of the value.
        contribution: Shapley value [points of probability / 100].
        direction: of the contribution, see :func:`direction_of`.
        marker: the feature accompanies failures without causing them.
        dtype: ``float``, ``int``, or ``binary`` for yes and no.
        note: what to know before the driver is interpreted.
    """

    feature: str
    label: str
    value: float | None
    unit: str
    contribution: float
    direction: Direction
    marker: bool = False
    dtype: str = "float"
    note: str = ""


def direction_of(contribution: float) -> Direction:
    """Return where a contribution moves the probability."""
    if abs(contribution) < NEUTRAL:
        return "neutre"
    return "hausse" if contribution > 0 else "baisse"


def main_driver(found: Sequence[Driver]) -> Driver | None:
    """Return the driver to name first: the cause that raises most, else a raising marker, else the strongest.

    A marker accompanies failures without causing them, so it is no reason to act as long as a cause speaks.

    Args:
        found: strongest first.
    """
    rising = [driver for driver in found if driver.direction == "hausse"]
    causes = [driver for driver in rising if not driver.marker]
    return next(iter(causes or rising or found), None)
