"""The driver to name first."""

from __future__ import annotations

import pytest

from api.domain.models.drivers import Driver, direction_of, main_driver


def driver(contribution: float, *, marker: bool = False) -> Driver:
    direction = direction_of(contribution)
    return Driver("x", "X", 1.0, "", contribution, direction, marker=marker)


FALLING, RISING, MARKER = driver(-0.3), driver(0.1), driver(0.2, marker=True)


@pytest.mark.parametrize(
    ("drivers", "named"),
    [
        ([], None),
        ([FALLING], None),
        ([FALLING, MARKER, RISING], MARKER),
        ([FALLING, RISING], RISING),
        ([driver(0.0001)], None),
    ],
)
def test_main_driver__is_the_largest_that_rises(drivers: list[Driver], named: Driver | None) -> None:
    assert main_driver(drivers) is named
