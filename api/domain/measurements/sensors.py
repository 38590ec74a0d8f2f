"""The sensors that the cockpit knows: quantity, unit and physical limits of each.

The manifests of the models feed the catalogue at run time, so that a model that reads another sensor changes
no table and no code.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from api.domain.shared.exceptions import Conflict

Dtype = Literal["float", "int", "binary"]
_FROM_STRICT_TO_LAX: tuple[Dtype, ...] = ("binary", "int", "float")


@dataclass(frozen=True, slots=True)
class Sensor:
    """A column of measurements.

    Attributes:
        name: of the column and of the models' feature.
        label: French name for people.
        unit: of stored values; empty for a pure number.
        dtype: ``float``, ``int`` (whole numbers) or ``binary`` (0 or 1).
        physical: lowest and highest value that the machine can produce, in ``unit``; None where unbounded.
        used_by: the models that cannot answer without it.
        marker: it accompanies failures without causing them, so acting on it changes nothing.
        note: French sentence to read before interpreting it.
    """

    name: str
    label: str
    unit: str
    dtype: Dtype
    physical: tuple[float | None, float | None] = (None, None)
    used_by: tuple[str, ...] = ()
    marker: bool = False
    note: str = ""


ROUNDING = 1e-6
"""Share of a physical bound, or of 1, by which arithmetic alone may pass it.

Loggers compute in single precision (about 1e-7 of the figure) and subtract offsets: −1e-7 m/s is no wind.
"""


def _rounding(bound: float) -> float:
    return ROUNDING * max(1.0, abs(bound))


def within(value: float, physical: tuple[float | None, float | None]) -> float | None:
    """Return a value inside its physical bounds, the bound itself where rounding passed it; None outside."""
    low, high = physical
    if low is not None and value < low:
        return low if value >= low - _rounding(low) else None
    if high is not None and value > high:
        return high if value <= high + _rounding(high) else None
    return value


# What loggers and controllers write for « no answer »: nines, and the ends of 16-bit registers, whole or in
# tenths. 85 °C and 0 are codes of some sensors too, but a machine can produce them.
_ERROR_CODES = frozenset(
    {
        *(sign * (10.0**digits - 1) for digits in range(3, 9) for sign in (1, -1)),
        *(sign * (10.0**digits - 1) / 10 for digits in range(4, 6) for sign in (1, -1)),
        *(end / scale for end in (32767.0, -32768.0, 65535.0, -32767.0) for scale in (1, 10)),
    }
)


def is_error_code(value: float) -> bool:
    """Tell whether sensors or loggers write this number where they have no value.

    Only outside the physical limits does it prove anything.
    """
    return value in _ERROR_CODES


def repeated_codes(sensor: Sensor, values: Iterable[float]) -> frozenset[float]:
    """Return the impossible values that a column repeats, such as 205: codes of a sensor that did not answer.

    One that makes half of the column or more says something of the whole column, for example its unit.

    Args:
        sensor: whose column it is.
        values: numbers of the column, in any order.
    """
    counted = Counter(values)
    most = counted.total() / 2
    return frozenset(
        value
        for value, count in counted.items()
        if within(value, sensor.physical) is None and (is_error_code(value) or 2 <= count < most)
    )


SensorCatalogue = Callable[[], Mapping[str, Sensor]]
"""Returns every known sensor by name; imported models add theirs."""


def sensor_catalogue(declared: Iterable[Sensor]) -> dict[str, Sensor]:
    """Merge the declarations of several models into one sensor per name.

    Where declarations differ, the widest limits and the laxest type hold, so that no model's valid row is
    refused because of another model; labels are those of the first.

    Raises:
        Conflict: two models read the same column in different units, which no stored value can satisfy.
    """
    catalogue: dict[str, Sensor] = {}
    for sensor in declared:
        known = catalogue.get(sensor.name)
        catalogue[sensor.name] = sensor if known is None else _merged(known, sensor)
    return catalogue


def _merged(known: Sensor, other: Sensor) -> Sensor:
    if known.unit != other.unit:
        raise Conflict(
            f"Le capteur « {known.name} » est déclaré en « {known.unit} » par {_names(known)} et en"
            f" « {other.unit} » par {_names(other)} : alignez les unités dans les manifestes."
        )
    (low, high), (other_low, other_high) = known.physical, other.physical
    return replace(
        known,
        dtype=max(known.dtype, other.dtype, key=_FROM_STRICT_TO_LAX.index),
        physical=(
            None if low is None or other_low is None else min(low, other_low),
            None if high is None or other_high is None else max(high, other_high),
        ),
        used_by=tuple(dict.fromkeys(known.used_by + other.used_by)),
    )


def _names(sensor: Sensor) -> str:
    return ", ".join(sensor.used_by) or "un modèle"
