"""Interventions in words: complete vocabularies, dates from the cockpit's day, a journal that reads."""

from __future__ import annotations

from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

import pytest

from api.schemas import french
from api.schemas.common import FieldChange
from api.schemas.interventions import (
    Intervention,
    InterventionPrecision,
    JournalEntry,
    Proposals,
    VerdictFigures,
)
from api.schemas.vocabulary import (
    Effect,
    InterventionOrigin,
    InterventionState,
    JournalAction,
    Priority,
    Skill,
    Verdict,
)
from tests.support.words import plain
from ui.interventions import proposal_views, views

TODAY = date(2024, 12, 30)
NOW = datetime(2024, 12, 30, 8, tzinfo=UTC)


def item(**changes: Any) -> Intervention:
    plain: dict[str, Any] = dict.fromkeys(Intervention.model_fields)
    plain |= {
        "id": 7, "turbine_id": "12", "state": "planifiee", "origin": "recommandation", "priority": "haute",
        "skills": ["mecanique"], "planned_on": TODAY, "expected_hours": 4, "assignee": "lea", "checklist": [],
        "has_photo": False, "created_at": NOW, "created_by": "chef", "version": 2,
        "opened_at_level": "critique", "opened_at_probability": 0.51,
    }  # fmt: skip
    return Intervention.model_validate({**plain, **changes})


@pytest.mark.parametrize(
    ("words", "vocabulary"),
    [
        (views.STATES, InterventionState),
        (views.SIGNS, InterventionState),
        (views.ORIGINS, InterventionOrigin),
        (views.PRIORITIES, Priority),
        ({skill: skill.words for skill in Skill}, Skill),
        (views.VERDICTS, Verdict),
        (views.VERDICT_MEANINGS, Verdict),
        (views.EFFECTS, Effect),
        (views.ACTIONS, JournalAction),
    ],
)
def test_vocabulary__every_word_of_the_contract_has_its_own_french(
    words: dict[Enum, str], vocabulary: type[Enum]
) -> None:
    assert set(words) == set(vocabulary)
    assert len(set(words.values())) == len(words)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "aujourd’hui, 30/12/2024"),
        ({"planned_on": date(2025, 1, 1)}, f"01/01/2025 (dans 2{french.NBSP}jours)"),
        ({"planned_on": date(2024, 12, 29)}, f"29/12/2024 (en retard de 1{french.NBSP}jour)"),
        ({"planned_on": None}, "sans date"),
        ({"done_on": TODAY}, "le 30/12/2024"),
        ({"done_on": TODAY, "dismissed_until": date(2025, 1, 6)}, "jusqu’au 06/01/2025"),
    ],
)
def test_day__is_told_from_the_cockpit_s_day(changes: dict[str, Any], words: str) -> None:
    assert views.when_words(item(**changes), TODAY) == words


def test_state__a_dismissed_alert_is_not_a_cancelled_intervention() -> None:
    ended = {"state": InterventionState.ANNULEE, "done_on": TODAY}

    assert plain(views.state_words(item(**ended))) == "✕ Annulée"
    assert plain(views.state_words(item(**ended, dismissed_until=date(2025, 1, 6)))) == "✕ Écartée"


def test_plan_and_opening__in_one_line_each() -> None:
    told = views.plan_words(item(), TODAY)
    assert told.endswith(f"affectée à lea · priorité haute · prévue pour 4{french.NBSP}h · mécanique")
    assert "à affecter" in views.plan_words(item(assignee=None), TODAY)
    closed = item(state="terminee", done_on=TODAY, verdict="fausse_alerte", downtime_hours=0)
    assert views.plan_words(closed, TODAY) == f"le 30/12/2024 · fausse alerte · 0{french.NBSP}h d’arrêt"
    assert views.opening_words(item()).endswith(f"(51{french.THIN}% de probabilité de panne à 7 jours).")
    assert views.opening_words(item(reason="Bruit.")).endswith("« Bruit. »")
    assert views.effect_words(item()) == ""
    assert views.effect_words(item(effect="rechute")).startswith("Rechute")


def test_journal__newest_first_with_before_and_after() -> None:
    def entry(action: str, comment: str | None, *changes: tuple[str, Any, Any]) -> JournalEntry:
        told = [FieldChange(field=f, before=b, after=a) for f, b, a in changes]
        return JournalEntry(at=NOW, by="lea", action=action, changes=told, comment=comment)

    lines = views.journal_lines(
        [
            entry("planification", None, ("planned_on", None, "2024-12-30"), ("priority", "haute", "basse")),
            entry("cloture", "Voilà.", ("verdict", None, "fausse_alerte"), ("closed_by", None, "lea")),
        ]
    )

    when = "30/12/2024 à 09:00 · lea"
    assert lines == [
        f"{when} · clôturée (verdict : Fausse alerte) : « Voilà. »",
        f"{when} · planifiée (jour prévu : 30/12/2024 ; priorité : Haute → Basse)",
    ]


def test_precision__says_its_interval_or_that_nothing_decides() -> None:
    none = {"counts": dict.fromkeys(Verdict, 0), "confirmed": 0, "false_alerts": 0}
    empty = VerdictFigures(**none, precision=None, low=None, high=None)
    silent = InterventionPrecision(**empty.model_dump(), on_alert=empty)
    assert views.precision_facts(silent)[0][1:] == (french.NOTHING, "aucun verdict ne tranche encore")
    some = silent.model_copy(
        update={"confirmed": 4, "false_alerts": 3, "precision": 4 / 7, "low": 0.25, "high": 0.842}
    )
    _, value, interval = views.precision_facts(some)[0]
    assert (value, interval.startswith(f"de 25{french.THIN}% à 84,2{french.THIN}%")) == (
        f"57,1{french.THIN}%",
        True,
    )
    assert views.precision_facts(some)[1][1] == "4"


@pytest.mark.parametrize(
    ("alerts", "answered", "total", "words"),
    [
        (7, 6, 1, "6 ont déjà une réponse, 1 reste à décider."),
        (7, 0, 7, "30/12/2024, 7 restent à décider."),
        (1, 1, 0, "1 a déjà une réponse, 0 reste à décider."),
        (3, 2, 2, "2 ont déjà une réponse, 2 restent à décider, dont 1 hors alerte."),
    ],
)
def test_to_decide__accounts_for_every_turbine_in_alert(
    alerts: int, answered: int, total: int, words: str
) -> None:
    counts = {"alerts": alerts, "answered_total": answered, "total": total}
    written = proposal_views.to_decide_words(Proposals(**counts, items=[], as_of=TODAY, today=TODAY))
    assert words in written
    assert ("confirmé" in written) is (total > 0)
