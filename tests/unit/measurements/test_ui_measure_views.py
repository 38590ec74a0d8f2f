"""Words and tables of imports: what would happen, what happened, nothing claimed that is only estimated."""

from __future__ import annotations

import email
import email.policy
import tracemalloc
from typing import Any

import pytest

from api.domain.measurements import columns, day_format
from api.schemas.measurements import PreviewColumn, RowProblem
from tests.support.measurements.measure_samples import file_format, job, preview, report, summary
from ui.client.measure_file import BLOCK, MeasureFile
from ui.measurements import views

NBSP, THIN = "\u00a0", "\u202f"


def test_date_formats__those_that_the_api_reads() -> None:
    assert views.DATE_FORMATS == day_format.NAMES


def test_fixed_columns__each_has_a_french_name() -> None:
    known = {
        columns.TURBINE, columns.DATE, columns.FAILURE,
        columns.DAYS_LEFT, columns.TECHNICIAN, columns.PLANNED,
    }  # fmt: skip
    assert set(views.FIXED) == known


def test_format__said_in_words() -> None:
    assert views.format_words(file_format()) == (
        "CSV, Windows-1252, colonnes séparées par point-virgule, décimales notées par une virgule, "
        "dates au format JJ/MM/AAAA."
    )
    workbook = file_format(kind="xlsx", encoding=None, separator=None, decimal=".", header_line=4)
    assert views.format_words(workbook) == (
        "classeur Excel, décimales notées par un point, dates au format JJ/MM/AAAA, "
        "en-tête à la ligne 4, lignes précédentes laissées de côté."
    )


@pytest.mark.parametrize(
    ("changes", "begins"),
    [
        ({}, f"40{NBSP}lignes nouvelles, à ajouter. Rien n’est encore écrit."),
        ({"rows": 41}, f"Environ{NBSP}40{NBSP}lignes nouvelles"),
        ({"estimated_new": 1}, f"1{NBSP}ligne nouvelle, à ajouter. "),
        (
            {"rejected": 2},
            f"40{NBSP}lignes nouvelles, à ajouter{NBSP}; chaque ligne fautive serait rejetée",
        ),
        ({"estimated_new": 0, "estimated_known": 40}, "Toutes les lignes lisibles sont déjà connues"),
        ({"estimated_new": 0, "rejected": 40}, "Aucune ligne ne pourrait être prise"),
    ],
)
def test_preview__says_what_confirming_does(changes: dict[str, Any], begins: str) -> None:
    assert views.preview_words(preview(**changes)).startswith(begins)


def test_preview_facts__estimates_are_called_so_only_where_rows_were_not_read() -> None:
    read = {name: note for name, _, note in views.preview_facts(preview())}
    guessed = {
        name: (value, note)
        for name, value, note in views.preview_facts(
            preview(rows=20000, examined=2000, estimated_new=19000, rejected=3, new_turbines=list("abcdef"))
        )
    }

    assert set(read.values()) == {""}
    assert guessed["Lignes du fichier"] == (f"20{THIN}000", "environ")
    assert guessed["Seraient ajoutées"] == (f"19{THIN}000", "estimation")
    assert guessed["Seraient rejetées"] == ("3", f"sur 2{THIN}000{NBSP}premières lignes")
    assert guessed["Turbines nouvelles"] == ("6 ou plus", "a, b, c, d et 2 autres")


def test_columns__each_state_says_what_becomes_of_it() -> None:
    columns = [
        PreviewColumn(name="vent", state="reconnue", target="wind_speed", label="Vitesse du vent", unit="m/s",
                      converted_from="km/h"),
        PreviewColumn(name="jour", state="reconnue", target="date_measure"),
        PreviewColumn(name="pression", state="inconnue"),
        PreviewColumn(name="temperature", state="absente", consequence="plus d’évaluation."),
    ]  # fmt: skip

    frame = views.columns_frame(columns)

    assert list(frame["Ce qui en est fait"]) == [
        "Vitesse du vent (m/s), converti depuis km/h",
        "Date de mesure",
        "Aucun capteur du cockpit ne porte ce nom : ses valeurs ne sont pas gardées.",
        "plus d’évaluation.",
    ]
    assert frame["État"].nunique() == 3


def test_first_rows__french_numbers_and_nothing_for_what_was_not_read() -> None:
    wind = {
        "name": "vent",
        "state": "reconnue",
        "target": "wind_speed",
        "label": "Vitesse du vent",
        "unit": "m/s",
    }
    rows = [
        {
            "line": 2,
            "accepted": True,
            "turbine_id": "7",
            "measured_on": "2024-12-30",
            "values": {"wind_speed": 1234.5},
            "failure_within_7d": True,
        },
        {"line": 3, "accepted": True, "turbine_id": "8", "measured_on": "2024-12-30"},
    ]

    frame = views.rows_frame(preview(columns=[wind], first_rows=rows))

    assert list(frame.iloc[0]) == ["2", "✓ prise", "7", "30/12/2024", f"1{THIN}234,5", "oui"]
    assert list(frame.iloc[1]) == ["3", "✓ prise", "8", "30/12/2024", "–", "–"]
    assert "Jours avant panne" not in frame


def test_first_rows__a_rejected_one_shows_what_was_read_and_why() -> None:
    wind = {"name": "vent", "state": "reconnue", "target": "wind_speed", "label": "Vent", "unit": "m/s"}
    cells = {"turbine_id": "9", "date_measure": "31/02/2024", "wind_speed": "fort", "failure_within_7d": ""}
    reasons = ["date_measure : jour inexistant.", "wind_speed : nombre attendu."]
    rows = [
        {"line": 2, "accepted": False, "cells": cells, "reasons": reasons},
        {"line": 3, "accepted": False, "reasons": ["trop peu de colonnes : 1 au lieu de 3."]},
    ]

    frame = views.rows_frame(preview(columns=[wind], first_rows=rows, rejected=2))

    assert list(frame.columns) == ["Ligne", "Verdict", "Raison", "Turbine", "Mesurée le", "Vent (m/s)"]
    assert list(frame.iloc[0])[2:] == [f"{NBSP}; ".join(reasons), "9", "31/02/2024", "fort"]
    assert list(frame.iloc[1])[1:] == ["✕ rejetée", "trop peu de colonnes : 1 au lieu de 3.", "–", "–", "–"]


def test_report__usual_counts_always_and_rare_ones_where_they_happened() -> None:
    names = [name for name, _, _ in views.report_facts(report())]
    rare = views.report_facts(report(labels_corrected=2))

    assert names == ["Lignes lues", "Ajoutées", "Déjà connues", "Rejetées"]
    assert rare[-1] == ("Étiquettes corrigées", "2", "l’ancienne est gardée")
    assert views.report_words(report()) == (
        f"Import n°{NBSP}3 terminé en 2,5{NBSP}s{NBSP}: 40{NBSP}lignes lues, 4{NBSP}lignes rejetées."
    )
    assert views.report_words(report(rejected=0)).endswith("aucune ligne rejetée.")


def test_problems__counted_apart_from_those_shown() -> None:
    frame = views.problems_frame([RowProblem(line=5, column="", value=None, reason="ligne tronquée.")])

    assert list(frame.iloc[0]) == ["5", "–", "–", "ligne tronquée."]
    assert views.problems_words(5, 5) == "Problèmes et remarques (5)"
    assert views.problems_words(20, 11300) == (
        f"Problèmes et remarques{NBSP}: 20{NBSP}premiers sur 11{THIN}300"
    )


def test_progress__waiting_reading_then_rows() -> None:
    assert "attend son tour" in views.progress_words(job(status="en_attente", done=0, total=0))
    assert "lecture du fichier" in views.progress_words(job(done=0, total=0))
    assert f"5{THIN}000{NBSP}lignes lues sur 20{THIN}000" in views.progress_words(job())


def test_imports__counts_only_once_they_are_known() -> None:
    frame = views.imports_frame([summary(), summary(status="en_cours", rows=0, inserted=0, rejected=0)])

    assert list(frame["Ajoutées"]) == [f"19{THIN}996", "–"]
    assert list(frame["État"]) == ["Terminé", "En cours"]
    assert frame["Par"][0] == f"compte n°{NBSP}3"
    assert frame["Le"][0] == "06/01/2025 à 06:00"


def _read_back(file: MeasureFile) -> dict[str, tuple[str | None, bytes]]:
    """The fields of the form as another parser reads them: file name and content."""
    form = file.form()
    body = b"".join(form)
    assert len(body) == len(form)
    head = f"Content-Type: {form.headers['Content-Type']}\r\n\r\n".encode()
    parts = email.message_from_bytes(head + body, policy=email.policy.HTTP).iter_parts()
    return {str(p.get_param("name", header="content-disposition")): _content(p) for p in parts}


def _content(part: Any) -> tuple[str | None, bytes]:
    return part.get_filename(), part.get_payload(decode=True)


def test_form__options_left_out_where_nothing_was_chosen() -> None:
    bare = _read_back(MeasureFile("a.csv", b"x"))
    full = _read_back(MeasureFile("a.csv", b"x", "JJ/MM/AAAA", "noms.toml", b"y", confirmed=True))

    assert bare == {"file": ("a.csv", b"x"), "confirmed": (None, b"false")}
    assert full["map"] == ("noms.toml", b"y")
    assert (full["confirmed"][1], full["date_format"][1]) == (b"true", b"JJ/MM/AAAA")


def test_form__of_a_file_with_an_odd_name__is_read_whole() -> None:
    sent = _read_back(MeasureFile('a"b\r\nc.csv', b"x\r\n--\r\n"))

    assert sent["file"] == ("a%22b%0D%0Ac.csv", b"x\r\n--\r\n")


def test_form__of_a_large_file__is_sent_without_another_copy_of_it() -> None:
    content = bytes(16 * BLOCK)
    tracemalloc.start()
    sent = sum(len(block) for block in MeasureFile("a.csv", content).form())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert sent > len(content)
    assert peak < BLOCK
