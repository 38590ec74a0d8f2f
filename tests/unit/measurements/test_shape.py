"""Files that are not one row per turbine and instant, turned into rows that are."""

from __future__ import annotations

from typing import Any

import pytest

from api.domain.measurements.column_map import ColumnMap
from api.domain.measurements.mapping.shape import Shape, holds_measurements, shape_of
from api.domain.shared.exceptions import InvalidInput
from api.services.measurements.files.map_file import map_of


def mapping(**document: Any) -> ColumnMap:
    return map_of(document)


def shaped(header: list[str], document: dict[str, Any], filename: str = "m.csv") -> Shape:
    shape = shape_of(header, mapping(**document), filename)
    assert shape is not None
    return shape


def test_plain_file__has_no_shape_of_its_own() -> None:
    assert shape_of(["turbine_id", "date_measure", "vent"], None, "m.csv") is None
    assert shape_of(["t", "d"], mapping(columns={"t": "turbine_id", "d": "date_measure"}), "m.csv") is None


@pytest.mark.parametrize(
    ("turbine", "filename", "name"),
    [
        ("WT7", "m.csv", "WT7"),
        (7.0, "m.csv", "7"),
        ({"from_name": "{turbine}"}, "R80711.csv", "R80711"),
        ({"from_name": "{turbine}_####"}, "T_1_2016.csv.gz", "T_1"),
        ({"from_name": "{turbine}.csv"}, "T1.csv", "T1"),
        (
            {"from_name": "Data_{turbine}_####-##-##*"},
            "Data_Kelmarsh_1_2016-01-03_-_2017-01-01.csv",
            "Kelmarsh_1",
        ),
    ],
)
def test_turbine__of_the_whole_file_is_on_each_row(turbine: Any, filename: str, name: str) -> None:
    shape = shaped(["date", "vent"], {"turbine": turbine, "columns": {"date": "date_measure"}}, filename)
    assert shape.header == ("date", "vent", "turbine_id")
    assert shape.rows(["2024-12-01", "8"]) == [["2024-12-01", "8", name]]


def test_turbine__not_in_the_files_name__refused_naming_the_pattern() -> None:
    with pytest.raises(InvalidInput, match="WT_"):
        shape_of(["date"], mapping(turbine={"from_name": "WT_{turbine}"}), "export.csv")


def test_turbine__stated_twice__refused() -> None:
    with pytest.raises(InvalidInput, match="deux fois"):
        shape_of(["turbine_id", "date_measure"], mapping(turbine="T1"), "m.csv")


def test_wide__one_row_per_turbine_and_none_for_a_turbine_without_value() -> None:
    header = ["Date", "T1 Vent", "T2 Vent", "T2 Temp", "Mât Vent"]
    shape = shaped(
        header,
        {
            "columns": {
                "Date": "date_measure",
                "T{turbine} Vent": "wind_speed",
                "T{turbine} Temp": "temperature",
            }
        },
    )
    assert shape.header == ("Date", "Mât Vent", "turbine_id", "T{turbine} Vent", "T{turbine} Temp")
    assert shape.rows(["d", "1", "2", "3", "9"]) == [["d", "9", "1", "1", ""], ["d", "9", "2", "2", "3"]]
    assert shape.rows(["d", "1", "", "NaN", "9"]) == [["d", "9", "1", "1", ""]]


def test_wide__a_column_that_two_patterns_claim__refused() -> None:
    with pytest.raises(InvalidInput, match="deux fois par les motifs"):
        shape_of(
            ["d", "T1 Vent"],
            mapping(columns={"{turbine} Vent": "wind_speed", "T{turbine} Vent": "temperature"}),
            "m",
        )


def test_header__is_recognised_with_what_the_mapping_states() -> None:
    assert not holds_measurements(["date_measure", "vent"])
    assert holds_measurements(["date_measure", "vent"], mapping(turbine="T1"))
    assert holds_measurements(["date_measure", "T1 vent"], mapping(columns={"{turbine} vent": "wind_speed"}))
    assert not holds_measurements(["date_measure", "vent"], mapping(columns={"{turbine} vent": "wind_speed"}))


@pytest.mark.parametrize(
    "document",
    [
        {"aggregate": "hour"},
        {"columns": {"a": {"sensor": "wind_speed", "aggregate": "median"}}},
        {"timezone": "Mars/Olympus"},
        {"timezone": "+25:00"},
        {"turbine": {"from_name": "sans motif"}},
        {"turbine": True},
    ],
)
def test_map__that_is_not_understood__refused(document: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        map_of(document)


def test_map__notes_for_people_are_left_alone() -> None:
    noted = {"_note": "x", "columns": {"_note": "y", "a": {"sensor": "wind_speed", "_note": "z"}}}
    assert map_of(noted) == mapping(columns={"a": "wind_speed"})
