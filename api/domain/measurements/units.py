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


@dataclass(frozen=True, slots=True)
class _Unit:
    """A unit: its quantity in French, and the way to the first unit of that quantity."""

    name: str
    quantity: str
    factor: Decimal = Decimal(1)
    before: Decimal = Decimal(0)
    spellings: tuple[str, ...] = ()


_TEMPERATURE, _SPEED, _POWER_OF, _TURNS = "une température", "une vitesse", "une puissance", "une rotation"
_PRESSURE, _ENERGY, _ACCELERATION = "une pression", "une énergie", "une accélération"
_ANGLE, _SHARE, _REACTIVE = "un angle", "une part", "une puissance réactive"
_TABLE = (
    _Unit("°C", _TEMPERATURE, spellings=("c", "degc", "celsius")),
    _Unit("K", _TEMPERATURE, before=Decimal("-273.15"), spellings=("kelvin", "kelvins", "°k", "degk")),
    _Unit("°F", _TEMPERATURE, Decimal(5) / Decimal(9), Decimal(-32), ("f", "degf", "fahrenheit")),
    _Unit("m/s", _SPEED, spellings=("ms-1", "m.s-1", "mps", "m/sec")),
    _Unit("km/h", _SPEED, Decimal(1) / Decimal("3.6"), spellings=("kmh", "kph", "km.h-1", "kmh-1")),
    _Unit("mph", _SPEED, Decimal("0.44704"), spellings=("mi/h",)),
    _Unit(
        "kn", _SPEED, Decimal(1852) / Decimal(3600),
        spellings=("kt", "kts", "knot", "knots", "nœud", "nœuds", "noeud", "noeuds"),
    ),
    _Unit("ft/s", _SPEED, Decimal("0.3048"), spellings=("fps",)),
    _Unit("mm/s", _SPEED, Decimal("0.001"), spellings=("mm.s-1",)),
    _Unit("kW", _POWER_OF),
    _Unit("MW", _POWER_OF, Decimal(1000)),
    _Unit("W", _POWER_OF, Decimal("0.001"), spellings=("watt", "watts")),
    _Unit("GW", _POWER_OF, Decimal(1_000_000)),
    _Unit("tr/min", _TURNS, spellings=("rpm", "r.p.m.", "min-1", "1/min", "u/min", "r/min")),
    _Unit("tr/s", _TURNS, Decimal(60), spellings=("rps", "r/s")),
    _Unit("rad/s", _TURNS, Decimal("9.549296585513720146133025802")),
    _Unit("Hz", "une fréquence"),
    _Unit("bar", _PRESSURE, spellings=("bars",)),
    _Unit("mbar", _PRESSURE, Decimal("0.001")),
    _Unit("hPa", _PRESSURE, Decimal("0.001")),
    _Unit("kPa", _PRESSURE, Decimal("0.01")),
    _Unit("MPa", _PRESSURE, Decimal(10)),
    _Unit("Pa", _PRESSURE, Decimal("0.00001")),
    _Unit("kWh", _ENERGY),
    _Unit("MWh", _ENERGY, Decimal(1000)),
    _Unit("GWh", _ENERGY, Decimal(1_000_000)),
    _Unit("Wh", _ENERGY, Decimal("0.001")),
    _Unit("m/s²", _ACCELERATION, spellings=("m/ss", "m.s-2")),
    _Unit("mm/s²", _ACCELERATION, Decimal("0.001"), spellings=("mm/ss",)),
    _Unit("g", _ACCELERATION, Decimal("9.80665")),
    _Unit("mg", _ACCELERATION, Decimal("0.00980665")),
    _Unit("V", "une tension"),
    _Unit("kV", "une tension", Decimal(1000)),
    _Unit("A", "un courant", spellings=("amp", "amps", "ampere", "ampère")),
    _Unit("kA", "un courant", Decimal(1000)),
    _Unit("kvar", _REACTIVE),
    _Unit("Mvar", _REACTIVE, Decimal(1000)),
    _Unit("kVA", "une puissance apparente"),
    _Unit("MVA", "une puissance apparente", Decimal(1000)),
    _Unit("°", _ANGLE, spellings=("deg", "degre", "degré", "degres", "degrés", "degree", "degrees")),
    _Unit("rad", _ANGLE, Decimal("57.29577951308232087679815481")),
    _Unit("", _SHARE),
    _Unit("%", _SHARE, Decimal("0.01"), spellings=("pct", "percent", "pourcent")),
)  # fmt: skip
_TYPED = str.maketrans({"²": "2", "⁻": "-", "¹": "1", "·": ".", "⋅": ".", "º": "°", "˚": "°", "ᵒ": "°"})


def _key(text: str) -> str:
    return "".join(text.split()).casefold().translate(_TYPED)


_KEYED = {_key(name): unit for unit in _TABLE if unit.name for name in (unit.name, *unit.spellings)}
_PURE = next(unit for unit in _TABLE if not unit.name)


def _unit(text: str) -> _Unit | None:
    return _KEYED.get(_key(text)) if text.strip() else _PURE


def is_unit(text: str) -> bool:
    """Tell whether a text is a unit that the cockpit knows, whatever its spelling."""
    return _key(text) in _KEYED


def quantity(text: str) -> str | None:
    """Return the quantity of a unit, in French with its article; None where the unit is not known."""
    known = _KEYED.get(_key(text))
    return None if known is None else known.quantity


def spelled(unit: str) -> str:
    """Return a unit as the cockpit spells it: ``degC``, ``celsius`` and ``°c`` are the same."""
    known = _KEYED.get(_key(unit))
    return unit.strip() if known is None else known.name


def known_units(unit: str) -> list[str]:
    """Return the units that can be converted into this one, itself first."""
    own = _unit(unit)
    others = [each.name for each in _TABLE if own and each.quantity == own.quantity and each is not own]
    return [unit, *filter(None, others)]


def conversion(source: str, unit: str) -> Conversion | None:
    """Return the conversion of a file's unit to the cockpit's; None where there is none."""
    if spelled(source) == spelled(unit):
        return Conversion(unit, unit, Decimal(1))
    given, wanted = _unit(source), _unit(unit)
    if given is None or wanted is None or given.quantity != wanted.quantity:
        return None
    return Conversion(given.name, unit, given.factor / wanted.factor, given.before, -wanted.before)


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
        for each in filter(None, (conversion(name, sensor.unit) for name in known_units(sensor.unit)[1:]))
        if _usual(sensor, float(each.value(Decimal(middle))), float(each.value(Decimal(top))))
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
    low_half = _usual(sensor, middle, middle)
    statistic = (
        f"une valeur sur vingt dépasse {french.exact(top, 4)}"
        if low_half
        else f"valeur médiane {french.exact(middle, 4)}"
    )
    return (
        f"{statistic}, invraisemblable pour {sensor.label.lower()}"
        f" en{unit or ' cette unité'} : {guess}. Rien n’est converti sans qu’on le dise : {remedy},"
        " ou confirmez que ces valeurs sont justes."
    )


def _usual(sensor: Sensor, middle: float, top: float) -> bool:
    low, high = sensor.physical
    if (low is not None and middle < low) or (high is not None and middle > high):
        return False
    usual = _USUAL.get(sensor.name)
    return usual is None or (usual.low <= middle <= usual.high and top <= usual.top)
