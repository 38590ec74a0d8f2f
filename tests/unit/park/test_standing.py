"""Which days of the past stand when the models in force change."""

from __future__ import annotations

from typing import Any

import pytest

from api.domain.park.standing import stands

SIMULATED = {"name": "risque-panne-7j", "version": 1, "task": "classification"}
OWN = {"name": "classification", "version": 1, "task": "classification"}
NEXT = {"name": "classification", "version": 2, "task": "classification"}
DAYS = {"name": "regression", "version": 1, "task": "regression"}


@pytest.mark.parametrize(
    ("used", "in_force", "recomputed", "kept"),
    [
        ([OWN], [NEXT], False, True),  # seen by people as it was
        ([OWN], [NEXT], True, True),  # a better version does not rewrite the past
        ([OWN], [OWN, DAYS], False, True),
        ([OWN], [OWN, DAYS], True, False),  # nobody saw it, and days left are known now
        ([OWN, DAYS], [NEXT], True, True),
        ([SIMULATED], [OWN], False, False),
        ([SIMULATED, DAYS], [OWN, DAYS], True, False),
    ],
)
def test_day__stands_or_is_scored_again(
    used: list[dict[str, Any]], in_force: list[dict[str, Any]], recomputed: bool, kept: bool
) -> None:
    foreign = {("risque-panne-7j", 1)}
    assert stands(used, in_force, foreign=foreign, recomputed=recomputed) is kept
