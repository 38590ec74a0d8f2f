"""Random numbers that are the same everywhere, and the same whatever the length of the simulation.

Only the raw uniforms of PCG64 are used: NumPy lets the algorithms of its distributions change from version
to version (NEP 19, compatibility policy of ``numpy.random``), while the bits of PCG64 are fixed. Each purpose
and entity has its own stream, read day after day with a fixed number of draws per day: simulating more days
only reads further.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_TERMS = 12


class Stream(IntEnum):
    """What a stream of draws is for; the numbers are part of the sample's definition and never change."""

    TURBINE = 1
    REGION = 2
    FARM = 3
    LIFE = 4
    PRESENCE = 5
    READING = 6


def uniforms(seed: int, stream: Stream, entity: int, days: int, width: int) -> FloatArray:
    """Uniform draws in [0, 1), shape ``(days, width)``; the first rows do not depend on ``days``.

    Args:
        seed: seed of the whole sample, not negative.
        stream: what the draws are for.
        entity: number of the turbine or farm (0 for the region).
        days: number of days.
        width: number of draws per day.
    """
    source = np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(int(stream), entity)))
    return np.random.Generator(source).random((days, width))


def normals(seed: int, stream: Stream, entity: int, days: int, width: int) -> FloatArray:
    """Draws close to the standard normal, shape ``(days, width)``, within ±6.

    Sum of twelve uniforms minus six (Irwin–Hall distribution: mean 0, variance 1): additions only, hence no
    logarithm whose last bit differs from one C library to the next.
    """
    # A spawn key of its own (entity shifted) keeps these draws apart from the uniforms of the same purpose.
    flat = uniforms(seed, stream, 10_000 + entity, days, width * _TERMS)
    result: FloatArray = flat.reshape(days, width, _TERMS).sum(axis=2) - _TERMS / 2
    return result


def autoregressive(shocks: FloatArray, memory: float) -> FloatArray:
    """First-order autoregressive series of unit variance from standard shocks, shape ``(days,)``.

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
