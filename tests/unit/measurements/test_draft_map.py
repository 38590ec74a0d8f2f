"""The mapping proposed for a file: names in French and English, units, comment lines, shapes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from api.domain.measurements.known_sensors import KNOWN_SENSORS
from api.domain.measurements.mapping.draft import Sample, draft_of, looks_like_header
from api.services.measurements.draft_map import draft_map, draft_text
from api.services.measurements.files.map_file import parse_map
from tests.support.measurements.vendor_exports import EXPORTS

TEN_MINUTES = ("2024-12-14 00:00:00", "2024-12-14 00:10:00", "2024-12-14 00:20:00")


def drafted(
    header: Sequence[str],
    *rows: Sequence[str],
    above: Sequence[str] = (),
    filename: str = "export.csv",
) -> dict[str, Any]:
    return draft_of(Sample(filename, header, list(enumerate(above, 1)), rows), KNOWN_SENSORS)


def linked(document: dict[str, Any]) -> dict[str, str]:
    """The columns of a draft, by what they hold."""
    return {
        target if isinstance(target, str) else target["sensor"]: name
        for name, target in document["columns"].items()
    }


@pytest.mark.parametrize(
    ("sensor", "chosen", "others"),
    [
        ("power_output", "Active power (kW)", ["Reactive power (kvar)", "Power setpoint (kW)"]),
        ("power_output", "Grd_Prod_Pwr_Avg", ["Grd_Prod_Pwr_Max", "Prod_LatestAvg_TotActPwr"]),
        ("power_output", "Puissance [kW]", ["Énergie produite [kWh]", "Puissance réactive [kvar]"]),
        ("temperature", "Nac_Temp_Avg", ["Amb_Temp_Avg", "Gear_Oil_Temp_Avg", "Nac_Temp_Max"]),
        ("temperature", "Température nacelle (°C)", ["Température extérieure (°C)"]),
        ("vibration_level", "Niveau de vibration", ["Vitesse du rotor (tr/min)"]),
        (
            "wind_speed",
            "Amb_WindSpeed_Avg",
            ["Amb_WindSpeed_Max", "Amb_WindDir_Relative_Avg", "Amb_WindSpeed_Std"],
        ),
        (
            "wind_speed",
            "Vitesse du vent moy. [km/h]",
            ["Direction du vent [°]", "Vitesse du vent max [km/h]"],
        ),
        ("wind_speed", "Wind speed (m/s)", ["Wind speed, Standard deviation (m/s)", "Long Term Wind (m/s)"]),
    ],
)
def test_sensor__is_told_from_its_neighbours(sensor: str, chosen: str, others: list[str]) -> None:
    for header in ([chosen, *others], [*others, chosen]):
        document = drafted(["Turbine", "Timestamp", *header], ["T1", TEN_MINUTES[0], *"1" * len(header)])
        assert linked(document)[sensor] == chosen


def test_unit__of_another_quantity_is_not_linked_and_is_told() -> None:
    document = drafted(["Date", "WTG", "Power (kWh)", "Wind (mph)"], ["2024-12-14", "T1", "1", "2"])
    assert "power_output" not in linked(document)
    assert any("kWh est une énergie" in note for note in document["_note"])
    assert document["columns"]["Wind (mph)"]["unit"] == "mph"
    assert "converti de mph en m/s" in document["columns"]["Wind (mph)"]["_note"]


@pytest.mark.parametrize(
    ("filename", "above", "turbine"),
    [
        (
            "Data_Kelmarsh_1_2016-01-03.csv",
            ["# Turbine: Kelmarsh 1"],
            {"from_name": "Data_{turbine}_####-##-##"},
        ),
        ("export.csv", ["# Turbine: Kelmarsh 1"], "Kelmarsh 1"),
        ("WT7_janvier.csv", [], {"from_name": "{turbine}_janvier"}),
        ("releves.csv", [], "releves"),
    ],
)
def test_turbine__from_the_files_name_or_its_comments(
    filename: str, above: list[str], turbine: object
) -> None:
    document = drafted(["Date", "Vent"], ["2024-12-14", "8"], above=above, filename=filename)
    assert document["turbine"] == turbine
    assert any("turbine" in note.casefold() for note in document["_note"])


@pytest.mark.parametrize(
    ("above", "date", "zone"),
    [
        (["# Time zone: UTC"], "Date and time", "UTC"),
        (["Fuseau horaire : Europe/Paris"], "Date", "Europe/Paris"),
        ([], "Date (UTC)", "UTC"),
        ([], "Date", None),
    ],
)
def test_zone__as_the_file_states_it_and_else_asked_for(
    above: list[str], date: str, zone: str | None
) -> None:
    document = drafted([date, "Vent"], *([at, "8"] for at in TEN_MINUTES), above=above)
    assert document.get("timezone") == zone
    assert any("Aucun fuseau" in note for note in document["_note"]) is (zone is None)


def test_records__several_a_day_are_joined_by_the_mean_and_flags_by_the_maximum() -> None:
    header = ["Date", "Turbine", "Vent", "Maintenance"]
    document = drafted(header, *([at, "T1", "8", "0"] for at in TEN_MINUTES))
    assert document["aggregate"] == "day"
    assert [document["columns"][name]["aggregate"] for name in header[2:]] == ["mean", "max"]
    assert "aggregate" not in drafted(header, *([at[:10], "T1", "8", "0"] for at in TEN_MINUTES))
    twice = [f"2024-12-14 {hour}:00" for hour in ("06", "18")]
    assert "aggregate" not in drafted(header, *([at, "T1", "8", "0"] for at in twice))
    assert "aggregate" not in drafted(header, *([TEN_MINUTES[0], name, "8", "0"] for name in ("T1", "T2")))


def test_days_that_could_be_months__are_left_to_the_reader() -> None:
    document = drafted(["Date", "Turbine", "Vent"], ["03/04/2024", "T1", "8,5"])
    assert "date_format" not in document
    assert document["decimal"] == ","
    assert any("échangés" in note for note in document["_note"])


def test_missing_sensor__is_told() -> None:
    notes = drafted(["Date", "Turbine", "Vent"], ["2024-12-14", "T1", "8"])["_note"]
    assert any("vibration_level" in note for note in notes)


def test_header__needs_a_date_and_a_sensor() -> None:
    assert looks_like_header(["Date", "Vent"], KNOWN_SENSORS)
    assert looks_like_header(["Date", "T1 Vent", "T2 Vent"], KNOWN_SENSORS)
    assert not looks_like_header(["# Time interval: 2024-12-13", "2024-12-16"], KNOWN_SENSORS)
    assert not looks_like_header(["date_measure;wind_speed;power_output", ""], KNOWN_SENSORS)


@pytest.mark.parametrize("vendor", EXPORTS)
def test_draft__of_each_vendor_is_a_mapping_that_imports_read(vendor: str, tmp_path: Path) -> None:
    name, text = EXPORTS[vendor]()
    (tmp_path / name).write_text(text, encoding="utf-8")
    document = draft_map(tmp_path / name, KNOWN_SENSORS)
    read = parse_map(draft_text(document), "m.json")
    assert {target.name for target in read.columns.values()} >= {"date_measure", *KNOWN_SENSORS}
    assert read.by_day
