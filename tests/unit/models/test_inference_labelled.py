"""Labelled rows, their identity, and which of them a model has not seen."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from api.domain.measurements.measurements import row_identity
from api.domain.shared.exceptions import InvalidInput
from api.inference.importing.child.measuring.labelled import (
    LabelledRows,
    read_labelled,
    row_identities,
    spells,
)
from api.inference.importing.splits import split_rows
from tests.support.words import plain

SENSORS = ["wind_speed", "vibration_level", "temperature", "power_output", "maintenance_done"]
HEADER = "turbine_id,date_measure," + ",".join(SENSORS) + ",failure_within_7d,time_to_failure_days\n"


def written(tmp_path: Path, *lines: str, header: str = HEADER) -> Path:
    path = tmp_path / "rows.csv"
    path.write_text(header + "".join(line + "\n" for line in lines), encoding="utf-8")
    return path


def year(tmp_path: Path, rows: int = 120) -> LabelledRows:
    days = pd.date_range("2024-01-01", periods=rows, freq="D").strftime("%Y-%m-%d")
    lines = [f"{i % 7},{day},{i % 11}.5,2,40,600,0,{int(i % 10 == 0)},30" for i, day in enumerate(days)]
    return read_labelled(written(tmp_path, *lines), SENSORS, "failure_within_7d", 1)


def test_read__values_labels_and_missing_cells(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "05,2024-01-02,12,3,40.5,600,0,1,3.5",
        "7,2024-01-03,,3,40,600,1,0,20",
        "7,2024-01-04,1,3,4,6,1,,",
    )
    rows = read_labelled(path, SENSORS, "failure_within_7d", 1)
    assert rows.turbines.tolist() == ["5", "7", "7"]
    assert rows.features[0].tolist() == [12.0, 3.0, 40.5, 600.0, 0.0]
    assert rows.usable.tolist() == [True, False, False]
    assert rows.labels[:2].tolist() == [1.0, 0.0]
    days = read_labelled(path, SENSORS[::-1], "time_to_failure_days", None)
    assert days.features[0].tolist() == [0.0, 600.0, 40.5, 3.0, 12.0]
    assert days.labels[:2].tolist() == [3.5, 20.0]


@pytest.mark.parametrize(
    ("line", "field", "said"),
    [
        ("5,2024-13-02,12,3,40,600,0,1,3", "date_measure", "ligne 2"),
        ("5,2024-01-02,1 2,3,40,600,0,1,3", "wind_speed", "ligne 2"),
        ("5,2024-01-02,inf,3,40,600,0,1,3", "wind_speed", "infinie"),
        ("5,2024-01-02,12,3,40,600,0,2,3", "failure_within_7d", "0 (pas de panne)"),
        (",2024-01-02,12,3,40,600,0,1,3", "turbine_id", "vide"),
    ],
)
def test_read__wrong_cell_is_told_with_its_line(tmp_path: Path, line: str, field: str, said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_labelled(written(tmp_path, line), SENSORS, "failure_within_7d", 1)
    assert caught.value.errors[0].field == field
    assert said in caught.value.errors[0].message


def test_read__missing_column_and_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"colonnes absentes de rows\.csv : humidity"):
        read_labelled(written(tmp_path, "1,2024-01-01,1,1,1,1,0,0,9"), ["humidity"], "failure_within_7d", 1)
    with pytest.raises(InvalidInput, match="introuvable"):
        read_labelled(tmp_path / "nothing.csv", SENSORS, "failure_within_7d", 1)
    for content in (b"", b"\xff\xfe\x00", b'a,"b\nc'):
        (tmp_path / "bad.csv").write_bytes(content)
        with pytest.raises(InvalidInput):
            read_labelled(tmp_path / "bad.csv", SENSORS, "failure_within_7d", 1)


def test_outcomes__the_failure_class_is_found_by_its_label(tmp_path: Path) -> None:
    header = HEADER.replace("failure_within_7d", "etat")
    path = written(
        tmp_path,
        "1,2024-01-01,1,1,1,1,0,sain,9",
        "1,2024-01-02,1,1,1,1,0,panne,9",
        "1,2024-01-03,1,1,1,1,0,,9",
        header=header,
    )
    labels = read_labelled(path, SENSORS, "etat", "panne").labels
    assert labels[:2].tolist() == [0.0, 1.0]
    assert np.isnan(labels[2])
    # In EnergiTech's column 1 is a failure, even for a model that spells its classes the other way round.
    rows = read_labelled(written(tmp_path, "1,2024-01-01,1,1,1,1,0,1,9"), SENSORS, "failure_within_7d", 0)
    assert rows.labels.tolist() == [1.0]


@pytest.mark.parametrize(
    ("label", "text", "same"),
    [
        (1, "1", True),
        (1, "1.0", True),
        (True, "1", True),
        (True, "True", True),
        (True, "false", False),
        (False, "false", True),
        (0, "1", False),
        ("panne", "panne", True),
        ("panne", "Panne", False),
        (1, "panne", False),
        ("1", "1.0", False),
    ],
)
def test_spells__one_class_has_several_spellings(label: bool | int | str, text: str, same: bool) -> None:
    assert spells(label, text) is same


def test_identities__follow_the_shared_definition() -> None:
    frame = pd.DataFrame(
        {
            "turbine_id": ["5", "5.0", "05", "6"],
            "date_measure": ["2024-01-02", "2024-01-02", "2024-01-02", "2024-07-01T00:30:00+02:00"],
            "a": ["1", "1.0", "2", "-0"],
            "b": ["", "nan", "", "3"],
        }
    )
    day, values = date(2024, 1, 2), {"a": 1.0, "b": None}
    found = row_identities(frame, ["a", "b"])
    assert found[0] == row_identity("5", day, None, values, 0)
    assert found[1] == row_identity("5", day, None, values, 1)  # the same row again
    assert found[2] == row_identity("5", day, None, {"a": 2.0}, 0)
    instant = datetime(2024, 6, 30, 22, 30, tzinfo=UTC)
    assert found[3] == row_identity("6", date(2024, 7, 1), instant, {"a": 0.0, "b": 3.0}, 0)


def test_identities__do_not_depend_on_what_the_model_reads(tmp_path: Path) -> None:
    path = written(tmp_path, "5,2024-01-02,12,3,40,600,0,1,3")
    few = read_labelled(path, SENSORS[:2], "failure_within_7d", 1)
    assert few.identities == read_labelled(path, SENSORS, "failure_within_7d", 1).identities


@pytest.mark.slow  # loads scikit-learn
def test_split__stratified_is_scikit_learn_on_the_file_order(tmp_path: Path) -> None:
    from sklearn.model_selection import train_test_split

    rows = year(tmp_path)
    parts = split_rows("stratified:test_size=0.3,random_state=42,by=failure_within_7d", rows)
    _, expected = train_test_split(np.arange(120), test_size=0.3, random_state=42, stratify=rows.labels)
    assert set(np.flatnonzero(parts.unseen)) == set(expected)
    assert (parts.training == ~parts.unseen).all()
    assert parts.words.startswith("36\u00a0lignes tirées au sort, stratifiées par failure_within_7d")


def test_split__date_leaves_the_gap_out_of_both_parts(tmp_path: Path) -> None:
    rows = year(tmp_path)
    parts = split_rows("date:2024-03-01,gap=7", rows)
    assert rows.days[parts.unseen].min() == np.datetime64("2024-03-01")
    assert rows.days[parts.training].max() == np.datetime64("2024-02-22")
    assert int((~parts.unseen & ~parts.training).sum()) == 7
    assert "7 jours" in plain(parts.words)
    assert int((~split_rows("date:2024-03-01", rows).unseen).sum()) == 60


def test_split__keys_by_identity_or_by_turbine_and_day(tmp_path: Path) -> None:
    rows = year(tmp_path)
    keys = tmp_path / "keys.txt"
    keys.write_text("\n".join(rows.identities[5:9]) + "\n", encoding="utf-8")
    assert np.flatnonzero(split_rows(f"keys:{keys}", rows).unseen).tolist() == [5, 6, 7, 8]
    keys.write_text("turbine_id,date_measure\n05,2024-01-06\n1,2024-01-06\n", encoding="utf-8")
    assert np.flatnonzero(split_rows(f"keys:{keys}", rows).unseen).tolist() == [5]
    keys.write_text("0" * 64, encoding="utf-8")
    with pytest.raises(InvalidInput, match="hors des lignes étiquetées"):
        split_rows(f"keys:{keys}", rows)


@pytest.mark.parametrize(
    "spec",
    [
        "",
        "half",
        "random:0.3",
        "stratified:",
        "stratified:test_size=0.3",
        "stratified:test_size=two,random_state=1",
        pytest.param("stratified:test_size=1.5,random_state=1", marks=pytest.mark.slow),
        "stratified:test_size=0.3,random_state=1,by=nothing",
        "stratified:test_size=0.3,random_state=1,shuffle=no",
        "stratified:test_size=,random_state=1",
        "date:tomorrow",
        "date:2024-03-01,gap=-1",
        "date:2024-03-01,gap=x",
        "date:2030-01-01",
        "date:2024-01-01",
        "date:2024-01-05,gap=30",
        "keys:nowhere.txt",
    ],
)
def test_split__malformed_or_empty_is_refused_in_french(tmp_path: Path, spec: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        split_rows(spec, year(tmp_path))
    assert caught.value.errors[0].field == "split"
    assert caught.value.detail.endswith((".", "FICHIER."))
