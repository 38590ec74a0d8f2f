"""The situation of a turbine: every combination against an independent table, then each bound."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest

from api.domain.interventions.interventions import State
from api.domain.park.situation import Case, Work, advice, last_day_in_time, situation_of
from api.domain.policy.levels import ALERTS, SEVERITY, TimeToFailure
from api.domain.policy.risk_policy import RiskPolicy
from api.schemas.vocabulary import DataStatus, Effect, RiskLevel, SituationCode
from tests.support.park.scored import scored

POLICY = RiskPolicy()
DAY = date(2024, 6, 30)
Code = SituationCode
HIGH, CRITICAL, CALM = RiskLevel.ELEVE, RiskLevel.CRITIQUE, RiskLevel.FAIBLE


def after(days: int) -> date:
    """Return the day so many days after that of the ranking."""
    return DAY + timedelta(days=days)


def case(level: RiskLevel = HIGH, *, today: date = DAY, **fields: Any) -> Case:
    """Return a turbine measured on the day of the ranking; ``fields`` are those of its score or its work."""
    work = {name: fields.pop(name) for name in ("living", "done", "dismissal") if name in fields}
    score = scored(1, **{"level": level, "probability": 0.3, "measured_on": DAY, **fields})
    return Case(score, DAY, today, **work)


def planned(days: int) -> Work:
    return Work(4, State.PLANIFIEE, planned_on=after(days))


LIVING = {
    "none": None,
    "proposed": Work(4, State.PROPOSEE),
    "soon": planned(1),
    "late": planned(30),
    "missed": planned(-1),
    "begun": Work(4, State.EN_COURS, planned_on=after(-9)),
}
DONE = {
    "none": None,
    **{
        f"{when}-{effect}": Work(3, State.TERMINEE, done_on=after(days), opened_at=HIGH, effect=effect)
        for when, days in (("unseen", 0), ("seen", -1), ("long ago", -29))
        for effect in (None, *Effect)
    },
}
DISMISSAL = {
    "none": None,
    **{
        f"{until}-{level}-{calm}": Work(
            5,
            State.ANNULEE,
            done_on=after(-2),
            opened_at=level,
            dismissed_until=after(until),
            calm_since=calm,
        )
        for until in (-1, 0)
        for level in (HIGH, CRITICAL)
        for calm in (False, True)
    },
}
VISITS = (None, after(1), after(30))
SOUND = {"ok": DataStatus.OK, "doubt": DataStatus.DOUTEUX, "none": DataStatus.NON_EVALUE}


def combinations() -> Iterator[tuple[str, str, str, RiskLevel, date | None, DataStatus]]:
    yield from product(LIVING, DONE, DISMISSAL, RiskLevel, VISITS, SOUND.values())


def expected(  # noqa: PLR0911 - one line of the table each
    living: str, done: str, dismissal: str, level: RiskLevel, status: DataStatus
) -> Code:
    """Read the table of the specification from the top, without any of the product's own rules."""
    alert = level in {HIGH, CRITICAL}
    if living != "none":
        return {
            "proposed": Code.A_DECIDER,
            "soon": Code.COUVERTE,
            "late": Code.TROP_TARD if alert else Code.COUVERTE,
            "missed": Code.TROP_TARD,
            "begun": Code.EN_COURS,
        }[living]
    if alert and dismissal != "none":
        until, opened_at, calm = dismissal.split("-") if dismissal[0] != "-" else ("-1", "", "")
        if until == "0" and calm == "False" and not (level is CRITICAL and opened_at == "eleve"):
            return Code.ECARTEE
    when, _, effect = done.partition("-")
    if when == "unseen":
        return Code.MESURE_ATTENDUE
    if when == "seen" and alert and effect in {"sans_effet", "rechute"}:
        return Code(effect)
    if when == "seen" and not alert and effect != "None" and status is DataStatus.OK:
        return Code.EFFET_CONSTATE
    if alert:
        return Code.A_DECIDER
    return Code.RIEN_A_FAIRE if status is DataStatus.OK else Code.DONNEES_A_VERIFIER


@pytest.mark.slow
def test_every_combination__has_the_situation_of_the_table() -> None:
    seen = set()
    for living, done, dismissal, level, visit, status in combinations():
        turbine = case(
            level,
            living=LIVING[living],
            done=DONE[done],
            dismissal=DISMISSAL[dismissal],
            planned_visit_on=visit,
            data_status=status,
        )
        situation = situation_of(turbine, POLICY)
        wanted = expected(living, done, dismissal, level, status)
        assert situation.code is wanted, (living, done, dismissal, level, visit, status)
        assert situation.reason.endswith(".")
        assert (situation.decided_by is None) == (wanted is Code.RIEN_A_FAIRE)
        assert advice(situation, turbine.score, 100.0)
        seen.add(wanted)
    assert seen == set(Code), "each situation was met"


@pytest.mark.parametrize("level", sorted(ALERTS))
@pytest.mark.parametrize("visit", [after(0), after(1), after(2), after(9)])
def test_visit_of_a_file__never_answers_an_alert_by_itself(level: RiskLevel, visit: date) -> None:
    situation = situation_of(case(level, planned_visit_on=visit), POLICY)
    assert (situation.code, situation.decided_by) == (Code.A_DECIDER, "visite")
    assert f"{visit:%d/%m/%Y}" in situation.reason


@pytest.mark.parametrize(("level", "days"), [(HIGH, 7), (CRITICAL, 2)])
def test_without_a_proved_bound__the_delay_is_that_of_the_policy(level: RiskLevel, days: int) -> None:
    unproved = TimeToFailure(20.0, 15.0, 25.0)
    assert last_day_in_time(case(level, days=unproved), POLICY) == after(days)
    assert situation_of(case(level, living=planned(days)), POLICY).code is Code.COUVERTE
    late = situation_of(case(level, living=planned(days + 1)), POLICY)
    assert (late.code, late.until) == (Code.TROP_TARD, after(days))
    wider = RiskPolicy(answer_days_high=9, answer_days_critical=9)
    assert situation_of(case(level, living=planned(9)), wider).code is Code.COUVERTE


@pytest.mark.parametrize(("low", "last"), [(15.0, 14), (14.1, 14), (1.0, 0), (0.2, 0), (0.0, 0)])
def test_proved_bound__is_counted_from_the_measurement_and_comes_first(low: float, last: int) -> None:
    turbine = case(CRITICAL, days=TimeToFailure(20.0, low, 25.0, proved=True))
    assert last_day_in_time(turbine, POLICY) == after(last)
    old = case(
        CRITICAL, days=TimeToFailure(20.0, low, 25.0, proved=True), measured_on=after(-3), today=after(0)
    )
    assert last_day_in_time(old, POLICY) == max(after(last - 3), after(0))
    calm = case(CALM, days=TimeToFailure(20.0, low, 25.0, proved=True), living=planned(last + 1))
    assert situation_of(calm, POLICY).code is Code.TROP_TARD, "also without an alert"


def test_dismissal__ends_with_its_day_and_when_the_level_rises() -> None:
    dismissal = Work(
        5, State.ANNULEE, done_on=DAY, opened_at=HIGH, dismissed_until=after(3), dismissed_by="claire"
    )
    there = situation_of(case(HIGH, dismissal=dismissal, today=after(3)), POLICY)
    assert (there.code, there.until) == (Code.ECARTEE, after(3))
    assert "claire" in there.reason
    assert situation_of(case(HIGH, dismissal=dismissal, today=after(4)), POLICY).code is Code.A_DECIDER
    for level in ALERTS:
        rises = SEVERITY[level] > SEVERITY[HIGH]
        code = situation_of(case(level, dismissal=dismissal), POLICY).code
        assert code is (Code.A_DECIDER if rises else Code.ECARTEE)


def test_cancelled_work__is_no_dismissal() -> None:
    cancelled = Work(5, State.ANNULEE, done_on=DAY, opened_at=HIGH)
    assert situation_of(case(HIGH, dismissal=cancelled), POLICY).code is Code.A_DECIDER


def test_nobody_is_asked_to_go_in_the_past() -> None:
    later = case(CRITICAL, today=after(5))
    assert last_day_in_time(later, POLICY) == after(5)
    assert situation_of(case(CRITICAL, living=planned(5), today=after(5)), POLICY).code is Code.COUVERTE


def test_advice__of_a_finding_on_a_calm_turbine__never_says_that_nothing_is_to_be_done() -> None:
    calm = case(CALM, probability=0.004, living=Work(4, State.PROPOSEE))
    situation = situation_of(calm, POLICY)

    assert situation.code is Code.A_DECIDER
    assert advice(situation, calm.score, 0.0) == "Donner un jour à l’intervention, ou l’annuler."
