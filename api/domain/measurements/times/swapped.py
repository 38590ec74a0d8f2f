"""Signs that day and month changed places before the file was written."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from statistics import fmean

from api.schemas import french

_MONTHS = 12
_ENOUGH_DAYS = 24  # by chance, 24 days are all among the first twelve once in four billion files
_SPREAD = 6  # different days of the month, and different months
_WINTER, _SUMMER = frozenset({12, 1, 2}), frozenset({6, 7, 8})
_SEASON = 3.0  # °C between winter and summer: France has 15, a heated nacelle much less


def likely_swapped(days: Collection[date], temperatures: Iterable[tuple[date, float]]) -> str | None:
    """Say why a column of dates looks swapped, in French; None where it looks right.

    Where a program reads 03/04 as March, it refuses 13/04 and loses it: only the first twelve days of each
    month stay, spread over the whole year, and the temperature has no season any more.

    Args:
        days: the different days of the file.
        temperatures: some of its rows, day and temperature [°C].
    """
    if len(days) < _ENOUGH_DAYS or any(day.day > _MONTHS for day in days):
        return None
    if min(len({day.day for day in days}), len({day.month for day in days})) < _SPREAD:
        return None
    winter, summer = [], []
    for day, value in temperatures:
        if day.month in _WINTER:
            winter.append(value)
        elif day.month in _SUMMER:
            summer.append(value)
    if winter and summer and abs(fmean(summer) - fmean(winter)) >= _SEASON:
        return None
    return (
        f"les {french.counted(len(days), 'jour')} du fichier sont tous entre le 1 et le 12 du mois, sans"
        " saison visible : jour et mois ont sans doute été échangés avant l’export. Comparez une date avec la"
        " source."
    )
