"""The measurements page against the real API: preview, confirmation, report, refusals, freshness."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from api.schemas.findings import finding_label
from api.schemas.vocabulary import Freshness
from tests.support.measurements.measure_files import (
    BAD_ROWS,
    GOOD,
    HEADER,
    LARGE,
    LARGE_ROWS,
    SWAPPABLE_DATES,
    WRONG_COLUMNS,
    file_of,
    lines,
)
from tests.support.measurements.vendor_exports import greenbyte
from tests.support.relay import Relay, relayed
from tests.support.servers import api_server, free_port, prepare, working
from tests.support.words import plain
from tests.ui.conftest import RunningApi, enter, open_at, tables, text_of

IMPORT_S = 60.0
CONTRADICTORY = (
    b"turbine_id,date_measure,wind_speed,vibration_level,temperature,power_output,maintenance_done\n"
    b"5,2024-06-03T08:00:00Z,8,2.1,40,480,0\n"
    b"5,2024-06-03T08:00:00Z,8,9.9,40,480,0\n"
)
Open = Callable[[str], AppTest]


@dataclass(frozen=True)
class Installation:
    """An installation of this module alone, for its tests write into it."""

    api: RunningApi
    way: Relay

    def imports(self) -> int:
        """How many imports it has made."""
        return self.api.client("manager").measurements.imports(1).total


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A prepared installation with its API and its worker."""
    home = tmp_path_factory.mktemp("mesures")
    prepare(home, settled=True)
    port = free_port()
    server = api_server(home, port).start()
    with working(home):
        try:
            with relayed(f"http://127.0.0.1:{port}") as way:
                yield Installation(RunningApi(f"http://127.0.0.1:{port}", home), way)
        finally:
            server.stop()


@pytest.fixture
def opened(dashboard: Callable[[str], AppTest], installation: Installation) -> Open:
    """Logs someone in and opens the page."""

    def open_page(username: str) -> AppTest:
        return enter(dashboard(installation.way.url), username, "mesures")

    return open_page


def choose(at: AppTest, name: str, content: bytes) -> AppTest:
    """Puts a file in the first field of the page."""
    return at.file_uploader[0].upload(name, content).run()


def said(at: AppTest) -> str:
    """The page's words, as they are read."""
    return text_of(at).replace("\\", "")


def fact(at: AppTest, name: str) -> str:
    """The figure of that name."""
    return text_of(at).split(f"<dt>{name}</dt><dd>")[1].split("<span>")[0]


def table(at: AppTest, column: str) -> pd.DataFrame:
    """The table that has this column."""
    frame: pd.DataFrame = next(t.value for t in tables(at) if column in t.value.columns)
    return frame


@pytest.mark.parametrize("username", ["technicien", "ingenieur", "admin"])
def test_without_the_right__page_reads_only(opened: Open, username: str) -> None:
    at = opened(username)

    assert not at.exception
    assert [tab.label for tab in at.tabs] == ["Fraîcheur et couverture", "Derniers imports"]
    assert len(at.file_uploader) == 0


def test_coverage__what_the_api_says(opened: Open, installation: Installation) -> None:
    seen = installation.api.client("manager").measurements.coverage()

    at = opened("technicien")

    page = re.sub(r"<[^>]+>", "", said(at))  # numbers of turbines are links
    assert seen.missing
    assert all(notice.message in page for notice in seen.missing)
    states = {turbine.turbine_id: turbine.freshness for turbine in seen.turbines}
    counts = Counter(states.values())
    assert fact(at, "En retard") == str(counts[Freshness.EN_RETARD])
    assert fact(at, "Trop anciennes") == str(counts[Freshness.TROP_ANCIENNE])
    shown = table(at, "Fraîcheur")
    assert set(shown["Turbine"]) == {turbine.turbine_id for turbine in seen.turbines}
    late = {turbine.turbine_id for turbine in seen.turbines if turbine.late}
    assert set(shown["Turbine"][: len(late)]) == late
    for turbine, words in zip(shown["Turbine"], shown["Fraîcheur"], strict=True):
        assert words.endswith(states[turbine].words), turbine
    findings = tables(at)[0].value
    assert list(findings["Constat"]) == [finding_label(f.code) for f in seen.findings]


def test_longer_period__asks_for_its_days(opened: Open, installation: Installation) -> None:
    at = opened("technicien")
    seen = installation.api.client("manager").measurements.coverage()

    at.segmented_control(key="periode").set_value(90).run()

    chart = json.loads(at.get("plotly_chart")[0].proto.spec)
    days = chart["data"][0]["x"]
    assert len(days) == 90
    assert str(days[-1]).startswith(seen.last.isoformat())


def test_good_file__nothing_written_before_confirmation(opened: Open, installation: Installation) -> None:
    before = installation.imports()
    at = choose(opened("manager"), "bon.csv", GOOD)

    assert (fact(at, "Lignes du fichier"), fact(at, "Seraient ajoutées")) == ("40", "40")
    assert "dates au format AAAA-MM-JJ" in said(at)
    assert "le parc simulé (50\u00a0turbines) sera mis de côté" in said(at)
    assert installation.imports() == before

    at.button(key="importer").click().run()

    assert installation.imports() == before + 1
    report = installation.api.client("manager").measurements.imports(1).items[0]
    assert (report.filename, report.inserted, report.rejected) == ("bon.csv", 40, 0)
    assert (fact(at, "Lignes lues"), fact(at, "Ajoutées"), fact(at, "Rejetées")) == ("40", "40", "0")
    assert "aucune ligne rejetée" in said(at)

    at.button(key="autre_fichier").click().run()
    choose(at, "bon.csv", GOOD)

    assert (fact(at, "Seraient ajoutées"), fact(at, "Déjà connues")) == ("0", "40")
    assert "ne doublera rien" in said(at)
    assert "parc simulé" not in said(at)


def test_wrong_columns__refused_in_place_and_options_open(opened: Open, installation: Installation) -> None:
    before = installation.imports()

    at = choose(opened("manager"), "colonnes.csv", WRONG_COLUMNS)

    assert not at.exception
    assert "Fichier refusé, rien n’a été écrit." in said(at)
    assert "**turbine_id**" in said(at)
    assert "--" not in "".join(error.value for error in at.error)
    assert at.expander[0].proto.expanded
    assert "importer" not in [button.key for button in at.button]
    assert installation.imports() == before


def test_mapping__gives_the_names_and_converts(opened: Open) -> None:
    at = choose(opened("manager"), "machines.csv", b"machine;jour;vent\n1;2025-03-03;28,8\n")
    wind = {"sensor": "wind_speed", "unit": "km/h"}
    columns = {"machine": "turbine_id", "jour": "date_measure", "vent": wind}

    at.file_uploader[1].upload("noms.json", json.dumps({"columns": columns}).encode()).run()

    assert "refusé" not in said(at)
    assert fact(at, "Seraient ajoutées") == "1"
    assert table(at, "Verdict")["Vitesse du vent (m/s)"][0] == "8"
    uses = table(at, "Ce qui en est fait").set_index("Colonne")["Ce qui en est fait"]
    assert uses["vent"].endswith("converti depuis km/h")


def test_export_of_another_system__its_mapping_is_proposed_corrected_and_used(opened: Open) -> None:
    name, text = greenbyte()
    at = choose(opened("manager"), name, text.encode())
    assert "Fichier refusé" in said(at)

    at.button(key="proposer").click().run()

    assert "Kelmarsh_1" in said(at)
    assert '"aggregate": "day"' in at.text_area[0].value
    at.text_area[0].set_value(at.text_area[0].value.replace('"mean"', '"max"'))
    at.button(key="appliquer").click().run()

    assert "refusé" not in said(at)
    assert (fact(at, "Lignes du fichier"), fact(at, "Seraient ajoutées")) == ("3", "3")
    assert "réunis par jour" in said(at)
    assert not at.exception


def test_days_and_months_could_be_swapped__format_is_asked_for(opened: Open) -> None:
    at = choose(opened("manager"), "ambigu.csv", SWAPPABLE_DATES)
    assert "**Format des dates**" in said(at)

    at.selectbox(key="dates_0").set_value("JJ/MM/AAAA").run()

    assert "refusé" not in said(at)
    assert set(table(at, "Verdict")["Mesurée le"]) == {"03/04/2024"}


def test_bad_rows__each_told_as_typed_and_the_good_ones_kept(
    opened: Open, installation: Installation
) -> None:
    at = choose(opened("manager"), "fautif.csv", BAD_ROWS)
    assert fact(at, "Seraient rejetées") == "3"
    assert list(table(at, "Verdict")["Verdict"]) == ["✓ prise"] * 3 + ["✕ rejetée"] * 3
    assert list(table(at, "Verdict")["Vitesse du vent (m/s)"][3:]) == ["**gras**", "7", "7"]
    assert [reason.split(" : ")[0] for reason in table(at, "Verdict")["Raison"][3:]] == [
        "wind_speed",
        "temperature",
        "turbine_id",
    ]

    at.button(key="importer").click().run()

    problems = table(at, "Valeur")
    assert list(problems["Ligne"]) == ["5", "6", "7"]
    assert list(problems["Colonne"]) == ["wind_speed", "temperature", "turbine_id"]
    assert problems["Valeur"][0] == "**gras**"  # shown as typed, not in bold
    assert problems["Raison"].str.len().min() > 10
    assert (fact(at, "Ajoutées"), fact(at, "Rejetées")) == ("3", "3")
    assert len(at.get("download_button")) == 1
    number = installation.api.client("manager").measurements.imports(1).items[0].import_id
    told = installation.api.client("technicien").measurements.import_problems(number).decode("utf-8-sig")
    assert [row.split(";")[0] for row in told.splitlines()[1:]] == ["5", "6", "7"]


def test_values_like_another_unit__asked_before_anything_is_sent(opened: Open) -> None:
    rows = [
        ",".join([*row.split(",")[:5], str(float(row.split(",")[5]) / 1000), "0"])
        for row in lines(100, date(2025, 4, 7))
    ]
    at = choose(opened("manager"), "megawatts.csv", file_of(rows))
    assert len(at.warning) == 1
    assert at.button(key="importer").proto.disabled

    at.checkbox(key="verifie_0").check().run()

    assert not at.button(key="importer").proto.disabled


def test_large_file__followed_while_the_page_is_left(opened: Open, installation: Installation) -> None:
    at = choose(opened("manager"), "grand.csv", LARGE)
    assert fact(at, "Lignes du fichier").replace("\u202f", "") == str(LARGE_ROWS)

    at.button(key="importer").click().run()
    assert not at.exception
    open_at(at, "cockpit")
    deadline = time.monotonic() + IMPORT_S
    while "terminé en" not in said(open_at(at, "mesures")) and time.monotonic() < deadline:
        time.sleep(0.3)

    assert fact(at, "Ajoutées").replace("\u202f", "") == str(LARGE_ROWS)
    assert installation.api.client("manager").measurements.imports(1).items[0].rows == LARGE_ROWS


def test_service_away_at_confirmation__file_kept_and_imported_once(
    opened: Open, installation: Installation
) -> None:
    before = installation.imports()
    at = choose(opened("manager"), "panne.csv", file_of(lines(10, date(2025, 5, 5))))
    installation.way.cut()
    try:
        at.button(key="importer").click().run()
        assert "Votre fichier est conservé" in said(at)
    finally:
        installation.way.mend()

    at.button(key="importer").click().run()

    assert fact(at, "Ajoutées") == "10"
    assert installation.imports() == before + 1


def test_address_of_an_import__opens_its_report(opened: Open, installation: Installation) -> None:
    at = opened("technicien")
    number = installation.api.client("manager").measurements.imports(50).items[-1].import_id

    open_at(at, "mesures", **{"import": str(number)})
    assert f"Rapport de l’import n° {number}" in "\n".join(element.value for element in at.subheader)

    open_at(at, "mesures", **{"import": "999999"})
    assert not at.exception
    assert "introuvable" in said(at)


def test_header_alone__nothing_to_confirm(opened: Open) -> None:
    at = choose(opened("manager"), "vide.csv", HEADER.encode())

    assert not at.exception
    assert "Aucune ligne ne pourrait être prise" in said(at)
    assert at.button(key="importer").proto.disabled


def test_corrections__a_person_chooses_which_value_stands_with_a_reason(
    opened: Open, installation: Installation
) -> None:
    at = choose(opened("manager"), "deux.csv", CONTRADICTORY)
    assert fact(at, "Contradictions") == "1"
    at.button(key="importer").click().run()
    at = opened("manager")
    assert "1 contradiction à trancher" in plain(said(at))
    kept = at.radio(key="garder_0")
    assert ["Niveau de vibration (u.a.) : 2,1" in plain(words) for words in kept.options] == [True, False]

    at.button(key="choisir_voir").click().run()
    assert "Le motif est attendu" in said(at)
    at.text_input(key="choisir_motif").input("capteur débranché")
    at.button(key="choisir_voir").click().run()
    assert "1 ligne de 1 turbine" in plain(said(at))
    at.button(key="choisir_confirmer").click().run()

    assert not at.exception
    at = opened("manager")
    assert "deux valeurs d’un même capteur" in said(at)
    assert table(at, "Motif")["Motif"][0] == "capteur débranché"
    (act,) = installation.api.client("manager").corrections.acts(5).items
    assert (act.kind, act.reason, act.effect["rows"]) == ("choix", "capteur débranché", 1)
