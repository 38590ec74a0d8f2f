"""How many turbines carry each finding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from api.domain.plausibility.trust import Finding


def turbines_by_code(findings_of_turbines: Iterable[Iterable[Finding]]) -> Counter[str]:
    """Count the turbines per code, each once however many of its sensors are concerned.

    Args:
        findings_of_turbines: for each turbine.
    """
    turbines: Counter[str] = Counter()
    for findings in findings_of_turbines:
        turbines.update({finding.code for finding in findings})
    return turbines
