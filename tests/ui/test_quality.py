"""The page of realised quality: its figures are the API's, and an empty one says why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from api.schemas import french
from api.schemas.common import Figure
from api.schemas.quality import Failure, PublishedLevel, RealisedQuality
from api.schemas.vocabulary import RiskLevel
from api.services.quality.realised import RealisedQuery
from tests.support.client import new_core
from tests.ui.conftest import RunningApi, tables, text_of
from ui.client.client import ApiClient
from ui.quality import views


def _page() -> None:
    from ui.quality import qualite

    qualite.page()


def _drawing() -> None:
    import streamlit as st

    from ui.quality import qualite

    qualite.draw(st.session_state["found"])


@pytest.fixture
def client(running_api: RunningApi) -> ApiClient:
    return running_api.client("technicien")


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[RealisedQuality]:
    core = new_core(tmp_path)
    yield core.realised.quality(RealisedQuery())
    core.close()


def _open(client: ApiClient) -> AppTest:
    at = AppTest.from_function(_page, default_timeout=60)
    at.session_state["_client"] = client
    at.session_state["_gate"] = SimpleNamespace(logout_button=lambda: None)
    return at.run()


def test_page__tells_what_the_api_counts(client: ApiClient) -> None:
    found = client.quality.realised()
    at = _open(client)
    assert not at.exception
    page = text_of(at).replace("\\", "")
    assert found.counts.counted > 100  # the simulated sample's last fortnight, unseen by its models
    assert views.counts_words(found) in page
    assert f"{found.events.announced} / {found.events.total}" in page
    assert views.units_words(found) in page
    levels = tables(at)[0].value
    assert list(levels["Niveau publié"]) == ["■ Critique", "▲ Élevé", "◆ Modéré", "○ Faible"]
    assert list(levels["Mesures"]) == [french.number(one.rows) for one in found.levels]
    assert levels["Rappel à ce niveau ou au-dessus"].str.contains("de .* à|trop peu de données").all()
    periods = tables(at)[1].value
    assert sum(int(rows.replace(french.THIN, "")) for rows in periods["Mesures"]) == found.at_threshold.rows
    assert list(periods.columns)[:2] == ["Mois", "Mesures"]


def test_units__failures_are_told_apart_from_the_rows_that_are_counted(client: ApiClient) -> None:
    found = client.quality.realised()
    digits = re.findall(r"\d+", re.sub(r"[\u00a0\u202f]", "", views.units_words(found)))
    confusion = found.at_threshold
    assert [int(one) for one in digits[:3]] == [
        found.events.total,
        found.counts.counted,
        confusion.true_positives + confusion.false_negatives,
    ]


def test_page__by_week_and_with_days_in_the_wrong_order(client: ApiClient) -> None:
    at = _open(client)
    at.segmented_control(key="qualite_par").set_value("week").run()
    assert tables(at)[1].value.columns[0] == "Semaine du"
    at.date_input(key="qualite_de").set_value(date(2024, 12, 30)).run()
    at.date_input(key="qualite_a").set_value(date(2024, 12, 1)).run()
    assert not at.exception
    assert "le dernier jour précède le premier" in text_of(at)


def test_file__is_the_api_s(client: ApiClient) -> None:
    at = _open(client)
    at.button(key="qualite_preparer").click().run()
    assert not at.exception
    assert len(at.get("download_button")) == 1
    sent = client.quality.realised_csv(first=date(2024, 12, 30), last=date(2024, 12, 30))
    assert sent.count(b"\r\n") == client.quality.realised(first=date(2024, 12, 30)).counts.published + 1


def test_nothing_published__says_what_to_do(empty: RealisedQuality) -> None:
    at = AppTest.from_function(_drawing)
    at.session_state["found"] = empty
    at.run()
    assert not at.exception
    assert "Aucun score publié" in text_of(at).replace("\\", "")
    assert not tables(at)


def test_history__days_at_one_level_are_said_once() -> None:
    levels = [RiskLevel.FAIBLE, RiskLevel.FAIBLE, RiskLevel.FAIBLE, RiskLevel.MODERE]
    history = [PublishedLevel(as_of=date(2024, 5, n + 1), level=level) for n, level in enumerate(levels)]
    failure = Failure(
        turbine="7", first_on=date(2024, 5, 3), last_on=date(2024, 5, 4), failed_on=None, rows=1,
        announced=False, lead_days=None, since_start=False, history=history,
    )  # fmt: skip
    (row,) = views.missed_frame([failure]).to_dict("records")
    assert row["Niveaux publiés avant la panne"] == "faible 3\u00a0jours, puis modéré"
    assert row["Panne le"] == "–"
    alone = views.history_words(failure.model_copy(update={"history": []}))
    assert alone == "rien n’était publié"


@pytest.mark.parametrize(
    ("figure", "percent", "words"),
    [
        (Figure(value=None, low=None, high=None, method="aucun"), True, "non défini"),
        (Figure(value=0.5, low=None, high=None, method="aucun"), True, "trop peu de données"),
        (Figure(value=0.5, low=0.094, high=0.906, method="wilson"), True, "de 9\u202f% à 91\u202f%"),
        (Figure(value=3.4, low=3.0, high=3.75, method="bootstrap_turbine"), False, "de 3 à 3,8\u00a0jours"),
    ],
)
def test_interval__in_words(figure: Figure, percent: bool, words: str) -> None:
    assert views.interval(figure, percent=percent) == words


def test_frames_of_nothing__are_empty_tables() -> None:
    assert views.missed_frame([]).empty
    assert isinstance(views.false_alerts_frame([]), pd.DataFrame)
