"""The pages about interventions: decided by the manager, worked by the technician, nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import delete
from streamlit.testing.v1 import AppTest

from api.schemas import french
from api.schemas.interventions import InterventionDetail
from api.schemas.vocabulary import InterventionState, Verdict
from api.storage.shared.database import Database
from api.storage.tables import intervention_journal, intervention_photos, interventions
from tests.support.relay import relayed
from tests.support.servers import api_server, free_port, prepare
from tests.ui.conftest import RunningApi, enter, log_in, open_at, tables, text_of, type_text, typed_text
from ui.interventions import proposal_views, views

State = InterventionState
Open = Callable[..., AppTest]


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApi]:
    """An installation of its own: each of its tests begins without any intervention."""
    home = tmp_path_factory.mktemp("interventions")
    prepare(home)
    port = free_port()
    server = api_server(home, port).start()
    try:
        yield RunningApi(f"http://127.0.0.1:{port}", home)
    finally:
        server.stop()


@pytest.fixture
def api(serving: RunningApi) -> RunningApi:
    """No intervention at all when a test begins: a refused proposal would not come back."""
    database = Database.at(f"sqlite:///{serving.home / 'cockpit.db'}")
    with database.write() as connection:
        for table in (intervention_journal, intervention_photos, interventions):
            connection.execute(delete(table))
    database.close()
    return serving


@pytest.fixture
def open_page(dashboard: Callable[[str], AppTest], api: RunningApi) -> Open:
    def opened(username: str, page: str = "interventions", **query: str) -> AppTest:
        return enter(dashboard(api.url), username, page, **query)

    return opened


def said(at: AppTest) -> str:
    told = [element.value for element in (*at.success, *at.error, *at.warning)]
    return "\n".join([text_of(at), *told]).replace("\\", "")


def keys(at: AppTest) -> set[str]:
    return {button.key for button in at.button if button.key}


def planned(api: RunningApi, turbine: str, **more: Any) -> InterventionDetail:
    client = api.client("manager")
    today = client.interventions.search(limit=1).today.isoformat()
    body = {"turbine_id": turbine, "planned_on": today, "assignee": "technicien", **more}
    item = client.interventions.open(body)
    client.close()
    return item


def started(api: RunningApi, turbine: str) -> InterventionDetail:
    item = planned(api, turbine)
    return api.client("technicien").interventions.change(item.id, item.version, {"state": State.EN_COURS})


def fill_closing(at: AppTest, item: InterventionDetail, verdict: Verdict | None) -> AppTest:
    type_text(at, f"clore_{item.id}_findings", "Roulement usé, graissé.")
    at.text_input(key=f"clore_{item.id}_downtime_hours").set_value("2,5")
    if verdict is not None:
        at.radio(key=f"clore_{item.id}_verdict").set_value(verdict)
    return at.button(key="clore_envoyer").click().run()


def test_manager__confirms_a_proposal_which_then_is_one_no_more(open_page: Open, api: RunningApi) -> None:
    client = api.client("manager")
    proposals = client.interventions.proposals(100)
    assert proposals.total > 0, "the sample has turbines in alert"
    first = proposals.items[0]

    at = open_page("manager")

    page = said(at)
    assert proposal_views.to_decide_words(proposals) in page
    assert proposal_views.proposal_words(first) in page
    at.button(key=f"ouvrir_{first.turbine_id}").click().run()
    form = f"proposer_{first.turbine_id}"
    assert at.date_input(key=f"{form}_planned_on").value == proposals.today
    assert at.multiselect(key=f"{form}_skills").value == list(first.skills)
    at.selectbox(key=f"{form}_assignee").set_value("technicien")
    type_text(at, f"{form}_comment", "Prendre l’échelle.")
    at.button(key=f"{form}_envoyer").click().run()

    link = f"[{first.turbine_id}](turbine?id={first.turbine_id})"
    assert f"Intervention planifiée sur la turbine {link}." in said(at)
    [made] = client.interventions.search(turbine=first.turbine_id, states=[State.PLANIFIEE]).items
    assert (made.origin, made.assignee, made.reason) == ("recommandation", "technicien", "Prendre l’échelle.")
    assert f"ouvrir_{first.turbine_id}" not in keys(at)
    found = client.interventions.proposals(100)
    [title] = [part.label for part in at.expander if "déjà une réponse" in part.label]
    assert title == f"Alertes qui ont déjà une réponse ({found.answered_total})"
    reasons = proposal_views.answered_frame(found.answered).set_index("Turbine")["Pourquoi"]
    assert reasons[first.turbine_id].startswith(f"L’intervention n°{french.NBSP}{made.id} est prévue le ")
    assert not at.exception
    client.close()


def test_dismissing__asks_why_then_takes_it_off(open_page: Open, api: RunningApi) -> None:
    turbine = api.client("manager").interventions.proposals(1).items[0].turbine_id
    at = open_page("manager")
    at.button(key=f"ecarter_{turbine}").click().run()
    assert "le motif de l’annulation est attendu" in said(at)
    type_text(at, f"ecarter_{turbine}_motif", "Arrêt programmé demain.")
    at.button(key=f"ecarter_{turbine}").click().run()
    assert "Alerte écartée" in said(at)
    assert turbine not in [
        item.turbine_id for item in api.client("manager").interventions.proposals(100).items
    ]


def test_refused__message_at_the_field_and_all_kept(open_page: Open, api: RunningApi) -> None:
    at = open_page("manager", planifier="12")
    assert at.selectbox(key="a_la_main_turbine_id").value == "12"
    at.text_input(key="a_la_main_expected_hours").set_value("-2")
    type_text(at, "a_la_main_comment", "Voir le palier.")
    at.button(key="a_la_main_envoyer").click().run()
    assert "↑ doit être supérieur à 0" in said(at)
    assert typed_text(at, "a_la_main_comment") == "Voir le palier."
    at.text_input(key="a_la_main_expected_hours").set_value("deux")
    at.button(key="a_la_main_envoyer").click().run()
    assert "« deux » n’est pas un nombre" in said(at)
    assert at.text_input(key="a_la_main_expected_hours").value == "deux"
    at.text_input(key="a_la_main_expected_hours").set_value("2,0")
    at.button(key="a_la_main_envoyer").click().run()
    assert "Intervention planifiée." in said(at)
    assert len(api.client("manager").interventions.search(turbine="12", states=views.LIVING).items) == 1


def test_technician__takes_checks_and_closes(open_page: Open, api: RunningApi) -> None:
    mine, other = planned(api, "20"), planned(api, "21", assignee=None)
    at = open_page("technicien")
    opens = [href for table in tables(at) for href in table.opens]
    assert f"interventions?n={mine.id}" in opens
    assert f"interventions?n={other.id}" not in opens

    at = open_page("technicien", n=str(mine.id))
    type_text(at, f"prendre_{mine.id}_mot", "J’y vais à 9 h.")
    at.button(key="prendre").click().run()
    assert "Prise en compte par technicien" in said(at)
    at.button(key="commencer").click().run()
    at.checkbox(key=f"verifie_{mine.id}_0").check().run()
    at.button(key="verifications").click().run()
    fill_closing(at, mine, Verdict.DEGRADATION_TROUVEE)

    now = api.client("manager").interventions.detail(mine.id)
    assert (now.state, now.verdict, now.downtime_hours) == (State.TERMINEE, Verdict.DEGRADATION_TROUVEE, 2.5)
    assert now.checklist[0].done
    page = said(at)
    assert "Intervention clôturée" in page
    assert "Dégradation trouvée" in page
    assert "« J’y vais à 9 h. »" in page
    assert "clore_envoyer" not in keys(at)
    assert not at.exception


def test_closing_without_verdict__is_told_at_the_field(open_page: Open, api: RunningApi) -> None:
    item = started(api, "22")
    at = fill_closing(open_page("technicien", n=str(item.id)), item, None)
    assert "↑ la clôture demande un verdict" in said(at)
    assert typed_text(at, f"clore_{item.id}_findings") == "Roulement usé, graissé."
    fill_closing(at, item, Verdict.FAUSSE_ALERTE)
    assert api.client("manager").interventions.detail(item.id).verdict is Verdict.FAUSSE_ALERTE


def test_api_away__what_was_typed_stays_and_goes_out_once_it_is_back(
    dashboard: Callable[[str], AppTest], api: RunningApi
) -> None:
    item = started(api, "23")
    with relayed(api.url) as way:
        at = dashboard(way.url).run()
        log_in(at, "technicien")
        open_at(at, "interventions", n=str(item.id))
        way.cut()
        fill_closing(at, item, Verdict.PANNE_CONFIRMEE)
        assert "rien de ce que vous avez saisi n’est perdu" in said(at)
        assert typed_text(at, f"clore_{item.id}_findings") == "Roulement usé, graissé."
        assert at.radio(key=f"clore_{item.id}_verdict").value is Verdict.PANNE_CONFIRMEE
        way.mend()
        at.button(key="clore_envoyer").click().run()
    assert api.client("manager").interventions.detail(item.id).findings == "Roulement usé, graissé."


def test_changed_meanwhile__is_said_and_the_next_try_passes(open_page: Open, api: RunningApi) -> None:
    item = started(api, "24")
    at = open_page("technicien", n=str(item.id))
    api.client("manager").interventions.change(item.id, item.version, {"comment": "Pense aux photos."})
    fill_closing(at, item, Verdict.NON_VERIFIABLE)
    assert "Modifié entre-temps : manager, le " in said(at)
    assert "Pense aux photos." in said(at)
    assert typed_text(at, f"clore_{item.id}_findings") == "Roulement usé, graissé."
    at.button(key="clore_envoyer").click().run()
    assert api.client("manager").interventions.detail(item.id).state is State.TERMINEE


def test_ten_verdicts__page_and_api_say_the_same(open_page: Open, api: RunningApi) -> None:
    entered = [*[Verdict.PANNE_CONFIRMEE] * 3, *[Verdict.FAUSSE_ALERTE] * 4, *list(Verdict)[:3]]
    client = api.client("manager")
    for place, verdict in enumerate(entered):
        item = started(api, str(30 + place))
        client.interventions.change(
            item.id,
            item.version,
            {"state": State.TERMINEE, "verdict": verdict, "findings": "Vu.", "downtime_hours": 0},
        )
    right, wrong = 3 + 2, 4 + 1

    at = open_page("ingenieur")
    at.session_state["onglet_interventions"] = "Terminées et verdicts"
    at.run()

    told = client.interventions.verdict_precision()
    assert told.precision == right / (right + wrong)
    page = said(at)
    assert f"<dd>{french.share(right / (right + wrong))}<span>" in page
    assert f"de {french.share(told.low)} à {french.share(told.high)}" in page
    counts = next(t.value for t in tables(at) if "Verdict" in t.value.columns).set_index("Verdict")
    assert {v: int(counts["Interventions"][views.VERDICTS[v]]) for v in Verdict} == told.counts
    client.close()


def test_turbine_page__its_interventions_and_a_finding(open_page: Open, api: RunningApi) -> None:
    item = planned(api, "41")
    at = open_page("technicien", "turbine", id="41")
    assert f"intervention_{item.id}" in keys(at)
    assert "planifier_turbine" not in keys(at)
    at.button(key="constat_envoyer").click().run()
    assert "dites ce que vous avez constaté" in said(at)
    type_text(at, "constat_41", "Fuite d’huile au pied du mât.")
    at.button(key="constat_envoyer").click().run()
    assert "Constat enregistré." in said(at)
    journal = api.client("manager").interventions.detail(item.id).journal
    assert (journal[-1].action, journal[-1].comment) == ("constat", "Fuite d’huile au pied du mât.")


def test_reader__sees_and_has_no_lever(open_page: Open, api: RunningApi) -> None:
    item = planned(api, "42")
    at = open_page("ingenieur", n=str(item.id))
    assert "Planifiée" in said(at)
    assert not keys(at) & {"prendre", "commencer", "dire", "annuler", f"planifier_{item.id}_envoyer"}
    at = open_page("admin", n="999999")
    assert "introuvable" in said(at)
