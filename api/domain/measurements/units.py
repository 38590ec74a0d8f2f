"""Units of files, and signs that a column is not in the unit that it should have.

Conversion factors are exact: the international definitions of the mile, the knot and the thermodynamic scales
(BIPM, The International System of Units, 9th edition, 2019, §2.3 and table 8; NIST SP 811, appendix B).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from statistics import median

from api.domain.measurements.sensors import Sensor
from api.schemas import french

ENOUGH_VALUES = 5
"""With fewer, a column's median shows nothing of its unit."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """From a file's unit to the cockpit's: ``(value + before) × factor + after``, in exact decimals."""

    source: str
    unit: str
    factor: Decimal
    before: Decimal = Decimal(0)
    after: Decimal = Decimal(0)

    def value(self, number: Decimal) -> Decimal:
        """Return a number in the cockpit's unit."""
        return (number + self.before) * self.factor + self.after

    def text(self, number: str) -> str:
        """Convert a number written as text; other texts are returned unchanged."""
        try:
            decimal = Decimal(number)
        except InvalidOperation:
            return number
        return str(self.value(decimal)) if decimal.is_finite() and abs(decimal.adjusted()) < 300 else number


_CONVERSIONS = (
    Conversion("K", "°C", Decimal(1), before=Decimal("-273.15")),
    Conversion("°F", "°C", Decimal(5) / Decimal(9), before=Decimal(-32)),
    Conversion("km/h", "m/s", Decimal(1) / Decimal("3.6")),
    Conversion("mph", "m/s", Decimal("0.44704")),
    Conversion("kn", "m/s", Decimal(1852) / Decimal(3600)),
    Conversion("MW", "kW", Decimal(1000)),
    Conversion("W", "kW", Decimal("0.001")),
    Conversion("%", "", Decimal("0.01")),
)
_SPELLINGS = {
    "c": "°C", "degc": "°C", "celsius": "°C", "°c": "°C", "k": "K", "kelvin": "K",
    "f": "°F", "degf": "°F", "°f": "°F", "fahrenheit": "°F", "m/s": "m/s", "ms-1": "m/s", "m.s-1": "m/s",
    "km/h": "km/h", "kmh": "km/h", "kph": "km/h", "mph": "mph", "kn": "kn", "kt": "kn", "nœuds": "kn",
    "kw": "kW", "mw": "MW", "w": "W",
    "rpm": "tr/min", "tr/min": "tr/min", "min-1": "tr/min", "1/min": "tr/min",
}  # fmt: skip


SPELLED = frozenset(_SPELLINGS)
"""Every spelling of a unit that the cockpit knows, in lower case."""


def spelled(unit: str) -> str:
    """Return a unit as the cockpit spells it: ``degC``, ``celsius`` and ``°c`` are the same."""
    return _SPELLINGS.get(unit.strip().casefold(), unit.strip())


def known_units(unit: str) -> list[str]:
    """Return the units that can be converted into this one, itself first."""
    return [unit, *(each.source for each in _CONVERSIONS if each.unit == unit)]


def conversion(source: str, unit: str) -> Conversion | None:
    """Return the conversion of a file's unit to the cockpit's; None where there is none."""
    wanted = spelled(source)
    if wanted == unit:
        return Conversion(unit, unit, Decimal(1))
    return next((each for each in _CONVERSIONS if (each.source, each.unit) == (wanted, unit)), None)


@dataclass(frozen=True, slots=True)
class _Usual:
    """The range of the median of a column's non-zero values (without sign), and the limit of 19 in 20."""

    low: float
    high: float
    top: float


_USUAL: Mapping[str, _Usual] = {
    # Turbines stop at 25 m/s (the usual cut-out); 40 m/s is well into a hurricane (Beaufort 12: 32.7).
    "wind_speed": _Usual(0.3, 25.0, 40.0),
    # Gearboxes are stopped at about 80 °C of oil (ISO 81400-4); EnergiTech's nacelles reach 86.5 °C.
    "temperature": _Usual(0.0, 85.0, 110.0),
    # A turbine that runs in a breeze gives more than 30 kW, and none gives more than 26 MW (Dongfang, 2025):
    # below 30 with wind, the figures are megawatts.
    "power_output": _Usual(30.0, 20_000.0, 20_000.0),
}
_WIND, _POWER, _BREEZE = "wind_speed", "power_output", 5.0  # m/s: below it, little power is no surprise


def doubts(sensors: Sequence[Sensor], values: Mapping[str, Sequence[float]]) -> dict[str, str]:
    """Return the columns that look like another unit's, by sensor, with the French reason and remedy.

    Args:
        sensors: those of the file.
        values: some numbers of each column as the file has them, by sensor name.
    """
    reasons = {sensor.name: doubt(sensor, values.get(sensor.name, ())) for sensor in sensors}
    wind, power = ([abs(v) for v in values.get(name, ()) if v] for name in (_WIND, _POWER))
    if wind and power and median(wind) < _BREEZE and median(power) < _USUAL[_POWER].low:
        reasons[_POWER] = None
    return {name: reason for name, reason in reasons.items() if reason is not None}


def doubt(sensor: Sensor, values: Sequence[float]) -> str | None:
    """Say why a column looks like another unit's, in French with the remedy; None where it looks right.

    Args:
        sensor: whose column it is.
        values: some of the column's numbers as the file has them, in any order.
    """
    magnitudes = [abs(value) for value in values if value]
    if sensor.dtype == "binary" or len(magnitudes) < ENOUGH_VALUES:
        return None
    middle, top = median(magnitudes), sorted(magnitudes)[(19 * (len(magnitudes) - 1)) // 20]
    if _usual(sensor, middle, top):
        return None
    likely = [
        each.source
        for each in _CONVERSIONS
        if each.unit == sensor.unit
        and _usual(sensor, float(each.value(Decimal(middle))), float(each.value(Decimal(top))))
    ]
    unit = f" {sensor.unit}" if sensor.unit else ""
    guess = (
        f"peut-être en {' ou '.join(likely)}"
        if likely
        else "sans doute une autre unité ou une autre grandeur"
    )
    remedy = (
        f"donnez l’unité de la colonne dans une correspondance, par exemple {likely[0]}"
        if likely
        else "vérifiez la colonne et son unité"
    )
    return (
        f"valeur médiane {french.exact(middle, 4)}, invraisemblable pour {sensor.label.lower()}"
        f" en{unit or ' cette unité'} : {guess}. Rien n’est converti sans qu’on le dise : {remedy},"
        " ou confirmez que ces valeurs sont justes."
    )


def _usual(sensor: Sensor, middle: float, top: float) -> bool:
    low, high = sensor.physical
    if (low is not None and middle < low) or (high is not None and middle > high):
        return False
    usual = _USUAL.get(sensor.name)
    return usual is None or (usual.low <= middle <= usual.high and top <= usual.top)
