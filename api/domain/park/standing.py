"""Which published days of the past stand when the models in force change."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

Version = tuple[str, int]
"""Name and number of a model version."""


def versions_of(models: Sequence[Mapping[str, Any]]) -> frozenset[Version]:
    """Return the versions in a run's description of its models."""
    return frozenset((model["name"], model["version"]) for model in models)


def stands(
    used: Sequence[Mapping[str, Any]],
    in_force: Sequence[Mapping[str, Any]],
    *,
    foreign: Collection[Version],
    recomputed: bool,
) -> bool:
    """Tell whether a published day still belongs to the park's history.

    A day that people saw as it was scored then stays so, whichever version replaced its models since. Only
    the other park's models disqualify it. A recomputed day, which nobody saw, must also use every task that
    has a model now.

    Args:
        used: the day's models, as its run describes them.
        in_force: the models in force, described alike.
        foreign: versions that belong to another park.
        recomputed: whether the day was scored after the fact.
    """
    if versions_of(used) & set(foreign):
        return False
    return not recomputed or {model["task"] for model in used} >= {model["task"] for model in in_force}
