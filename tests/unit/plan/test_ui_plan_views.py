"""The week's plan as the page writes it, and crews as they are typed."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pandas as pd
import pytest

from api.schemas import french
from api.schemas.vocabulary import RiskLevel, Skill
from api.schemas.week_plan import (
    CrewDay,
    PlanCrew,
    PlannedVisit,
    VisitOutcome,
    WeekPlan,
    WeekPlanAccepted,
    WeekPlanInputs,
)
from tests.support.html_tables import read_tables
from tests.support.words import plain
from ui.plan import views
from ui.shared import table

MONDAY = date(2025, 1, 6)
VISIT: dict[str, Any] = {
    "day": MONDAY, "crew": "Nord", "assignee": None, "net_benefit_eur": 900.0, "hours": 4.0, "skills": [],
    "risk_level": RiskLevel.ELEVE, "failure_probability": 0.2, "main_driver": None, "planned_visit_on": None,
}  # fmt: skip
CREWS = [
    PlanCrew(name="Nord", skills=[Skill.PALES], hours=[7.5, 0, 7, 7, 3], assignee="t.12"),
    PlanCrew(name="Sud", skills=[], hours=[8] * 5),
]


def inputs(*crews: PlanCrew) -> WeekPlanInputs:
    return WeekPlanInputs(crews=list(crews), week_start=MONDAY)


def test_crews__typed_as_they_were_kept__come_back_the_same() -> None:
    typed = views.crews_of(views.crews_frame(inputs(*CREWS)), 5)

    assert [PlanCrew(**crew) for crew in typed] == CREWS
    assert views.crews_of(views.crews_frame(inputs(*CREWS)), 7)[0]["hours"] == [7.5, 0, 7, 7, 3, 0, 0]


def test_crews__first_time__one_that_knows_everything() -> None:
    (crew,) = views.crews_of(views.crews_frame(inputs()), 7)

    assert set(crew["skills"]) == {skill.value for skill in Skill}
    assert crew["hours"] == [7, 7, 7, 7, 7, 0, 0]
    assert PlanCrew(**crew).assignee is None


def test_crews__lines_half_typed__empty_cells_are_nothing() -> None:
    frame = views.crews_frame(inputs(CREWS[0]))
    blank = dict.fromkeys(frame.columns)
    frame = pd.DataFrame([*frame.to_dict("records"), blank, {**blank, views.NAME: " Est ", "j1": 4.0}])

    kept = views.crews_of(frame, 5)

    assert [crew["name"] for crew in kept] == ["Nord", "Est"]
    assert kept[1] == {"name": "Est", "skills": [], "assignee": None, "hours": [0, 4, 0, 0, 0]}


@pytest.mark.parametrize(
    ("typed", "hours"),
    [
        ("7\u00a0h", 7),
        ("7,5 h", 7.5),
        ("7.5", 7.5),
        (" 8 H ", 8),
        (6, 6),
        ("", 0),
        (None, 0),
        (float("nan"), 0),
    ],
)
def test_hours__as_they_are_typed(typed: object, hours: float) -> None:
    assert views.typed_hours(typed) == hours


@pytest.mark.parametrize(
    ("typed", "taken"),
    [
        ("7\u00a0h", True),
        ("7,5", True),
        ("24", True),
        ("0", True),
        ("25", False),
        ("sept", False),
        ("-1", False),
    ],
)
def test_hours__what_the_editor_takes(typed: str, taken: bool) -> None:
    assert (re.fullmatch(views.HOURS_TYPED, typed) is not None) is taken


def test_hours__of_a_new_crew__are_written_with_their_unit() -> None:
    frame = views.crews_frame(inputs(CREWS[0]))
    assert [plain(frame[views.hours_column(day)][0]) for day in range(3)] == ["7,5 h", "0 h", "7 h"]


def test_visits__an_imposed_turbine__is_marked_beside_a_number_that_opens_its_page() -> None:
    rows: list[dict[str, Any]] = [
        {"turbine_id": "31", "choice": "imposee"},
        {"turbine_id": "7", "choice": None},
    ]
    visits = [PlannedVisit.model_construct(**{**VISIT, **row}) for row in rows]

    frame = views.visits_frame(visits, rough=False)
    (shown,) = read_tables(table.html(frame, "x"))

    assert shown.opens == ["turbine?id=31", "turbine?id=7"]
    assert shown.value["Choix"].tolist() == ["imposée", "–"]
    assert "Choix" not in views.visits_frame(visits[1:], rough=False)


def test_hours_already_taken__are_told_for_the_crews_that_have_some() -> None:
    loads = [
        CrewDay(crew=crew, day=MONDAY, available=7, booked=booked, planned=planned, free=7 - booked - planned)
        for crew, booked, planned in (("Nord", 6, 0), ("Sud", 0, 4), ("Nord", 0, 4))
    ]
    shown: dict[str, Any] = {"loads": loads}
    plan = WeekPlan.model_construct(**shown)
    assert [plain(one) for one in views.hours_words(plan)] == [
        "Nord : 14 h, dont 6 h pour ce qui est déjà planifié et 4 h pour ce plan ; il reste 4 h."
    ]


def test_adjustments__a_turbine_on_both_sides__is_imposed_once() -> None:
    assert views.adjustments(["1", "2"], ["2", "3"]) == [
        {"turbine_id": "1", "choice": "imposee"},
        {"turbine_id": "2", "choice": "imposee"},
        {"turbine_id": "3", "choice": "ecartee"},
    ]


@pytest.mark.parametrize(
    ("planned", "errors", "said"),
    [
        (1, [], "1\u00a0intervention planifiée."),
        (3, [], "3\u00a0interventions planifiées."),
        (2, ["déjà prévue"], "2\u00a0interventions planifiées, 1 refusée."),
    ],
)
def test_accepted__is_counted__refusals_are_listed(planned: int, errors: list[str], said: str) -> None:
    items = [VisitOutcome(turbine_id=str(n), intervention_id=n) for n in range(planned)]
    items += [VisitOutcome(turbine_id="9", error=error) for error in errors]
    done = WeekPlanAccepted(planned=planned, refused=len(errors), items=items)

    assert views.accepted_words(done) == said
    assert list(views.refused_frame(done).to_dict("records")) == [
        {"Turbine": "9", "Motif": error} for error in errors
    ]


def test_fields_refused__are_called_as_on_the_page() -> None:
    assert views.field_name("crews[0].hours[2]") == "Équipes"
    assert views.field_name("budget_eur") == "Budget"
    assert views.field_name("autre") == "autre"
    assert french.short_date(MONDAY) == "lun. 06/01"
