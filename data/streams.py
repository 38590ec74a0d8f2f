"""Random numbers that are the same on every machine and for every length of the simulation.

Only the raw uniforms of PCG64 are used: their bits are fixed, whereas NumPy may change the algorithms of its
distributions from version to version (NEP 19, compatibility policy of ``numpy.random``). Each purpose and
entity has its own stream with a fixed number of draws per day: simulating more days only reads further.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_TERMS = 12


class Stream(IntEnum):
    """Purposes of the streams; the numbers are part of the sample's definition and never change."""

    TURBINE = 1
    REGION = 2
    FARM = 3
    LIFE = 4
    PRESENCE = 5
    READING = 6


def uniforms(seed: int, stream: Stream, entity: int, days: int, width: int) -> FloatArray:
    """Return uniform draws in [0, 1), shape ``(days, width)``; the first rows do not depend on ``days``.

    Args:
        seed: seed of the whole sample, not negative.
        stream: purpose of the draws.
        entity: number of the turbine or farm (0 for the region).
        days: number of days.
        width: number of draws per day.
    """
    source = np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(int(stream), entity)))
    return np.random.Generator(source).random((days, width))


def normals(seed: int, stream: Stream, entity: int, days: int, width: int) -> FloatArray:
    """Return draws close to the standard normal, shape ``(days, width)``, within ±6.

    Each is a sum of twelve uniforms minus six (Irwin–Hall distribution: mean 0, variance 1). It needs only
    additions, and no logarithm, whose last bit differs between C libraries.
    """
    # The shifted entity gives another spawn key, so that these draws differ from the purpose's uniforms.
    flat = uniforms(seed, stream, 10_000 + entity, days, width * _TERMS)
    result: FloatArray = flat.reshape(days, width, _TERMS).sum(axis=2) - _TERMS / 2
    return result


def autoregressive(shocks: FloatArray, memory: float) -> FloatArray:
    """Return a first-order autoregressive series of unit variance from standard shocks, shape ``(days,)``.

    Args:
        shocks: standard normal draws, one per day.
        memory: correlation of one day with the next, between 0 and 1.
    """
    series = np.empty_like(shocks)
    level, weight = float(shocks[0]), (1 - memory * memory) ** 0.5
    series[0] = level
    for day in range(1, len(shocks)):
        level = memory * level + weight * float(shocks[day])
        series[day] = level
    return series
