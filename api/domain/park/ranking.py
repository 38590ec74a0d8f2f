"""The order of the ranking: most urgent first."""

from __future__ import annotations

from collections.abc import Iterable

from api.domain.measurements.measurements import natural_key


def ranked(scores: Iterable[tuple[str, float]]) -> list[str]:
    """Return turbines from the most to the least urgent.

    Args:
        scores: (turbine_id, risk_score) pairs.

    Returns:
        turbine_ids by falling risk score, then in natural order.
    """
    return [turbine for turbine, _ in sorted(scores, key=lambda pair: (-pair[1], natural_key(pair[0])))]
