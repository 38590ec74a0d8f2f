"""The life of an intervention: the state table holds whatever is asked, and the journal tells all of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.domain.interventions.changes import apply_change, check_assigned
from api.domain.interventions.interventions import LIVING, Actor, CheckItem, Entry, Intervention, State
from api.domain.shared.exceptions import CockpitError, Conflict, InvalidInput, NotAllowed
from api.schemas.vocabulary import JournalAction, Priority, Skill, Verdict

TODAY = date(2024, 12, 30)
NOW = datetime(2024, 12, 30, 8, tzinfo=UTC)
MANAGER = Actor("compte:1", "manager", may_plan=True)
LEA, SAM = Actor("compte:2", "lea", may_plan=False), Actor("compte:3", "sam", may_plan=False)
# Written out by hand: the table under test must not be its own oracle.
FOLLOWS = {
    ("proposee", "planifiee"), ("proposee", "annulee"),
    ("planifiee", "en_cours"), ("planifiee", "annulee"),
    ("en_cours", "planifiee"), ("en_cours", "terminee"), ("en_cours", "annulee"),
}  # fmt: skip
CLOSING = {"verdict": Verdict.FAUSSE_ALERTE, "findings": "Rien d’anormal.", "downtime_hours": 0.0}
PROPOSED = Intervention(
    id=7, turbine="12", state=State.PROPOSEE, checklist=(CheckItem("Consigner."), CheckItem("Écouter."))
)
PLANNED = replace(PROPOSED, state=State.PLANIFIEE, planned_on=TODAY, assignee="lea")
STARTED = replace(PLANNED, state=State.EN_COURS, acknowledged_by="compte:2", started_at=NOW)


def apply(present: Intervention, actor: Actor = MANAGER, **asked: Any) -> tuple[Intervention, Entry]:
    return apply_change(present, {"version": present.version, **asked}, actor, NOW, TODAY)


def refused(present: Intervention, actor: Actor = MANAGER, **asked: Any) -> list[str]:
    with pytest.raises(InvalidInput) as told:
        apply(present, actor, **asked)
    assert all(error.message for error in told.value.errors)
    return [error.field for error in told.value.errors]


_DAYS = st.integers(-3, 40).map(lambda n: TODAY + timedelta(days=n))
_ASKED = st.fixed_dictionaries(
    {},
    optional={
        "state": st.sampled_from(State),
        "acknowledged": st.booleans(),
        "assignee": st.sampled_from([None, "lea", "sam"]),
        "planned_on": st.none() | _DAYS,
        "expected_hours": st.none() | st.floats(0.5, 100),
        "priority": st.none() | st.sampled_from(Priority),
        "skills": st.none() | st.lists(st.sampled_from(Skill), max_size=3),
        "checklist_done": st.lists(st.integers(0, 3), max_size=3),
        "verdict": st.sampled_from(Verdict),
        "findings": st.sampled_from(["  ", "Roulement usé."]),
        "downtime_hours": st.floats(0, 100),
        "done_on": _DAYS,
        "comment": st.sampled_from([" ", "Givre sur la route."]),
    },
)
_CLOSES = st.just({"state": State.TERMINEE, **CLOSING})
_WALKS = st.sampled_from(
    [
        {"state": State.PLANIFIEE, "planned_on": TODAY, "assignee": "lea"},
        {"state": State.EN_COURS},
        {"state": State.ANNULEE, "comment": "Doublon."},
    ]
)
_STEPS = st.lists(
    st.tuples(_ASKED | _WALKS | _CLOSES, st.sampled_from([MANAGER, LEA, SAM]), st.integers(0, 9)),
    max_size=14,
)


@given(_STEPS)
def test_any_sequence__keeps_to_the_state_table_and_the_journal_tells_it_all(
    steps: list[tuple[dict[str, Any], Actor, int]],
) -> None:
    present = PROPOSED
    told: dict[str, Any] = {}
    for asked, actor, stale in steps:
        version = present.version - (stale == 0)
        try:
            after, entry = apply_change(present, {**asked, "version": version}, actor, NOW, TODAY)
        except CockpitError:
            continue  # refused: ``present`` is frozen, so nothing of it changed
        assert stale, "a version that is not the present one was let through"
        assert after.version == present.version + 1
        if after.state is not present.state:
            assert (present.state.value, after.state.value) in FOLLOWS
        assert present.state in LIVING
        assert actor.may_plan or present.assignee == actor.pseudonym
        for field, (before, _) in entry.changes.items():
            assert told.get(field, before) == before, "the journal has a hole"
        told |= {field: pair[1] for field, pair in entry.changes.items()}
        present = after
    for field in ("state", "assignee", "planned_on", "expected_hours", "verdict", "findings", "done_on"):
        value = getattr(present, field)
        shown = value.isoformat() if isinstance(value, date) else value
        assert told.get(field, getattr(PROPOSED, field)) == shown
    if present.state is State.TERMINEE:
        assert present.verdict is not None
        assert (present.findings or "").strip()
        assert present.downtime_hours is not None
        assert present.downtime_hours >= 0
        assert present.done_on is not None
        assert present.done_on <= TODAY
    else:
        assert present.verdict is None


def test_whole_way__each_step_is_told() -> None:
    planned, first = apply(PROPOSED, state=State.PLANIFIEE, planned_on=TODAY, assignee="lea")
    read, second = apply(planned, LEA, acknowledged=True, comment="J’y vais à 9 h.")
    started, third = apply(read, LEA, state=State.EN_COURS)
    ticked, fourth = apply(started, LEA, checklist_done=[1])
    closed, fifth = apply(ticked, LEA, state=State.TERMINEE, **CLOSING)

    actions = [entry.action for entry in (first, second, third, fourth, fifth)]
    assert actions == ["planification", "prise_en_compte", "demarrage", "modification", "cloture"]
    assert (read.acknowledged_by, read.acknowledged_at) == ("compte:2", NOW)
    assert second.comment == "J’y vais à 9 h."
    assert fourth.changes == {"checklist": ([], ["Écouter."])}
    assert (closed.closed_by, closed.done_on, closed.version) == ("compte:2", TODAY, 6)
    assert fifth.changes["verdict"] == (None, "fausse_alerte")


def test_closing__demands_verdict_findings_and_downtime() -> None:
    assert refused(STARTED, LEA, state=State.TERMINEE) == ["verdict", "findings", "downtime_hours"]
    assert refused(STARTED, LEA, state=State.TERMINEE, **{**CLOSING, "findings": "  "}) == ["findings"]
    late = TODAY + timedelta(days=1)
    assert refused(STARTED, LEA, state=State.TERMINEE, **CLOSING, done_on=late) == ["done_on"]
    assert refused(STARTED, LEA, verdict=Verdict.AUTRE_CAUSE) == ["verdict"]


@pytest.mark.parametrize(
    ("present", "asked", "fields"),
    [
        (PROPOSED, {"state": State.EN_COURS}, ["state"]),
        (PROPOSED, {"state": State.PLANIFIEE}, ["planned_on"]),
        (PROPOSED, {"state": State.PLANIFIEE, "planned_on": date(2024, 12, 29)}, ["planned_on"]),
        (PROPOSED, {"acknowledged": True}, ["acknowledged"]),
        (PLANNED, {"state": State.TERMINEE, **CLOSING}, ["state"]),
        (PLANNED, {"state": State.ANNULEE}, ["comment"]),
        (PLANNED, {"planned_on": None}, ["planned_on"]),
        (PLANNED, {"priority": None}, ["priority"]),
        (PLANNED, {"checklist_done": [2]}, ["checklist_done"]),
        (PLANNED, {}, [""]),
        (PLANNED, {"assignee": "lea"}, [""]),
        (replace(PLANNED, assignee=None), {"state": State.EN_COURS}, ["assignee"]),
    ],
)
def test_what_does_not_hold__is_refused_naming_the_field(
    present: Intervention, asked: dict[str, Any], fields: list[str]
) -> None:
    assert refused(present, **asked) == fields


def test_day_already_planned__does_not_hinder_other_changes_once_it_has_passed() -> None:
    late = replace(PLANNED, planned_on=TODAY - timedelta(days=2))
    assert apply(late, LEA, state=State.EN_COURS)[0].state is State.EN_COURS


def test_stale_version_and_ended__are_conflicts_that_say_what_to_do() -> None:
    with pytest.raises(Conflict, match=r"n° 7 a changé depuis votre lecture \(version 1, vous aviez la 3\)"):
        apply_change(PLANNED, {"version": 3, "comment": "x"}, MANAGER, NOW, TODAY)
    closed, _ = apply(STARTED, LEA, state=State.TERMINEE, **CLOSING)
    with pytest.raises(Conflict, match="terminée : elle ne change plus"):
        apply(closed, comment="encore")


@pytest.mark.parametrize(
    ("present", "actor", "asked"),
    [
        (PLANNED, SAM, {"acknowledged": True}),
        (PLANNED, SAM, {"comment": "vu"}),
        (replace(PLANNED, assignee=None), SAM, {"comment": "vu"}),
        (PLANNED, LEA, {"assignee": "sam"}),
        (PLANNED, LEA, {"planned_on": TODAY}),
        (PLANNED, LEA, {"priority": Priority.BASSE}),
        (PLANNED, LEA, {"state": State.ANNULEE, "comment": "pas le temps"}),
        (replace(PROPOSED, assignee="lea", planned_on=TODAY), LEA, {"state": State.PLANIFIEE}),
    ],
)
def test_technician__works_on_their_own_and_plans_nothing(
    present: Intervention, actor: Actor, asked: dict[str, Any]
) -> None:
    with pytest.raises(NotAllowed):
        apply(present, actor, **asked)


def test_reassigned__the_new_one_has_not_read_it() -> None:
    after, entry = apply(replace(PLANNED, acknowledged_by="compte:2", acknowledged_at=NOW), assignee="sam")
    assert (after.acknowledged_by, after.acknowledged_at) == (None, None)
    assert entry.action is JournalAction.MODIFICATION
    check_assigned(after, SAM)
    with pytest.raises(NotAllowed, match="« lea »"):
        check_assigned(after, LEA)


def test_interrupted__goes_back_to_planned_and_may_start_again() -> None:
    paused, entry = apply(STARTED, LEA, state=State.PLANIFIEE, comment="Trop de vent.")
    again, _ = apply(paused, LEA, state=State.EN_COURS)
    assert entry.action is JournalAction.SUSPENSION
    assert again.started_at == STARTED.started_at
