"""The week's plan as the page writes it, and crews as they are typed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

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
from ui.plan import crew_views, views
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


def test_crews__of_the_last_plan__come_back_the_same() -> None:
    lines = crew_views.first_lines(inputs(*CREWS))

    assert [PlanCrew(**crew) for crew in crew_views.requested(lines, 5)] == CREWS
    assert crew_views.requested(lines, 7)[0]["hours"] == [7.5, 0, 7, 7, 3, 0, 0]


def test_crews__first_time__one_that_knows_everything() -> None:
    (crew,) = crew_views.requested(crew_views.first_lines(inputs()), 7)

    assert set(crew["skills"]) == {skill.value for skill in Skill}
    assert crew["hours"] == [7, 7, 7, 7, 7, 0, 0]
    assert PlanCrew(**crew).assignee is None


def test_crews__without_a_name__take_no_part() -> None:
    nord, sud = crew_views.first_lines(inputs(*CREWS))

    kept = crew_views.requested([replace(nord, name="  "), replace(sud, name=" Est ")], 5)

    assert [crew["name"] for crew in kept] == ["Est"]


def test_crews__one_more__has_a_free_name_and_a_key_of_its_own() -> None:
    lines = crew_views.first_lines(inputs(*CREWS, PlanCrew(name="équipe 4", hours=[7] * 5)))

    more = crew_views.one_more(lines)

    assert more.name == "Équipe 5"
    assert more.key not in {line.key for line in lines}


def test_crews__in_the_table__hours_have_their_unit() -> None:
    frame = crew_views.crews_frame(crew_views.first_lines(inputs(*CREWS)), MONDAY, 5)

    assert list(frame.columns[3:]) == ["lun. 06/01", "mar. 07/01", "mer. 08/01", "jeu. 09/01", "ven. 10/01"]
    assert [plain(cell) for cell in frame.iloc[0, 3:]] == ["7,5 h", "0 h", "7 h", "7 h", "3 h"]
    assert list(frame["Affecter à"]) == ["t.12", "–"]


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
