"""The cockpit's views: what the address asks for, what the table holds, what the trust line says."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.schemas import french
from api.schemas.interventions import Proposal
from api.schemas.vocabulary import DataStatus, Queue, RiskLevel, SituationCode
from api.storage.park import ranking
from tests.support.html_tables import read_tables
from tests.support.ui_samples import driver, item, park, run
from ui.interventions import proposal_views
from ui.park import exports, sheets, views
from ui.shared import table

VIEWS = st.builds(
    views.View,
    levels=st.lists(st.sampled_from(RiskLevel), unique=True).map(tuple),
    days=st.none() | st.integers(0, 400).map(float),
    farm=st.none() | st.text(min_size=1, max_size=20),
    text=st.text(max_size=20),
    queue=st.none() | st.sampled_from(Queue),
    situation=st.none() | st.sampled_from(SituationCode),
    site=st.none() | st.text(min_size=1, max_size=20),
    driver=st.none() | st.text(min_size=1, max_size=20),
    state=st.none() | st.sampled_from(list(views.STATES)),
    day=st.none() | st.dates(),
    page=st.integers(1, 10**6 - 1),
    sort=st.sampled_from(["", *views.SORTS, *(f"-{name}" for name in views.SORTS)]),
)
ADDRESS = [
    "niveau",
    "jours",
    "parc",
    "q",
    "id",
    "file",
    "situation",
    "site",
    "facteur",
    "etat",
    "jour",
    "tri",
    "page",
]


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


def test_asked__is_what_the_api_takes() -> None:
    view = views.View(
        levels=(RiskLevel.CRITIQUE, RiskLevel.ELEVE),
        days=7.0,
        farm="Pilat",
        text="vibration",
        queue=Queue.DESACCORD,
        site="Lyon",
        driver="vibration_level",
        state="perime",
        day=date(2024, 12, 30),
        sort="-cout",
    )

    assert view.asked() == {
        "risk_level": ["critique", "eleve"], "max_days": 7.0, "farm": "Pilat", "text": "vibration",
        "data_status": "perime", "queue": "desaccord", "site": "Lyon", "driver": "vibration_level",
        "as_of": "2024-12-30", "sort": "-cost", "situation": [],
    }  # fmt: skip
    assert views.View(situation=SituationCode.COUVERTE).asked()["situation"] == ["couverte"]
    deciding = views.View(situation=SituationCode.A_DECIDER).asked()["situation"]
    assert set(deciding) == {"a_decider", "trop_tard", "sans_effet", "rechute"}
    assert views.View(state="hors_service").asked()["service_state"] == "hors_service"


@given(VIEWS)
def test_asked__every_view_is_a_question_that_the_api_knows(view: views.View) -> None:
    asked = view.asked()

    assert set(asked) - {"data_status", "service_state"} == {
        "risk_level", "max_days", "farm", "site", "text", "queue", "driver", "as_of", "sort", "situation",
    }  # fmt: skip
    assert asked["sort"] is None or asked["sort"].removeprefix("-") in ranking.SORTS
    assert asked.get("data_status") in {None, *DataStatus}


def test_view__texts_are_cut_where_the_api_would_refuse_them() -> None:
    view = views.View.of({"q": "x" * 500, "parc": "y" * 500})
    assert (len(view.text), len(view.farm or "")) == (80, 120)


@pytest.mark.parametrize(
    ("shown", "kept", "words"),
    [
        (2, 2, "2 turbines sur 50."),
        (1, 1, "1 turbine sur 50."),
        (2, 40, "40 turbines sur 50."),
    ],
)
def test_count_words__all_that_the_filters_keep_whatever_the_page(shown: int, kept: int, words: str) -> None:
    said = views.count_words(park(items=[item() for _ in range(shown)], total=kept))

    assert said.replace(french.NBSP, " ") == words


def test_park_frame__numbers_stay_sortable_and_read_french() -> None:
    rows = [
        item(turbine_id="7", failure_probability=0.004, time_to_failure_days=4.25, age_days=3),
        item(turbine_id="8", failure_probability=None, time_to_failure_days=None, age_days=0),
    ]

    frame = views.park_frame(rows)
    (shown,) = read_tables(table.html(frame, "x", columns=views.PARK_COLUMNS))

    assert frame["Probabilité"].tolist() == [0.004, None]
    read = shown.value.map(lambda words: words.replace(french.NBSP, " ").replace(french.THIN, " "))
    assert read["Probabilité"].tolist() == ["< 1 %", "–"]
    assert read["Jours restants"].tolist() == ["4,3 jours", "–"]
    assert read["Âge"].tolist() == ["3 j", "jour même"]
    assert shown.opens == ["turbine?id=7", "turbine?id=8"]


def test_park_frame__leaves_out_columns_that_would_say_nothing() -> None:
    alike = [item(turbine_id="1"), item(turbine_id="2")]
    told_apart = [
        item(turbine_id="1", time_to_failure_interval=(1.0, 9.0)),
        item(turbine_id="2", farm="Bugey", data_status="perime"),
    ]

    assert not {"Intervalle", "Parc", "Qualité"} & set(views.park_frame(alike).columns)
    assert {"Intervalle", "Parc", "Qualité"} <= set(views.park_frame(told_apart).columns)
    assert views.park_frame([]).empty


def test_reason__without_a_recent_measurement__no_page_nor_file_names_a_driver() -> None:
    lost = item(data_status="perime", main_driver=driver())
    situation = {"code": "a_decider", "reason": "Niveau critique.", "decided_by": "niveau", "until": None}
    proposal = Proposal.model_validate(
        dict(lost)
        | {"situation": situation, "run_id": 7, "as_of": "2024-12-30", "intervention": None}
        | {"priority": "urgente", "skills": [], "checklist": []}
    )
    written = [
        views.park_frame([lost])["Facteur principal"][0],
        exports.park_csv([lost]).decode(),
        sheets.park_sheet(park(items=[lost]), [lost], views.View(), simulated=False),
        proposal_views.proposal_words(proposal),
    ]

    assert all("Mesure trop ancienne" in text and "vibration" not in text for text in written)


def test_sorts__one_for_every_column() -> None:
    assert {name for name, _ in views.SORTS.values()} == set(views.PARK_COLUMNS)
    assert {asked for _, asked in views.SORTS.values()} == set(ranking.SORTS)


def test_trust__good_when_recent_and_nothing_to_say() -> None:
    said = views.trust(park())

    assert said is not None
    assert said.good
    assert said.headline == "Classement du lundi 30 décembre 2024"
    facts = " | ".join(said.facts + said.origin).replace(french.NBSP, " ")
    assert facts == (
        "50 turbines évaluées sur 50 | aucune mesure trop ancienne | calculé le 30/12/2024 à 06:00"
        " | risque v3 | politique v2"
    )


def test_trust__counts_failed_and_stale() -> None:
    said = views.trust(park(run=run(failed=2, stale=3)))

    assert said is not None
    assert said.facts[:3] == (
        f"48{french.NBSP}turbines évaluées sur 50",
        "2 en échec",
        f"3{french.NBSP}mesures trop anciennes",
    )
    assert not said.good, "incomplete"


@pytest.mark.parametrize("lacking", [{"failed": 2}, {"stale": 3}])
def test_trust__a_part_of_the_park_not_judged_on_a_recent_measurement_is_not_good(
    lacking: dict[str, int],
) -> None:
    said = views.trust(park(run=run(**lacking)))

    assert said is not None
    assert not said.good, "Supervision and Mesures call the same run one to look after"


def test_trust__the_next_run_reads_on_in_its_line() -> None:
    said = views.trust(park(next_run="Prochain calcul le 31/12/2024 à 06:00."))

    assert said is not None
    assert said.origin[-1] == "prochain calcul le 31/12/2024 à 06:00"


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


def test_park_frame__what_is_to_be_done_and_by_whom() -> None:
    frame = views.park_frame([item(intervention=WORK, planned_visit_on="2025-01-09"), item()])

    assert frame["Intervention"].tolist() == ["Planifiée (T-101)", french.NOTHING]
    assert frame["Prévu le"].tolist() == [date(2025, 1, 3), None]
    assert "Intervention" not in views.park_frame([item()]).columns
