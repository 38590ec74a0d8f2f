"""The line under the supervision's title: when, which version, and what comes next."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from api.schemas.supervision import CallStats, Supervision
from ui.operations.views import state_words

AT = datetime(2026, 11, 20, 6, 5, tzinfo=UTC)


def seen(version: str, next_run: str) -> Supervision:
    calls = CallStats(since=AT, calls=0, errors=0, refused=0, mean_ms=None, p95_ms=None)
    return Supervision(
        checked_at=AT, version=version, state="ok", checks=[], components=[], calls=calls, last_runs=[],
        alert_history=[], next_run=next_run,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("0.0.0", "version locale. Aucun calcul n’est prévu."),
        ("4f2a1c9", "version 4f2a1c9. Prochain calcul le 20/11/2026 à 07:05."),
    ],
)
def test_line__says_what_is_known_and_no_dash(version: str, words: str) -> None:
    told = state_words(seen(version, words.partition(". ")[2]))

    assert told.startswith("Vu le 20/11/2026 à 07:05, ")
    assert words in told
    assert "–" not in told
