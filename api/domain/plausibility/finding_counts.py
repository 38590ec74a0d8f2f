"""How many turbines carry each finding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def turbines_by_code(found: Iterable[Sequence[Mapping[str, Any]]]) -> Counter[str]:
    """Turbines per code, a turbine counting once however many of its sensors are concerned.

    Args:
        found: the findings of each turbine, as a run stores them: ``code``, ``field``, ``message``.
    """
    turbines: Counter[str] = Counter()
    for findings in found:
        turbines.update({finding["code"] for finding in findings})
    return turbines
