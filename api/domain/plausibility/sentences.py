"""The French sentence of each finding: the sensor, its value and unit, and what to check."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from api.domain.measurements.sensors import Sensor
from api.domain.plausibility.limits import DEFAULT, POWER, STOPPED, VIBRATION, WIND, Implausible, Limits
from api.domain.plausibility.table import day_of
from api.schemas import french

Figures = Mapping[str, float]
_UNNAMED = {
    WIND: Sensor(WIND, "Vitesse du vent", "m/s", "float"),
    POWER: Sensor(POWER, "Puissance délivrée", "kW", "float"),
    VIBRATION: Sensor(VIBRATION, "Niveau de vibration", "u.a.", "float"),
}


def sentence(
    code: str, sensor: str, figures: Figures, sensors: Mapping[str, Sensor], limits: Limits = DEFAULT
) -> str:
    """Return the French sentence of a finding.

    Args:
        code: of the finding.
        sensor: name of the sensor in doubt.
        figures: the verdict's figures for this row.
        sensors: the catalogue, for labels and units.
        limits: of the rules.
    """
    return _SENTENCES[code](_Words(sensors, limits), sensor, figures)


class _Words:
    """Labels and quantities as the catalogue spells them."""

    def __init__(self, sensors: Mapping[str, Sensor], limits: Limits) -> None:
        self._sensors = sensors
        self.limits = limits

    def label(self, sensor: str) -> str:
        return self._known(sensor).label

    def quantity(self, sensor: str, value: float, digits: int = 2) -> str:
        """Write ``12.50`` m/s as « 12,5 m/s »: at most ``digits`` decimals, no trailing zero."""
        return french.quantity(value, self._known(sensor).unit, digits)

    def wind(self, figures: Figures) -> str:
        """Write « vent 12,5 m/s », or that the wind is missing."""
        wind = figures["wind"]
        return "vent non mesuré" if math.isnan(wind) else f"vent {self.quantity(WIND, wind)}"

    def span(self, sensor: str, figures: Figures) -> str:
        """Write « de 400 kW à 1 040 kW », within what is physically possible."""
        lowest, highest = self._known(sensor).physical
        low = figures["low"] if lowest is None else max(figures["low"], lowest)
        high = figures["high"] if highest is None else min(figures["high"], highest)
        digits = 0 if high >= 100 else 1
        return f"de {self.quantity(sensor, low, digits)} à {self.quantity(sensor, high, digits)}"

    def _known(self, sensor: str) -> Sensor:
        return self._sensors.get(sensor) or _UNNAMED.get(sensor) or Sensor(sensor, sensor, "", "float")


def _stuck(words: _Words, sensor: str, figures: Figures) -> str:
    return (
        f"{words.label(sensor)} : {words.quantity(sensor, figures['value'])}, inchangé sur "
        f"{french.counted(int(figures['readings']), 'mesure')} depuis le "
        f"{french.date(day_of(figures['since']))}. "
        "Vérifiez le capteur : il paraît figé."
    )


def _zero_vibration(words: _Words, sensor: str, figures: Figures) -> str:
    power = figures["power"]
    state = f"la turbine délivre {words.quantity(POWER, power)}" if power > 0 else "la turbine est en service"
    return (
        f"{words.label(sensor)} : {words.quantity(sensor, figures['value'])} alors que {state} "
        f"({words.wind(figures)}). Une machine qui tourne vibre toujours : vérifiez le capteur de vibration "
        "et son câble."
    )


def _power_without_wind(words: _Words, sensor: str, figures: Figures) -> str:
    limit = words.quantity(WIND, words.limits.cut_in)
    below = "" if figures["wind"] <= 0 else f", sous le vent de démarrage ({limit}),"
    return (
        f"{words.label(sensor)} : {words.quantity(WIND, figures['wind'])}{below} alors que la turbine "
        f"délivre {words.quantity(POWER, figures['power'])}. Vérifiez l’anémomètre (givre, câble), puis la "
        "mesure de puissance."
    )


def _wind_without_power(words: _Words, sensor: str, figures: Figures) -> str:
    return (
        f"{words.label(sensor)} : {words.quantity(sensor, figures['power'])} par un vent de "
        f"{words.quantity(WIND, figures['wind'])}. Vérifiez la mesure de puissance ; si la turbine est à "
        "l’arrêt, déclarez cet arrêt."
    )


def _standing_still(words: _Words, sensor: str, figures: Figures) -> str:
    return (
        f"La turbine paraît à l’arrêt : {words.quantity(sensor, figures['power'])} par un vent de "
        f"{words.quantity(WIND, figures['wind'])}, et une vibration de repos "
        f"({words.quantity(VIBRATION, figures['vibration'])}). Si cet arrêt est voulu, déclarez-le."
    )


def _zero_power(words: _Words, sensor: str, figures: Figures) -> str:
    return (
        f"{words.label(sensor)} : exactement {words.quantity(sensor, 0.0)} ({words.wind(figures)}) alors que "
        f"la vibration, {words.quantity(VIBRATION, figures['vibration'])}, est celle d’une machine qui "
        "tourne. Vérifiez la mesure de puissance, ou que la turbine était arrêtée faute de vent."
    )


def _off_curve(words: _Words, sensor: str, figures: Figures) -> str:
    return (
        f"{words.label(sensor)} : {words.quantity(sensor, figures['power'])} par un vent de "
        f"{words.quantity(WIND, figures['wind'])}, où son passé et celui du parc font attendre "
        f"{words.quantity(sensor, figures['expected'], 0)} ({words.span(sensor, figures)}). Vérifiez "
        "l’anémomètre et la mesure de puissance, ou un bridage en cours."
    )


def _temperature(words: _Words, sensor: str, figures: Figures) -> str:
    return (
        f"{words.label(sensor)} : {words.quantity(sensor, figures['value'])}, là où "
        f"{words.quantity(sensor, figures['expected'], 0)} se déduit d’après le passé de cette turbine, la "
        f"saison et la charge ({words.span(sensor, figures)}). Vérifiez la sonde ; si la valeur se "
        "confirme, le refroidissement."
    )


def _jump(words: _Words, sensor: str, figures: Figures) -> str:
    return (
        f"{words.label(sensor)} : {words.quantity(sensor, figures['value'])}, loin des dernières mesures de "
        f"cette turbine ({words.quantity(sensor, figures['expected'])}) et de tout son passé "
        f"({words.span(sensor, figures)}). Vérifiez le capteur et sa fixation ; si la valeur se confirme, la "
        "machine."
    )


def _silent(words: _Words, sensor: str, figures: Figures) -> str:
    gap, rhythm = figures["gap"], ""
    if not math.isnan(gap):
        rhythm = f", alors que cette turbine se tait rarement plus de {french.days(round(gap))}"
    return (
        f"Aucune mesure depuis {french.days(round(figures['age']))} (dernière le "
        f"{french.date(day_of(figures['last_day']))}){rhythm}. Vérifiez la transmission et l’alimentation "
        "des capteurs ; si la turbine est à l’arrêt, déclarez cet arrêt."
    )


_SENTENCES: Mapping[str, Callable[[_Words, str, Figures], str]] = {
    Implausible.STUCK: _stuck,
    Implausible.ZERO_VIBRATION: _zero_vibration,
    Implausible.POWER_WITHOUT_WIND: _power_without_wind,
    Implausible.WIND_WITHOUT_POWER: _wind_without_power,
    Implausible.ZERO_POWER: _zero_power,
    Implausible.OFF_CURVE: _off_curve,
    Implausible.TEMPERATURE: _temperature,
    Implausible.JUMP: _jump,
    Implausible.SILENT: _silent,
    STOPPED: _standing_still,
}
