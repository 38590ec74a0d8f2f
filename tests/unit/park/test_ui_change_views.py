"""Changes and queues in words, as the cockpit shows them."""

from __future__ import annotations

from typing import Any

import pytest

from api.schemas import french
from api.schemas.changes import DaysCoverage, LevelDifferences, ParkEvent, QueueCounts, SincePrevious
from api.schemas.vocabulary import ChangeKind, Queue, RiskLevel, SituationCode
from tests.support.ui_samples import item, park
from ui.park import change_views
from ui.park.views import View, park_frame

CHANGE = {"kind": "hausse", "previous_level": "modere", "sentence": "Vibration : passage de 2,1 à 4,8."}


def since(**changes: Any) -> SincePrevious:
    """A ranking beside that of the day before."""
    known = {
        "previous_run_id": 6,
        "previous_as_of": "2024-12-29",
        "levels": {"critique": 1, "eleve": -2, "modere": 0, "faible": 1},
        "events": {"baisse": 2, "entree_critique": 1},
    }
    return SincePrevious.model_validate(known | changes)


def event(**changes: Any) -> ParkEvent:
    """One event of the park."""
    known = {
        "as_of": "2024-12-30",
        "run_id": 7,
        "turbine_id": "12",
        "site": None,
        "farm": None,
        "kind": "sortie_critique",
        "previous_level": "critique",
        "risk_level": "eleve",
        "sentence": "Vibration : passage de 6,0 à 4,9.",
    }
    return ParkEvent.model_validate(known | changes)


def test_signs__tell_the_kinds_apart_without_colour() -> None:
    assert len({words.sign for words in change_views.KINDS.values()}) == len(ChangeKind)


def test_queues__each_has_its_words_and_its_count() -> None:
    assert all(queue.words and queue.meaning for queue in Queue)
    assert set(QueueCounts.model_fields) == {queue.value for queue in Queue}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (None, "–"),
        (CHANGE, "↑ depuis modéré"),
        (CHANGE | {"kind": "sortie_critique", "previous_level": "critique"}, "⇓ depuis critique"),
        (CHANGE | {"kind": "perime"}, "◌ mesure devenue trop ancienne"),
        (CHANGE | {"kind": "retour"}, "↺ de nouveau mesurée"),
    ],
)
def test_change_words__in_a_cell(change: dict[str, str] | None, told: str) -> None:
    assert change_views.change_words(item(change=change)) == told


def test_since_words__the_eve_or_an_older_day() -> None:
    day = item().measured_on
    assert day is not None
    assert change_views.since_words(since(), day) == "Depuis la veille (29/12/2024)"
    older = since(previous_as_of="2024-12-20")
    assert change_views.since_words(older, day) == "Depuis le 20/12/2024"
    assert change_views.elapsed_words(older, day) == f"en 10{french.NBSP}jours"


def test_events_words__most_urgent_first_and_counted() -> None:
    told = change_views.events_words(since()).replace(french.NBSP, " ")
    assert told == "1 entrée en critique · 2 baisses"
    assert change_views.events_words(since(events={})) == "aucun changement à signaler"


def test_differences__are_signed() -> None:
    levels = LevelDifferences(critique=1, eleve=-2, modere=0, faible=1)
    assert change_views.differences(levels) == {
        RiskLevel.CRITIQUE: "+1",
        RiskLevel.ELEVE: "−2",
        RiskLevel.MODERE: "=",
        RiskLevel.FAIBLE: "+1",
    }


def test_events_frame__one_row_each_with_both_levels_and_the_cause() -> None:
    frame = change_views.events_frame([event(), event(kind="perime", risk_level="modere")])
    assert list(frame["Changement"]) == [
        "⇓ sortie de critique : critique → élevé",
        "◌ mesure devenue trop ancienne (modéré)",
    ]
    assert list(frame["Cause"]) == [event().sentence] * 2
    assert list(change_views.events_frame([]).columns) == ["Turbine", "Changement", "Cause"]


def test_tabs__what_waits_for_a_decision_in_one_count_then_what_there_is() -> None:
    situations = {
        SituationCode.A_DECIDER: 2, SituationCode.TROP_TARD: 1, SituationCode.COUVERTE: 4,
        SituationCode.RIEN_A_FAIRE: 40, SituationCode.DONNEES_A_VERIFIER: 3,
    }  # fmt: skip
    known = park(situations=situations, queues=QueueCounts(a_verifier=3))
    assert list(change_views.tabs(known).values()) == [
        "À décider (3)", "Couverte (4)", "À vérifier (3)", "Modèles en désaccord (0)",
        "Visite depuis la mesure (0)",
    ]  # fmt: skip
    assert list(change_views.tabs(None).values()) == [
        "À décider", "À vérifier", "Modèles en désaccord", "Visite depuis la mesure",
    ]  # fmt: skip


def test_days_help__states_the_coverage_aimed_at_and_measured() -> None:
    told = change_views.days_help(DaysCoverage(target=0.8, measured=0.798, low=0.757, high=0.835))
    told = told.replace(french.THIN, " ")
    assert told.endswith("Couverture visée de l’intervalle : 80 % (mesurée : 80 %, de 76 % à 84 %).")
    assert "Couverture" not in change_views.days_help(None)


def test_view__a_queue_is_in_the_address_and_narrows() -> None:
    view = View(queue=Queue.DESACCORD)
    assert view.query() == {"file": "desaccord"}
    assert View.of({"file": "desaccord"}) == view
    assert View.of({"file": "autre"}) == View()
    assert view.asked()["queue"] == "desaccord"


def test_park_frame__shows_changes_only_where_there_are_some() -> None:
    assert "Changement" not in park_frame([item()])
    assert list(park_frame([item(), item(change=CHANGE)])["Changement"]) == ["–", "↑ depuis modéré"]
