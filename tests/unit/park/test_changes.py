"""Changes between two runs: what is shown, what is told once, and why."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.domain.models.drivers import Driver
from api.domain.park.change_causes import Cause, CauseCode, replacement, sensor_cause, sentence
from api.domain.park.changes import DAYS_MARGIN, MARGIN, Assessment, State, event_of, kind_of
from api.domain.policy.levels import SEVERITY, TimeToFailure, assess
from api.domain.policy.risk_policy import RiskPolicy
from api.schemas.vocabulary import ChangeKind, DataStatus, RiskLevel
from tests.support.park.scored import driver
from tests.support.words import plain

POLICY = RiskPolicy()
OK = DataStatus.OK
BOUNDS = {
    RiskLevel.CRITIQUE: (POLICY.critical_from, 1.0),
    RiskLevel.ELEVE: (POLICY.threshold, POLICY.critical_from),
    RiskLevel.MODERE: (POLICY.moderate_from, POLICY.threshold),
}
BELOW = {
    RiskLevel.CRITIQUE: RiskLevel.ELEVE,
    RiskLevel.ELEVE: RiskLevel.MODERE,
    RiskLevel.MODERE: RiskLevel.FAIBLE,
}
STATUSES = st.sampled_from([DataStatus.OK, DataStatus.DOUTEUX])


def assessed(probability: float, status: DataStatus = OK, days: TimeToFailure | None = None) -> Assessment:
    risk = assess(POLICY, probability, days, status)
    return Assessment(State(risk.level, status), probability, days)


def events(first: State | None, history: list[Assessment]) -> list[ChangeKind]:
    """Every event that a sequence of days tells."""
    told, found = first, []
    for day in history:
        kind, level = event_of(told, day, POLICY)
        told = State(level, day.state.status)
        found += [kind] if kind else []
    return found


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (("faible", "ok"), ("faible", "ok"), None),
        (("faible", "ok"), ("critique", "ok"), ChangeKind.ENTREE_CRITIQUE),
        (("modere", "perime"), ("critique", "ok"), ChangeKind.ENTREE_CRITIQUE),
        (("critique", "ok"), ("eleve", "ok"), ChangeKind.SORTIE_CRITIQUE),
        (("critique", "ok"), ("modere", "non_evalue"), ChangeKind.NON_EVALUE),
        (("critique", "ok"), ("critique", "perime"), ChangeKind.PERIME),
        (("modere", "perime"), ("modere", "perime"), None),
        (("modere", "perime"), ("faible", "ok"), ChangeKind.RETOUR),
        (("critique", "perime"), ("critique", "douteux"), ChangeKind.RETOUR),
        (("faible", "ok"), ("modere", "douteux"), ChangeKind.HAUSSE),
        (("modere", "ok"), ("modere", "douteux"), None),
        (("eleve", "ok"), ("modere", "ok"), ChangeKind.BAISSE),
    ],
)
def test_kind_of__two_states(
    before: tuple[str, str], after: tuple[str, str], kind: ChangeKind | None
) -> None:
    states = [State(RiskLevel(level), DataStatus(status)) for level, status in (before, after)]
    assert kind_of(*states) is kind


@given(data=st.data(), level=st.sampled_from(list(BOUNDS)))
def test_events__any_sequence_inside_the_margins__makes_at_most_one(
    data: st.DataObject, level: RiskLevel
) -> None:
    bound, beyond = BOUNDS[level]
    inside = st.floats(MARGIN * bound, beyond, exclude_max=True)
    days = [assessed(p, s) for p, s in data.draw(st.lists(st.tuples(inside, STATUSES), max_size=30))]
    told = State(data.draw(st.sampled_from([level, BELOW[level]])), OK)
    assert len(events(told, days)) <= 1


@given(st.lists(st.floats(POLICY.urgent_days - 3, POLICY.urgent_days + DAYS_MARGIN), max_size=30))
def test_events__days_left_that_waver_around_the_urgent_bound__make_at_most_one(days: list[float]) -> None:
    history = [assessed(0.001, days=TimeToFailure(left)) for left in days]
    assert len(events(State(RiskLevel.MODERE, OK), history)) <= 1


@given(st.lists(st.tuples(st.floats(0, 1), STATUSES), max_size=30))
def test_told_level__is_never_under_the_risk_and_never_held_beyond_the_margin(
    history: list[tuple[float, DataStatus]],
) -> None:
    told: State | None = None
    for probability, status in history:
        _, level = event_of(told, assessed(probability, status), POLICY)
        told = State(level, status)
        lower = {name: bound for name, (bound, _) in BOUNDS.items()}
        reached = [name for name, bound in lower.items() if probability >= bound]
        assert SEVERITY[level] >= max([SEVERITY[name] for name in reached], default=0)
        if level in lower:
            assert probability >= MARGIN * lower[level] * (1 - 1e-12)


def test_events__an_oscillation_of_twenty_days__is_one() -> None:
    wavering = [assessed(POLICY.threshold * (0.9 if day % 2 else 1.1)) for day in range(20)]
    assert events(State(RiskLevel.MODERE, OK), wavering) == [ChangeKind.HAUSSE]


def test_events__a_real_fall_and_a_real_return__are_told() -> None:
    history = [assessed(p) for p in (0.4, 0.01, 0.4, 0.01)]
    assert (
        events(State(RiskLevel.FAIBLE, OK), history)
        == [
            ChangeKind.ENTREE_CRITIQUE,
            ChangeKind.SORTIE_CRITIQUE,
        ]
        * 2
    )


def test_events__a_sensor_in_doubt_every_other_day__is_no_change_of_risk() -> None:
    flickering = [assessed(0.001, DataStatus.DOUTEUX if day % 2 else OK) for day in range(20)]
    assert events(State(RiskLevel.FAIBLE, OK), flickering) == []


def test_events__silence__is_told_once_and_keeps_the_level_told() -> None:
    gone = Assessment(State(RiskLevel.MODERE, DataStatus.NON_EVALUE), None)
    kind, level = event_of(State(RiskLevel.CRITIQUE, OK), gone, POLICY)
    assert (kind, level) == (ChangeKind.NON_EVALUE, RiskLevel.CRITIQUE)
    assert events(State(RiskLevel.CRITIQUE, OK), [gone, gone, gone, assessed(0.5)]) == [
        ChangeKind.NON_EVALUE,
        ChangeKind.RETOUR,
    ]


def test_events__a_new_turbine__is_told_only_when_critical() -> None:
    assert event_of(None, assessed(0.4), POLICY)[0] is ChangeKind.ENTREE_CRITIQUE
    assert event_of(None, assessed(0.1), POLICY)[0] is None


def weight(feature: str, value: float | None, contribution: float, **more: Any) -> Driver:
    return driver(feature, value=value, contribution=contribution, **more)


def test_sensor_cause__names_what_moved_most_towards_the_level() -> None:
    before = [weight("vibration", 2.1, 0.01), weight("vent", 9.0, 0.05), weight("puissance", 5.0, 0.0)]
    after = [weight("vibration", 4.8, 0.20), weight("vent", 3.0, -0.30), weight("puissance", 5.0, 0.40)]
    rise, fall = (sensor_cause(before, after, rising=up) for up in (True, False))
    assert rise is not None and fall is not None
    assert (rise.feature, rise.before, rise.after) == ("vibration", 2.1, 4.8)
    assert fall.feature == "vent"
    assert sensor_cause(before, before, rising=True) is None


def test_sensor_cause__keeps_what_the_sentence_needs_of_the_sensor() -> None:
    before, after = weight("frein", 0.0, 0.0), weight("frein", 1.0, 0.2, marker=True, dtype="binary")
    found = sensor_cause([before], [after], rising=True)
    assert found is not None
    assert (found.label, found.unit, found.marker, found.binary) == (after.label, after.unit, True, True)


@pytest.mark.parametrize(
    ("cause", "told"),
    [
        (
            Cause(CauseCode.CAPTEUR, label="Niveau de vibration", unit="mm/s", before=2.1, after=4.8),
            "Niveau de vibration : passage de 2,1 à 4,8 mm/s (+2,7 mm/s).",
        ),
        (
            Cause(CauseCode.CAPTEUR, label="Température", unit="°C", before=-1.0, after=-3.52),
            "Température : passage de −1,0 à −3,5 °C (−2,5 °C).",
        ),
        (
            Cause(CauseCode.CAPTEUR, label="Vibration", before=2.111, after=2.113),
            "Vibration : passage de 2,111 à 2,113 (+0,002).",
        ),
        (
            Cause(CauseCode.CAPTEUR, label="Puissance", unit="kW", before=1540.4, after=1210.0),
            "Puissance : passage de 1 540 à 1 210 kW (−330 kW).",
        ),
        (
            Cause(
                CauseCode.CAPTEUR, label="Intervention récente", before=0, after=1, marker=True, binary=True
            ),
            "Intervention récente : passage de non à oui (indice, pas une cause).",
        ),
        (
            Cause(CauseCode.PERIMEE, before=7, after=9),
            "Mesure devenue trop ancienne : 9 jours (limite : 7 jours).",
        ),
        (Cause(CauseCode.RETOUR, on="2024-12-30"), "De nouveau mesurée le 30/12/2024."),
        (
            Cause(CauseCode.POLITIQUE, before=1, after=2),
            "Politique de risque modifiée entre les deux calculs : v1 → v2.",
        ),
        (
            Cause(CauseCode.DELAI, before=12.34, after=6.5),
            "Temps avant panne estimé : passage de 12,3 à 6,5 jours (−5,8 jours).",
        ),
    ],
)
def test_sentence__says_the_figures_as_france_writes_them(cause: Cause, told: str) -> None:
    assert plain(sentence(Cause.of_stored(cause.as_stored()))) == told


@pytest.mark.parametrize("code", list(CauseCode))
def test_sentence__every_code__has_one_even_without_figures(code: CauseCode) -> None:
    assert sentence(Cause(code)).endswith(".")


def model(version: int, sha256: str, task: str = "classification") -> dict[str, object]:
    return {"task": task, "name": "risque", "version": version, "sha256": sha256}


def test_replacement__model_first_then_policy() -> None:
    one, two = model(1, "a"), model(2, "b")
    changed = replacement([one], [two], 1, 2)
    assert changed is not None
    assert sentence(changed) == "Modèle remplacé entre les deux calculs : risque v1 → risque v2."
    policy = replacement([one], [one], 1, 2)
    assert policy is not None
    assert policy.code is CauseCode.POLITIQUE
    assert replacement([one], [one], 1, 1) is None
    lost = replacement([one, model(1, "c", "regression")], [one], 1, 1)
    assert lost is not None
    assert lost.code is CauseCode.MODELE
