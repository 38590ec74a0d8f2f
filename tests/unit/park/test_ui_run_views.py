"""A scoring under way in words, and its bar."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from api.schemas.park import Run
from tests.support.words import plain
from ui.park import run_views

AT = datetime(2024, 12, 30, 6, tzinfo=UTC)


def run(**changed: Any) -> Run:
    fields: dict[str, Any] = {
        "run_id": 7, "kind": "manuel", "as_of": date(2024, 12, 30), "status": "en_cours",
        "requested_by": "Ada", "created_at": AT, "started_at": AT, "finished_at": None, "duration_s": None,
        "total": 10_000, "done": 0, "phase": None, "failed": 0, "models": [], "policy_version": None,
        "error": None,
    }  # fmt: skip
    return Run(**{**fields, **changed})


def test_share__never_goes_back_from_the_first_phase_to_the_end() -> None:
    shares = [run_views.share(run(status="en_attente"))]
    for phase in run_views.PHASES:
        shares += [run_views.share(run(phase=phase, done=done)) for done in (0, 2_500, 10_000)]
    assert shares == sorted(shares)
    assert shares[0] == 0.0
    assert shares[-1] == pytest.approx(1.0)
    assert run_views.share(run(phase="lecture", total=0)) == 0.0


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"status": "en_attente"}, "en attente de son tour"),
        ({"phase": "lecture", "total": 0}, "étape 1 sur 5, lecture des mesures."),
        ({"phase": "evaluation", "done": 2_500}, "étape 2 sur 5, évaluation, 2 500 turbines sur 10 000."),
        ({"phase": "evaluation", "done": 1, "cancel_asked_by": "compte:4"}, "annulation demandée"),
    ],
)
def test_progress__names_the_phase_and_the_turbines(changed: dict[str, Any], words: str) -> None:
    told = plain(run_views.progress_words(run(**changed)))
    assert words in told
    assert told.endswith("Vous pouvez quitter cette page, il continue.")
    assert "compte:4" not in told
