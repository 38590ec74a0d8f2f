"""The cockpit's views: what the address asks for, what the table holds, what the trust line says."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.schemas.vocabulary import Queue, RiskLevel
from tests.unit.ui_samples import driver, item, park, run
from ui import labels as fr
from ui import views

VIEWS = st.builds(
    views.View,
    levels=st.lists(st.sampled_from(RiskLevel), unique=True).map(tuple),
    days=st.none() | st.integers(0, 400).map(float),
    farm=st.none() | st.text(min_size=1, max_size=20),
    text=st.text(max_size=20),
    queue=st.none() | st.sampled_from(Queue),
    site=st.none() | st.text(min_size=1, max_size=20),
    driver=st.none() | st.text(min_size=1, max_size=20),
    state=st.none() | st.sampled_from(list(views.STATES)),
    day=st.none() | st.dates(),
    sort=st.sampled_from(["", *views.SORTS, *(f"-{name}" for name in views.SORTS)]),
)
ADDRESS = ["niveau", "jours", "parc", "q", "id", "file", "site", "facteur", "etat", "jour", "tri"]


@given(VIEWS)
def test_view__comes_back_from_its_address(view: views.View) -> None:
    assert views.View.of(view.query()) == view


@given(st.dictionaries(st.sampled_from(ADDRESS), st.text(max_size=12)))
def test_view__any_address_opens(query: dict[str, str]) -> None:
    view = views.View.of(query)

    assert views.View.of(view.query()) == view


def test_view__what_cannot_be_read_is_left_out() -> None:
    assert views.View.of({"niveau": "critique,bleu,critique", "jours": "nan"}) == views.View(
        (RiskLevel.CRITIQUE,)
    )
    assert views.View.of({"jours": "12,5"}).days == 12.5
    assert views.View.of({"jours": "-3"}).days == 0


PARK = [
    item(turbine_id="1", farm="Pilat", risk_level="critique", time_to_failure_days=3.0, main_driver=driver()),
    item(turbine_id="2", farm="Bugey", risk_level="eleve", time_to_failure_days=12.0),
    item(turbine_id="12", farm=None, risk_level="faible", time_to_failure_days=None),
]


@pytest.mark.parametrize(
    ("view", "kept"),
    [
        (views.View(), ["1", "2", "12"]),
        (views.View(levels=(RiskLevel.ELEVE, RiskLevel.FAIBLE)), ["2", "12"]),
        (views.View(days=12.0), ["1", "2"]),
        (views.View(farm="Bugey"), ["2"]),
        (views.View(text="VIBRATION niveau"), ["1"]),
        (views.View(text="turbine 12"), ["12"]),
        (views.View(text="eleve"), ["2"]),
        (views.View(text="introuvable"), []),
    ],
)
def test_matching__keeps_what_the_view_asks_for(view: views.View, kept: list[str]) -> None:
    assert [found.turbine_id for found in views.matching(PARK, view)] == kept


def test_park_frame__numbers_stay_sortable_and_read_french() -> None:
    rows = [
        item(turbine_id="7", failure_probability=0.004, time_to_failure_days=4.25, age_days=3),
        item(turbine_id="8", failure_probability=None, time_to_failure_days=None, age_days=0),
    ]

    frame = views.park_frame(rows)
    shown = views.styled(frame).to_html().replace(fr.NBSP, " ").replace(fr.THIN, " ")

    assert frame["Probabilité"].tolist()[0] == 0.004
    assert frame["Probabilité"].isna().tolist() == [False, True]
    for words in ("&lt; 1 %", "4,2 jours", "3 j", "jour même", "–"):
        assert words in shown or words.replace("&lt;", "<") in shown


def test_park_frame__leaves_out_columns_that_would_say_nothing() -> None:
    alike = [item(turbine_id="1"), item(turbine_id="2")]
    told_apart = [
        item(turbine_id="1", time_to_failure_interval=(1.0, 9.0)),
        item(turbine_id="2", farm="Bugey", data_status="perime"),
    ]

    assert not {"Intervalle", "Parc", "Qualité"} & set(views.park_frame(alike).columns)
    assert {"Intervalle", "Parc", "Qualité"} <= set(views.park_frame(told_apart).columns)
    assert views.park_frame([]).empty


def test_level_cells__sort_by_urgency_as_text() -> None:
    rows = [item(turbine_id=str(n), risk_level=level) for n, level in enumerate(RiskLevel)]

    cells = [cell[0] for cell in views.park_frame(rows)["Niveau"]]

    assert all(one < other for one, other in pairwise(cells))


def test_sorts__one_for_every_column() -> None:
    assert {name for name, _ in views.SORTS.values()} == set(views.PARK_COLUMNS)


def test_trust__good_when_recent_and_nothing_to_say() -> None:
    said = views.trust(park())

    assert said is not None
    assert said.good
    assert said.headline == "Classement du lundi 30 décembre 2024"
    facts = " | ".join(said.facts + said.origin).replace(fr.NBSP, " ")
    assert facts == (
        "50 turbines évaluées sur 50 | mesures récentes partout | calculé le 30/12/2024 à 06:00"
        " | risque v3 | politique v2"
    )


def test_trust__counts_failed_and_stale() -> None:
    said = views.trust(park(run=run(failed=2, stale=3)))

    assert said is not None
    assert said.facts[:3] == (f"48{fr.NBSP}turbines évaluées sur 50", "2 en échec", "3 sans mesure récente")


def test_trust__too_old_or_noticed_is_not_good() -> None:
    old = views.trust(park(stale=True))
    noticed = views.trust(
        park(notices=[{"code": "calcul_echoue", "message": "Le dernier calcul n’a pas abouti."}])
    )

    assert old is not None
    assert noticed is not None
    assert not old.good
    assert old.headline.endswith("trop ancien pour décider")
    assert not noticed.good
    assert noticed.notices[0].message == "Le dernier calcul n’a pas abouti."


def test_trust__none_before_the_first_ranking() -> None:
    assert views.trust(park(run=None, as_of=None)) is None


def test_trust__a_past_ranking_is_not_today_s() -> None:
    told = views.trust(park(), past=True)

    assert told is not None
    assert not told.good
    assert told.headline.endswith("tel que vu ce jour-là")


WORK = {"id": 4, "state": "planifiee", "planned_on": "2025-01-03", "assignee": "T-101"}
NARROWED = [
    item(turbine_id="1", site="Lyon", main_driver=driver(), data_status="perime"),
    item(turbine_id="2", site="Bugey", main_driver=driver(feature="wind"), service_state="hors_service"),
]


@pytest.mark.parametrize(
    ("view", "kept"),
    [
        (views.View(site="Bugey"), ["2"]),
        (views.View(driver="vibration_level"), ["1"]),
        (views.View(state="perime"), ["1"]),
        (views.View(state="hors_service"), ["2"]),
        (views.View(state="en_service"), ["1"]),
    ],
)
def test_matching__site_driver_and_state(view: views.View, kept: list[str]) -> None:
    assert [one.turbine_id for one in views.matching(NARROWED, view)] == kept


@given(
    st.lists(st.none() | st.floats(0, 1), max_size=12),
    st.sampled_from(["probabilite", "-probabilite"]),
)
def test_order__known_values_sorted_and_unknown_ones_last_both_ways(
    chances: list[float | None], sort: str
) -> None:
    items = [item(turbine_id=str(n), failure_probability=p) for n, p in enumerate(chances)]

    shown = [one.failure_probability for one in views.matching(items, views.View(sort=sort))]

    known = sorted((p for p in chances if p is not None), reverse=sort.startswith("-"))
    assert shown == known + [None] * (len(chances) - len(known))


def test_order__every_column_can_be_sorted_and_turbines_are_numbers() -> None:
    items = [
        item(turbine_id="10", intervention=WORK, main_driver=driver()),
        item(turbine_id="9", planned_visit_on="2025-01-09", farm=None),
        item(turbine_id="A-2", change={"kind": "hausse", "previous_level": "faible", "sentence": "x"}),
    ]

    for name in views.SORTS:
        assert len(views.matching(items, views.View(sort=f"-{name}"))) == 3
    assert [i.turbine_id for i in views.matching(items, views.View(sort="turbine"))] == ["9", "10", "A-2"]
    assert [i.turbine_id for i in views.matching(items, views.View(sort="prevu"))][:2] == ["10", "9"]


def test_park_frame__what_is_to_be_done_and_by_whom() -> None:
    frame = views.park_frame([item(intervention=WORK, planned_visit_on="2025-01-09"), item()])

    assert frame["Intervention"].tolist() == ["Planifiée (T-101)", fr.NOTHING]
    assert [str(day)[:10] for day in frame["Prévu le"]] == ["2025-01-03", "NaT"]
    assert "Intervention" not in views.park_frame([item()]).columns
