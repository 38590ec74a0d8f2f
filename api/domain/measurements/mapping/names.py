"""The names under which other systems write the cockpit's columns, in French and in English.

They serve proposals only: nothing is imported by a name that a person has not read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from api.domain.measurements.column_map import split_unit, unit_in
from api.domain.measurements.columns import DATE, DAYS_LEFT, FAILURE, HOUR, TURBINE
from api.domain.measurements.mapping.shape import TURBINE_MARK
from api.domain.measurements.sensors import Sensor
from api.domain.measurements.units import is_unit

COLUMNS: Mapping[str, tuple[str, ...]] = {
    DATE: (
        "date and time", "date time", "datetime", "date heure", "date et heure", "time stamp", "timestamp",
        "horodatage", "date measure", "date de mesure", "measured at", "pc time stamp", "zeitstempel", "jour",
        "date", "time", "utc",
    ),
    HOUR: ("heure", "hour", "heures", "time", "uhrzeit", "time of day"),
    TURBINE: (
        "turbine id", "turbine name", "turbine", "wind turbine name", "eolienne", "machine", "wtg", "wea",
        "nom eolienne", "asset", "asset name", "unit", "device", "device name", "aerogenerateur",
    ),
    FAILURE: ("failure within 7d", "panne sous 7 jours"),
    DAYS_LEFT: ("time to failure days", "jours avant panne"),
}  # fmt: skip
_SENSORS: Mapping[str, tuple[str, ...]] = {
    "wind_speed": (
        "wind speed", "windspeed", "vitesse du vent", "vitesse vent", "vent", "wind", "windgeschwindigkeit",
    ),
    "vibration_level": (
        "vibration level", "niveau de vibration", "vibration", "vibrations", "drive train acceleration",
        "tower acceleration",
    ),
    "temperature": (
        "nacelle temperature", "temperature nacelle", "temperature de la nacelle", "nac temp", "nacelle temp",
        "temp nacelle", "t nacelle", "gondeltemperatur", "temperature", "temp",
    ),
    "power_output": (
        "grd prod pwr", "power output", "active power", "puissance active", "puissance delivree", "puissance",
        "power", "wirkleistung", "leistung", "p active",
    ),
    "maintenance_done": (
        "maintenance done", "intervention recente", "maintenance", "intervention", "wartung",
    ),
}  # fmt: skip
_AVERAGES = frozenset({"avg", "average", "mean", "moy", "moyenne", "moyen", "mittel"})
_OTHERS = (
    "max maximum min minimum std stddev sd deviation ecart type setpoint consigne target potential est code"
    " theoretical theorique expected estimated reactive reactif apparent direction dir density forecast"
    " prevision long lost loss pertes ambient amb outside exterieure ext exterior air gear generator gen cos"
    " bearing rotor rtr oil hub phase transformer trafo total counter compteur available disponible status"
    " factor facteur grid reference relative availability"
)
_OTHER_QUANTITY = frozenset(_OTHERS.split())
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_LONG_WORD = re.compile(r"[^\W\d]{3}")
_WORD = re.compile(r"[a-z0-9]+")


def words(name: str) -> list[str]:
    """Return a header's words in lower case, without accents, unit and brackets."""
    base, bracket = split_unit(name)
    unit_only = bracket is not None and (is_unit(bracket) or not _LONG_WORD.search(bracket))
    text = (base if unit_only else name).replace(TURBINE_MARK, " ")
    plain = unicodedata.normalize("NFKD", _CAMEL.sub(" ", text)).encode("ascii", "ignore").decode().casefold()
    found = _WORD.findall(plain)
    stated = unit_in(name)
    return [word for word in found if word != (stated or "").casefold()] or found


def likeness(name: str, phrases: Sequence[str]) -> float:
    """Return how well a header fits one of these phrases; 0 or less where it names something else."""
    heard = words(name)
    best = 0.0
    for rank, phrase in enumerate(phrases):
        wanted = phrase.split()
        starts = range(len(heard) - len(wanted) + 1)
        at = next((at for at in starts if heard[at : at + len(wanted)] == wanted), None)
        if at is None:
            continue
        others = heard[:at] + heard[at + len(wanted) :]
        averages = sum(word in _AVERAGES for word in others)
        # « Amb » before a wind speed is the wind's own place; before a temperature it is another one.
        foreign = sum(word in _OTHER_QUANTITY and not (word == "amb" and "wind" in wanted) for word in others)
        score = (
            10 * len(wanted) - 2 * (len(others) - averages) + 3 * bool(averages) - 20 * foreign - rank / 10
        )
        if len(wanted) == 1 and len(others) - averages > 2:
            score -= 10
        best = max(best, score)
    return best


def phrases_of(sensor: Sensor) -> tuple[str, ...]:
    """Return the phrases that name a sensor: its own name and label, then those of other systems."""
    own = (" ".join(words(sensor.name)), " ".join(words(sensor.label)))
    return (*own, *_SENSORS.get(sensor.name, ()))
