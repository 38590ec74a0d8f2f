"""The cockpit page shows what the API ranks: order, counts, filters, progress, interruption."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from api.schemas import french
from api.schemas.vocabulary import RiskLevel
from tests.support.relay import relayed
from tests.ui.conftest import RunningApi, follow, log_in, open_at, ranking, tables, text_of
from ui.park import cockpit, telechargements
from ui.shared import table

Open = Callable[..., AppTest]


def test_ranking__every_turbine_in_the_order_of_the_api(logged_in: Open, running_api: RunningApi) -> None:
    ranked = running_api.client("technicien").park.ranking().items

    shown = ranking(logged_in("technicien"))

    assert len(shown) == 50
    assert list(shown["Turbine"]) == [item.turbine_id for item in ranked]
    assert list(shown["Rang"]) == [str(rank) for rank in range(1, 51)]
    assert list(shown["Prévu le"]) == [french.date(item.planned_visit_on) for item in ranked]


def test_counts__are_those_of_the_rows(logged_in: Open) -> None:
    at = logged_in("technicien")

    words = [cell.split(" ", 1)[1] for cell in ranking(at)["Niveau"]]

    page = text_of(at)
    for word in ("Critique", "Élevé", "Modéré", "Faible"):
        assert f'<span class="compte">{words.count(word)}</span><span class="mot">{word}</span>' in page


def test_trust_line__names_day_models_and_policy(logged_in: Open, running_api: RunningApi) -> None:
    run = running_api.client("manager").park.ranking().run
    assert run is not None

    page = text_of(logged_in("manager"))

    assert "Classement du lundi 30 décembre 2024" in page
    assert f"50{french.NBSP}turbines évaluées sur 50" in page
    for model in run.models:
        assert f"{model.name} v{model.version}" in page
    assert f"politique v{run.policy_version}" in page


def test_address__opens_the_view_that_it_names(
    dashboard: Callable[[str], AppTest], running_api: RunningApi
) -> None:
    wanted = [RiskLevel.CRITIQUE, RiskLevel.ELEVE]
    expected = [
        i.turbine_id for i in running_api.client("manager").park.ranking().items if i.risk_level in wanted
    ]

    at = dashboard(running_api.url).run()
    log_in(open_at(at, "cockpit", niveau="critique,eleve"), "manager")

    assert 0 < len(expected) < 50
    assert list(ranking(at)["Turbine"]) == expected
    assert at.session_state["filtre_niveau"] == wanted


def test_filters__go_into_the_address_and_come_back(logged_in: Open, running_api: RunningApi) -> None:
    items = running_api.client("manager").park.ranking().items
    soonest = {i.turbine_id: i.time_to_failure_interval[0] for i in items if i.time_to_failure_interval}
    limit = round(sorted(soonest.values())[10], 2)
    at = logged_in("manager")

    at.text_input(key="filtre_jours").set_value(french.typed(limit)).run()

    near = [turbine for turbine, days in soonest.items() if days <= limit]
    assert 0 < len(near) < 50
    assert list(ranking(at)["Turbine"]) == near
    assert at.query_params["jours"] == f"{limit:g}"
    open_at(at, "turbine", id="12")
    open_at(at, "cockpit")
    assert at.text_input(key="filtre_jours").value == french.typed(limit)


def test_days__typed_wrong_said_at_the_field_kept_and_not_applied(logged_in: Open) -> None:
    at = logged_in("manager")

    at.text_input(key="filtre_jours").set_value("bientôt").run()

    assert "« bientôt » n’est pas un nombre" in text_of(at)
    assert at.text_input(key="filtre_jours").value == "bientôt"
    assert len(ranking(at)) == 50
    assert "jours" not in at.query_params
    at.text_input(key="filtre_jours").set_value("-1").run()
    assert "au moins 0" in text_of(at)
    at.text_input(key="filtre_jours").set_value("").run()
    assert ":red[" not in text_of(at)


def test_search__finds_without_accents_and_clears(logged_in: Open) -> None:
    at = logged_in("manager")

    at.text_input(key="filtre_texte").set_value("turbine 12").run()
    assert list(ranking(at)["Turbine"]) == ["12"]

    at.text_input(key="filtre_texte").set_value("rien de tel").run()
    assert not any(shown.caption.startswith("Classement") for shown in tables(at))
    assert "Aucune turbine ne répond à ces filtres." in text_of(at)
    next(button for button in at.button if button.label == "Effacer les filtres").click().run()
    assert len(ranking(at)) == 50


def test_recompute__only_for_those_who_may(logged_in: Open) -> None:
    assert "Recalculer le parc" not in [button.label for button in logged_in("technicien").button]
    assert "Recalculer le parc" not in [button.label for button in logged_in("admin").button]
    assert "Recalculer le parc" in [button.label for button in logged_in("ingenieur").button]


def test_recompute__followed_to_the_new_ranking(logged_in: Open, running_api: RunningApi) -> None:
    before = running_api.client("manager").park.ranking().run
    at = logged_in("manager")

    at.button(key="recalculer").click().run()

    asked = at.session_state["_followed_run"]
    assert asked is not None
    assert asked > before.run_id
    assert at.button(key="recalculer").disabled
    deadline = time.monotonic() + 60
    while at.session_state["_followed_run"] is not None and time.monotonic() < deadline:
        time.sleep(0.3)
        at.run()
    assert at.session_state["_last_park"][0].run.run_id == asked
    assert not at.button(key="recalculer").disabled


def test_recompute__refusal_stays_until_closed_or_until_one_starts(
    dashboard: Callable[[str], AppTest], running_api: RunningApi
) -> None:
    refused = "Le calcul n’a pas été lancé"
    with relayed(running_api.url) as api:
        at = dashboard(api.url).run()
        log_in(at, "manager")
        api.cut()
        at.button(key="recalculer").click().run()
        assert [error.value for error in at.error if refused in error.value]

        api.mend()
        for _ in range(2):  # the ranking is back and refreshes by itself
            at.run()
            assert len(ranking(at)) == 50
            assert [error.value for error in at.error if refused in error.value]

        at.button(key="fermer_refus").click().run()
        assert refused not in "".join(error.value for error in at.error)

        api.cut()
        at.button(key="recalculer").click().run()
        assert refused in "".join(error.value for error in at.error)
        api.mend()
        at.run()
        at.button(key="recalculer").click().run()
        assert at.session_state["_followed_run"] is not None
        assert refused not in "".join(error.value for error in at.error)
        deadline = time.monotonic() + 60
        while at.session_state["_followed_run"] is not None and time.monotonic() < deadline:
            time.sleep(0.3)
            at.run()


def test_api_stopped__last_ranking_stays_with_a_warning_then_recovers(
    dashboard: Callable[[str], AppTest], running_api: RunningApi
) -> None:
    with relayed(running_api.url) as api:
        at = dashboard(api.url).run()
        log_in(at, "manager")
        api.cut()

        at.pills(key="filtre_niveau").set_value([RiskLevel.CRITIQUE]).run()

        page = text_of(at)
        assert "Service injoignable" in page
        assert "Les filtres changés depuis s’appliqueront au retour du service." in page
        assert "Avant l’interruption : Classement du lundi 30 décembre 2024" in page
        assert len(ranking(at)) == 50
        assert "Réessayer" in [button.label for button in at.button]

        api.mend()
        at.run()

        assert "Service injoignable" not in text_of(at)
        assert "Avant l’interruption" not in text_of(at)
        assert set(ranking(at)["Niveau"]) == {"■ Critique"}


def test_day__opens_the_ranking_as_it_was_seen(
    dashboard: Callable[[str], AppTest], running_api: RunningApi
) -> None:
    client = running_api.client("manager")
    day = client.park.days()[-3].as_of
    expected = [item.turbine_id for item in client.park.ranking({"as_of": day.isoformat()}).items]
    assert expected != [item.turbine_id for item in client.park.ranking().items]

    at = dashboard(running_api.url).run()
    log_in(open_at(at, "cockpit", jour=day.isoformat()), "manager")

    assert list(ranking(at)["Turbine"]) == expected
    assert f"Classement du {french.long_date(day)}, tel que vu ce jour-là" in text_of(at)
    at.selectbox(key="filtre_jour").set_value(None).run()
    assert "jour" not in at.query_params
    assert "tel que vu" not in text_of(at)


def test_day__without_a_ranking_says_so_and_leads_back(
    dashboard: Callable[[str], AppTest], running_api: RunningApi
) -> None:
    at = dashboard(running_api.url).run()
    log_in(open_at(at, "cockpit", jour="2019-01-01"), "manager")

    assert "Aucun classement du mardi 1er janvier 2019" in at.warning[0].value
    next(button for button in at.button if button.label == "Revenir au dernier classement").click().run()
    assert len(ranking(at)) == 50


def test_more_filters__narrow_sort_and_go_into_the_address(logged_in: Open, running_api: RunningApi) -> None:
    items = running_api.client("manager").park.ranking().items
    site = items[0].site
    at = logged_in("manager")

    at.selectbox(key="filtre_site").set_value(site).run()
    at.selectbox(key="filtre_tri").set_value("-age").run()

    kept = {item.turbine_id: item.age_days for item in items if item.site == site}
    shown = list(ranking(at)["Turbine"])
    assert 0 < len(kept) < 50
    assert set(shown) == set(kept)
    ages = [kept[turbine] for turbine in shown]
    assert ages == sorted(ages, reverse=True)
    assert (at.query_params["site"], at.query_params["tri"]) == (site, "-age")


def test_order__offered_for_every_column_both_ways__the_address_opens_it(
    dashboard: Callable[[str], AppTest], running_api: RunningApi
) -> None:
    items = running_api.client("manager").park.ranking().items
    at = dashboard(running_api.url).run()
    log_in(open_at(at, "cockpit", tri="-intervalle"), "manager")

    offered = at.selectbox(key="filtre_tri").options
    for column in ranking(at).columns:
        ways = {f"{column}, croissant", f"{column}, décroissant"}
        assert ways <= set(offered) or (column == "Rang" and f"{column}, décroissant" in offered)
    soonest = {item.turbine_id: item.time_to_failure_interval for item in items}
    shown = [soonest[turbine] for turbine in ranking(at)["Turbine"]]
    known = [interval for interval in shown if interval]
    assert known == sorted(known, reverse=True)
    assert shown[len(known) :] == [None] * (len(shown) - len(known))
    assert list(ranking(at)["Turbine"]) != [item.turbine_id for item in items]


def test_waiting_cost__is_that_of_the_api(logged_in: Open, running_api: RunningApi) -> None:
    items = running_api.client("technicien").park.ranking().items

    assert list(ranking(logged_in("technicien"))["Attendre coûte"]) == [
        french.euros(item.expected_failure_cost_eur, indicative=True) for item in items
    ]


def test_large_park__pages_of_rows_and_the_files_hold_everything(
    logged_in: Open, running_api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cockpit, "PAGE_ROWS", 20)
    monkeypatch.setattr(table, "PAGE_ROWS", 20)
    client = running_api.client("manager")
    ranked = [item.turbine_id for item in client.park.ranking().items]
    at = logged_in("manager")

    assert list(ranking(at)["Turbine"]) == ranked[:20]
    assert tables(at)[-1].pages == {"2": "?page=2", "3": "?page=3", "Suivante →": "?page=2"}
    follow(at, "?page=3")
    assert list(ranking(at)["Turbine"]) == ranked[40:]
    assert list(ranking(follow(at, "?page=9"))["Turbine"]) == ranked[40:]

    at.selectbox(key="filtre_tri").set_value("-turbine").run()
    last_first = sorted(ranked, key=int, reverse=True)
    assert list(ranking(at)["Turbine"]) == last_first[:20]
    assert "page" not in at.query_params
    shown, view = at.session_state["_last_park"]
    taken = telechargements.everything(client, shown, view)
    assert [item.turbine_id for item in taken] == last_first


def test_headers__sort_all_turbines_through_the_address__the_filters_follow(logged_in: Open) -> None:
    at = logged_in("manager")
    at.text_input(key="filtre_texte").set_value("turbine 1").run()
    usual = list(ranking(at)["Turbine"])

    sort, href = tables(at)[-1].sorts["Turbine"]
    follow(at, href)
    assert (sort, tables(at)[-1].sorts["Turbine"][0]) == ("none", "ascending")
    assert list(ranking(at)["Turbine"]) == sorted(usual, key=int)
    assert at.selectbox(key="filtre_tri").value == "turbine"
    assert at.text_input(key="filtre_texte").value == "turbine 1"
    follow(at, tables(at)[-1].sorts["Turbine"][1])
    assert list(ranking(at)["Turbine"]) == sorted(usual, key=int, reverse=True)
    follow(at, tables(at)[-1].sorts["Rang"][1])
    assert list(ranking(at)["Turbine"]) == usual
    assert at.selectbox(key="filtre_tri").value is None
    follow(at, "?")
    assert len(ranking(at)) == 50


def test_exports__offered_for_what_is_shown_only(logged_in: Open) -> None:
    at = logged_in("manager")
    assert [element.proto.label for element in at.get("download_button")] == [
        "Tableau pour Excel (CSV)",
        "Feuille A4 à imprimer",
    ]

    at.text_input(key="filtre_texte").set_value("rien de tel").run()
    assert not at.get("download_button")
