"""The contribution of each feature to a probability, and the feature to name first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

Direction = Literal["hausse", "baisse", "neutre"]
NEUTRAL = 5e-4  # under a twentieth of a point, a driver has no direction worth showing


class Driver(NamedTuple):
    """The contribution of a feature to the distance between the probability and the model's base.

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
    """Return the direction of a contribution."""
    if abs(contribution) < NEUTRAL:
        return "neutre"
    return "hausse" if contribution > 0 else "baisse"


def main_driver(drivers: Sequence[Driver]) -> Driver | None:
    """Return the driver to name first: the largest rising contribution; None where none rises.

    Args:
        drivers: strongest first.
    """
    return next((driver for driver in drivers if driver.direction == "hausse"), None)
