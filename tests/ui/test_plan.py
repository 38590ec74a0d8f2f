"""The page « Plan de la semaine »: it shows the API's plan; adjusted, accepted, nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pandas as pd
import pytest
from sqlalchemy import delete
from streamlit.testing.v1 import AppTest

from api.schemas import french
from api.schemas.week_plan import WeekPlan
from api.storage.shared.database import Database
from api.storage.tables import intervention_journal, intervention_photos, interventions, week_plan_inputs
from tests.ui.conftest import RunningApi, tables, text_of
from ui.plan import views

Open = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def nothing_planned(running_api: RunningApi) -> Iterator[None]:
    """No intervention and no crew kept, before and after: other pages share the installation."""

    def wiped() -> None:
        database = Database.at(f"sqlite:///{running_api.home / 'cockpit.db'}")
        with database.write() as connection:
            for table in (intervention_journal, intervention_photos, interventions, week_plan_inputs):
                connection.execute(delete(table))
        database.close()

    wiped()
    yield
    wiped()


def solved(at: AppTest) -> WeekPlan:
    """The page once its plan is made."""
    at.button(key="etablir").click().run()
    assert not at.exception
    plan: WeekPlan = at.session_state["_plan"]
    return plan


def frames(at: AppTest) -> list[pd.DataFrame]:
    return [table.value for table in tables(at)]


def test_first_time__one_crew_to_begin_with__plan_is_that_of_the_api(
    logged_in: Open, running_api: RunningApi
) -> None:
    at = logged_in("manager", "plan")
    assert "Rien n’est planifié avant que vous l’acceptiez" in text_of(at)

    plan = solved(at)

    client = running_api.client("manager")
    again = client.plan.week(at.session_state["_plan_demande"])
    assert plan == again
    assert len(plan.visits) > 0
    shown = pd.concat([table for table in frames(at) if "Coût évité" in table])
    assert [cell.split(" ")[0] for cell in shown["Turbine"]] == [v.turbine_id for v in plan.visits]
    page = text_of(at)
    assert french.euros(plan.totals.net_eur) in page
    assert french.euros(plan.totals.remaining_eur) in page
    assert "optimum prouvé" in page
    assert client.plan.inputs().crews[0].name == "Équipe 1"


def test_budget__less_of_it__reasons_are_told(logged_in: Open) -> None:
    at = logged_in("manager", "plan")
    at.text_input(key="plan_budget").set_value("3 000").run()

    plan = solved(at)

    assert len(plan.visits) == 1
    (left,) = (table for table in frames(at) if "Motif" in table)
    assert list(left["Motif"]) == [one.sentence for one in plan.left]
    at.text_input(key="plan_budget").set_value("6000").run()
    assert "Les réglages ou les choix ont changé depuis ce plan" in text_of(at)


def test_budget__unreadable__nothing_is_asked_and_it_stays(logged_in: Open) -> None:
    at = logged_in("manager", "plan")
    at.text_input(key="plan_budget").set_value("3.000").run()

    at.button(key="etablir").click().run()

    assert "3000 ou 3,000" in text_of(at)
    assert at.text_input(key="plan_budget").value == "3.000"
    assert "_plan" not in at.session_state


def test_crews__added_edited_and_taken_out__the_plan_is_asked_for_them(logged_in: Open) -> None:
    at = logged_in("manager", "plan")
    at.button(key="plan_equipe_ajouter").click().run()
    assert not at.exception
    at.text_input(key="plan_equipe_1_nom").set_value("Sud").run()
    at.text_input(key="plan_equipe_1_0").set_value("3,5").run()
    at.multiselect(key="plan_equipe_1_competences").set_value([]).run()

    (crews,) = (table for table in frames(at) if "Compétences" in table and "Affecter à" in table)
    assert list(crews["Équipe"]) == ["Équipe 1", "Sud"]
    solved(at)
    asked = at.session_state["_plan_demande"]["crews"]
    assert [(crew["name"], crew["hours"][0]) for crew in asked] == [("Équipe 1", 7.0), ("Sud", 3.5)]
    assert asked[1]["skills"] == []

    at.text_input(key="plan_equipe_1_0").set_value("trois").run()
    assert "n’est pas un nombre" in text_of(at)
    assert "ont changé depuis ce plan" in text_of(at)

    at.button(key="plan_equipe_retirer").click().run()
    solved(at)
    assert [crew["name"] for crew in at.session_state["_plan_demande"]["crews"]] == ["Équipe 1"]


def test_adjust__out_then_solved_again(logged_in: Open) -> None:
    at = logged_in("manager", "plan")
    at.text_input(key="plan_budget").set_value("3 000").run()
    first = solved(at).visits[0].turbine_id

    at.multiselect(key="plan_ecartees").set_value([first]).run()
    at.button(key="plan_recalculer").click().run()

    plan = at.session_state["_plan"]
    assert first not in [visit.turbine_id for visit in plan.visits]
    assert {one.turbine_id: one.reason for one in plan.left}[first] == "ecartee"
    assert "ont changé depuis ce plan" not in text_of(at)


def test_refused__reason_is_told__what_was_typed_stays(logged_in: Open) -> None:
    at = logged_in("manager", "plan")
    at.text_input(key="plan_duree").set_value("30,5").run()

    at.button(key="etablir").click().run()

    assert "Durée d’une intervention" in text_of(at)
    assert "Vos réglages sont conservés" in text_of(at)
    assert at.text_input(key="plan_duree").value == "30,5"


def test_accept__asks_once__then_planned_and_covered(logged_in: Open, running_api: RunningApi) -> None:
    at = logged_in("manager", "plan")
    plan = solved(at)
    client = running_api.client("manager")
    assert client.interventions.search().total == 0

    at.button(key="plan_confirmer").click().run()

    assert not at.exception
    page = text_of(at)
    assert views.accepted_words(at.session_state["_plan_accepte"]) in [s.value for s in at.success]
    planned = {(i.turbine_id, i.planned_on) for i in client.interventions.search().items}
    assert planned == {(visit.turbine_id, visit.day) for visit in plan.visits}
    assert "Classement du" not in page
    after = solved(at)
    assert not {one.turbine_id for one in after.visits} & {visit.turbine_id for visit in plan.visits}
    assert "Déjà planifié ces jours" in text_of(at)
    assert {one.turbine_id for one in after.covered} == {visit.turbine_id for visit in plan.visits}


def test_others__have_no_such_page(logged_in: Open) -> None:
    at = logged_in("technicien", "plan")
    assert "Votre rôle n’ouvre pas cette page" in text_of(at)
