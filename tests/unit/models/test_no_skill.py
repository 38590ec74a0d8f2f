"""Models without skill do not pass the gate."""

from __future__ import annotations

import pytest

from tests.support.models.no_skill import passing


@pytest.mark.slow  # trains
def test_models_without_skill__stay_out() -> None:
    """Twelve of the two hundred seeds that the command runs; two may pass by chance."""
    counted = passing(12)
    assert len(counted) == 10
    assert max(counted.values()) <= 2
    assert not any(passed for kind, passed in counted.items() if "médiane" in kind or "moyenne" in kind)
