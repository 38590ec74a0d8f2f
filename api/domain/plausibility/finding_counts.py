"""How many turbines carry each finding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from api.domain.plausibility.trust import Finding
from api.schemas.vocabulary import INDICATIVE


def turbines_by_code(findings_of_turbines: Iterable[Iterable[Finding]]) -> Counter[str]:
    """Count the turbines per code, each once however many of its sensors are concerned.

    That euros are indicative is true of all or of none, and says nothing of a turbine: it is not counted.

    Args:
        findings_of_turbines: for each turbine.
    """
    turbines: Counter[str] = Counter()
    for findings in findings_of_turbines:
        turbines.update({finding.code for finding in findings} - {INDICATIVE})
    return turbines
