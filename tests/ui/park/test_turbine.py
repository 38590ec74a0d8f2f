"""The turbine page: the API's verdict in words, its reasons, and « et si… » beside the current answer."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from api.schemas import french
from tests.support.relay import relayed
from tests.ui.conftest import RunningApi, log_in, open_at, tables, text_of
from ui.shared import labels as fr

Open = Callable[..., AppTest]


@pytest.fixture
def riskiest(running_api: RunningApi) -> str:
    """The turbine at the top of the ranking."""
    return running_api.client("technicien").park.ranking().items[0].turbine_id


def open_tab(at: AppTest, name: str) -> AppTest:
    """Opens one of the page's tabs."""
    at.session_state["onglet"] = name
    return at.run()


def test_verdict__says_what_the_ranking_says(logged_in: Open, running_api: RunningApi, riskiest: str) -> None:
    detail = running_api.client("technicien").turbines.detail(riskiest)
    assert detail.current is not None

    page = text_of(logged_in("technicien", "turbine", id=riskiest))

    assert fr.LEVELS[detail.current.risk_level].text in page
    assert french.percent(detail.current.failure_probability) in page
    assert french.days(detail.current.time_to_failure_days) in page
    assert french.share(detail.threshold) in page
    assert detail.current.recommendation.split(" :", maxsplit=1)[0] in page


def test_drivers__add_up_to_the_probability_and_markers_are_told_apart(
    logged_in: Open, running_api: RunningApi, riskiest: str
) -> None:
    detail = running_api.client("technicien").turbines.detail(riskiest)
    assert detail.current is not None
    assert detail.base_probability is not None

    at = logged_in("technicien", "turbine", id=riskiest)

    explained = detail.base_probability + sum(driver.contribution for driver in detail.drivers)
    assert explained == pytest.approx(detail.current.failure_probability, abs=1e-6)
    chart = at.get("plotly_chart")[0].proto
    for driver in detail.drivers:
        assert (
            f"{driver.label}{' (indice)' if driver.marker else ''} ({fr.driver_value(driver)})" in chart.alt
        )
        if driver.marker:
            assert driver.note in text_of(at).replace("\\", "")
    assert "corrélations" in text_of(at)


def test_unknown_turbine__clear_message_and_the_list(logged_in: Open) -> None:
    at = logged_in("technicien", "turbine", id="<b>999</b>")

    assert "inconnue" in at.warning[0].value
    assert "<b>999</b>" not in text_of(at)
    assert len(at.selectbox(key="turbine_choisie").options) == 50


def test_choosing_another_turbine__opens_it(logged_in: Open) -> None:
    at = logged_in("technicien", "turbine", id="12")

    at.selectbox(key="turbine_choisie").set_value("7").run()

    assert [title.value for title in at.title] == ["Turbine 7"]
    assert at.query_params["id"] == "7"


def test_sensors__last_measurements_and_a_curve_each(logged_in: Open, running_api: RunningApi) -> None:
    client = running_api.client("technicien")
    detail, rows = client.turbines.detail("12"), client.turbines.measurements("12", 1)

    at = open_tab(logged_in("technicien", "turbine", id="12"), "Capteurs")

    newest = tables(at)[0].value.iloc[0]
    for feature in detail.features:
        if feature.dtype != "binary":
            shown = newest[next(c for c in newest.index if c.startswith(feature.label))]
            assert shown == french.trimmed(rows[0].values[feature.name])
    assert len(at.get("plotly_chart")) == sum(feature.dtype != "binary" for feature in detail.features)


def test_no_turbine_chosen__the_most_urgent_are_a_click_away(
    logged_in: Open, running_api: RunningApi
) -> None:
    items = running_api.client("technicien").park.ranking().items

    at = logged_in("technicien", "turbine")

    offered = [button.key for button in at.button if (button.key or "").startswith("ouvrir_turbine_")]
    assert offered == [f"ouvrir_turbine_{item.turbine_id}" for item in items[:5]]


def test_history__one_point_per_published_day(logged_in: Open, running_api: RunningApi) -> None:
    client = running_api.client("technicien")

    def drawn() -> int:  # a day on which nothing could be said has no point
        return sum(point.failure_probability is not None for point in client.turbines.history("12"))

    before = drawn()
    at = open_tab(logged_in("technicien", "turbine", id="12"), "Historique du risque")

    # The worker may be filling the past in meanwhile.
    told = re.search(rf"selon (\d+){french.NBSP}calculs", at.get("plotly_chart")[0].proto.alt)
    assert told is not None
    assert before <= int(told.group(1)) <= drawn()


def test_what_if__prefilled_with_the_scored_values_and_marker_not_a_lever(
    logged_in: Open, running_api: RunningApi, riskiest: str
) -> None:
    detail = running_api.client("technicien").turbines.detail(riskiest)

    at = open_tab(logged_in("technicien", "turbine", id=riskiest), "Et si…")

    scored = {driver.feature: driver.value for driver in detail.drivers}
    for feature in detail.features:
        if feature.marker:
            assert not [w for w in (*at.text_input, *at.checkbox) if feature.name in (w.key or "")]
            assert f"{feature.label} : " in text_of(at)
            assert "valeur mesurée, conservée" in text_of(at)
        else:
            assert at.text_input(key=f"et_si_{riskiest}_{feature.name}").value == french.typed(
                scored[feature.name], 2
            )


def test_what_if__unchanged_values_give_the_published_probability(
    logged_in: Open, running_api: RunningApi, riskiest: str
) -> None:
    current = running_api.client("technicien").turbines.detail(riskiest).current
    assert current is not None
    at = open_tab(logged_in("technicien", "turbine", id=riskiest), "Et si…")

    at.button(key="FormSubmitter:et_si-Comparer").click().run()

    assert "ne changent pas" in text_of(at)
    rows = tables(at)[0].value.set_index("")
    assert rows.loc["Probabilité de panne à 7 jours", "Aujourd’hui"] == french.percent(
        current.failure_probability
    )


def test_what_if__other_values_beside_the_current_ones(logged_in: Open, running_api: RunningApi) -> None:
    client = running_api.client("technicien")
    calmest = client.park.ranking().items[-1].turbine_id
    detail = client.turbines.detail(calmest)
    asked = {driver.feature: driver.value for driver in detail.drivers} | {"vibration_level": 6.5}
    day = detail.current.measured_on.isoformat()
    expected = client.park.what_if({"turbine_id": calmest, "measured_at": day, **asked})
    at = open_tab(logged_in("technicien", "turbine", id=calmest), "Et si…")

    at.text_input(key=f"et_si_{calmest}_vibration_level").set_value("6,5")
    at.button(key="FormSubmitter:et_si-Comparer").click().run()

    rows = tables(at)[0].value.set_index("")
    assert rows.loc["Probabilité de panne à 7 jours", "Et si…"] == french.percent(
        expected.failure_probability
    )
    assert rows.loc["Niveau", "Et si…"] == fr.LEVELS[expected.risk_level].text
    assert str(rows.loc["Probabilité de panne à 7 jours", "Écart"]).startswith("+")


def test_what_if__typed_values_outlive_an_interruption(
    dashboard: Callable[[str], AppTest], running_api: RunningApi
) -> None:
    with relayed(running_api.url) as api:
        at = dashboard(api.url).run()
        log_in(open_at(at, "turbine", id="12"), "technicien")
        open_tab(at, "Et si…")
        api.cut()

        at.text_input(key="et_si_12_vibration_level").set_value("6,5")
        at.button(key="FormSubmitter:et_si-Comparer").click().run()

        said = text_of(at)
        assert "Service injoignable" in said
        assert "Vos valeurs sont conservées." in said
        assert at.text_input(key="et_si_12_vibration_level").value == "6,5"

        api.mend()
        at.run()
        assert at.text_input(key="et_si_12_vibration_level").value == "6,5"
        at.button(key="FormSubmitter:et_si-Comparer").click().run()
        assert len(tables(at)) > 0


def test_what_if__typed_values_stay_when_another_tab_was_read(logged_in: Open) -> None:
    at = open_tab(logged_in("technicien", "turbine", id="12"), "Et si…")
    at.text_input(key="et_si_12_vibration_level").set_value("6,5")
    at.button(key="FormSubmitter:et_si-Comparer").click().run()

    open_tab(at, "Pourquoi")
    open_tab(at, "Et si…")

    assert at.text_input(key="et_si_12_vibration_level").value == "6,5"
    assert len(tables(at)) > 0


def test_what_if__refused_value_told_at_its_field_and_kept(logged_in: Open) -> None:
    at = open_tab(logged_in("technicien", "turbine", id="12"), "Et si…")

    at.text_input(key="et_si_12_wind_speed").set_value("-3,0")
    at.button(key="FormSubmitter:et_si-Comparer").click().run()

    assert at.text_input(key="et_si_12_wind_speed").value == "-3,0"
    assert [line for line in at.markdown if line.value.startswith(":red[")]
    assert "Une valeur est refusée" in at.error[0].value
    assert not tables(at)


def test_what_if__what_is_no_number_is_told_at_its_field_and_kept(logged_in: Open) -> None:
    at = open_tab(logged_in("technicien", "turbine", id="12"), "Et si…")

    at.text_input(key="et_si_12_vibration_level").set_value("6,5 g")
    at.button(key="FormSubmitter:et_si-Comparer").click().run()

    assert at.text_input(key="et_si_12_vibration_level").value == "6,5 g"
    assert "« 6,5 g » n’est pas un nombre" in text_of(at)
    assert "Une valeur est refusée" in at.error[0].value
    assert not tables(at)


def test_drivers__beside_what_is_usual_here_and_in_the_park(
    logged_in: Open, running_api: RunningApi, riskiest: str
) -> None:
    detail = running_api.client("technicien").turbines.detail(riskiest)
    known = next(usual for usual in detail.usual if usual.feature == "vibration_level")

    chart = logged_in("technicien", "turbine", id=riskiest).get("plotly_chart")[0].proto

    here = f"ici {french.trimmed(known.low, 1)} à {french.trimmed(known.high, 1)}"
    park = f"parc {french.trimmed(known.park_low, 1)} à {french.trimmed(known.park_high, 1)}"
    assert f"d’habitude {here} ; {park}" in chart.alt


def test_what_if__power_follows_the_wind_by_the_turbine_s_curve_unless_untied(
    logged_in: Open, running_api: RunningApi
) -> None:
    client = running_api.client("technicien")
    scored = {driver.feature: driver.value for driver in client.turbines.detail("12").drivers}
    wind = (scored["wind_speed"] or 0) + 3
    expected = client.turbines.power_at("12", wind, scored["wind_speed"], scored["power_output"]).power_output
    at = open_tab(logged_in("technicien", "turbine", id="12"), "Et si…")
    power = "et_si_12_power_output"
    assert at.text_input(key=power).disabled

    at.text_input(key="et_si_12_wind_speed").set_value(french.typed(wind))
    at.button(key="FormSubmitter:et_si-Comparer").click().run()

    assert (
        at.text_input(key=power).value == french.typed(expected, 2) != french.typed(scored["power_output"], 2)
    )
    at.toggle(key="et_si_12_lien").set_value(False).run()
    assert not at.text_input(key=power).disabled
    at.text_input(key=power).set_value("100")
    at.button(key="FormSubmitter:et_si-Comparer").click().run()
    assert at.text_input(key=power).value == "100"


def test_sheet__offered_on_the_page(logged_in: Open, riskiest: str) -> None:
    at = logged_in("technicien", "turbine", id=riskiest)

    assert "Fiche à imprimer" in [element.proto.label for element in at.get("download_button")]
