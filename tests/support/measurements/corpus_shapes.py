"""The corpus, second part: names and units of columns, labels, workbooks and Parquet."""

from __future__ import annotations

import pyarrow as pa

from api.domain.measurements.column_map import Target
from api.services.measurements.files.options import ImportOptions
from tests.support.measurements.corpus_tools import (
    BASE,
    FRENCH,
    FRENCH_MAP,
    HEADER,
    Case,
    cells,
    comma,
    csv,
    days,
    french_units,
    mapped,
    parquet,
    renamed,
    replaced,
    scaled,
    without,
    workbook,
)

SHAPES = [
    Case(
        "units in the header, the cockpit's",
        csv(header=renamed(temperature="temperature [°C]", wind_speed="wind_speed (m/s)")),
        same=True,
    ),
    Case(
        "another unit in the header",
        csv(header=renamed(power_output="power_output (MW)")),
        refused="dans une correspondance",
    ),
    Case(
        "no unit at all in brackets",
        csv(header=renamed(power_output="power_output (bof)")),
        refused="inconnue",
    ),
    Case("other names", csv(header=renamed(turbine_id="Turbine")), refused="turbine_id"),
    Case("another case", csv(header=renamed(turbine_id="Turbine_ID")), refused="Est-ce « Turbine_ID »"),
    Case(
        "a column twice",
        csv([[*row, "1"] for row in BASE], [*HEADER, "wind_speed"]),
        refused="plusieurs fois",
    ),
    Case(
        "no known sensor",
        without("wind_speed", "vibration_level", "temperature", "power_output", "maintenance_done"),
        refused="aucune colonne de capteur",
    ),
    Case("no date", without("date_measure"), refused="date_measure"),
    Case(
        "a sensor missing",
        without("vibration_level"),
        counts=(6, 0),
        reported=((1, "vibration_level", "ne pourront pas"),),
    ),
    Case("header only", csv([]), counts=(0, 0), reported=((1, "", "en-tête"),)),
    Case(
        "unknown columns",
        csv([[*row, "80"] for row in BASE], [*HEADER, "humidité"]),
        same=True,
        unknown=("humidité",),
    ),
    Case(
        "renamed, units converted",
        csv(french_units(), renamed(**FRENCH)),
        same=True,
        reported=((1, "temperature", "converties de K en °C"),),
        options=mapped(FRENCH_MAP),
    ),
    Case("renamed, without the mapping", csv(french_units(), renamed(**FRENCH)), refused="turbine_id"),
    Case(
        "a mapping to nothing",
        csv(),
        refused="ne connaît pas",
        options=mapped({"wind_speed": Target("vent")}),
    ),
    Case(
        "a unit that cannot be",
        csv(),
        refused="m/s, km/h",
        options=mapped({"wind_speed": Target("wind_speed", "bar")}),
    ),
    Case(
        "a mapping with an absent column",
        csv(),
        counts=(6, 0),
        reported=((1, "Vent", "absente du fichier"),),
        options=mapped({"Vent": Target("wind_speed")}),
    ),
    Case(
        "the unit in the header and in the mapping",
        csv(french_units(), renamed(**FRENCH, time_to_failure_days="time_to_failure_days (j)")),
        same=True,
        reported=((1, "wind_speed", "converties de km/h en m/s"),),
        options=mapped(FRENCH_MAP),
    ),
    Case(
        "another unit in the header, mapped",
        csv(scaled("power_output", lambda c: c / 1000), renamed(power_output="power_output (MW)")),
        same=True,
        reported=((1, "power_output", "converties de MW en kW"),),
        options=mapped({"power_output (MW)": Target("power_output", "MW")}),
    ),
    Case("kelvin as it is", csv(scaled("temperature", lambda c: c + 273.15)), refused="peut-être en K"),
    Case(
        "Fahrenheit as it is", csv(scaled("temperature", lambda c: c * 9 / 5 + 32)), refused="peut-être en °F"
    ),
    Case("km/h as it is", csv(scaled("wind_speed", lambda c: c * 3.6)), refused="peut-être en km/h"),
    Case("megawatts as they are", csv(scaled("power_output", lambda c: c / 1000)), refused="peut-être en MW"),
    Case("watts as they are", csv(scaled("power_output", lambda c: c * 1000)), refused="peut-être en W"),
    Case(
        "megawatts, confirmed as kilowatts",
        csv(scaled("power_output", lambda c: c / 1000)),
        counts=(6, 0),
        options=ImportOptions(confirmed=True),
    ),
]
LABELS = [
    Case(
        "a label that is no label",
        csv(replaced(3, failure_within_7d="oui")),
        counts=(5, 1),
        reported=((3, "failure_within_7d", "1 (panne)"),),
    ),
    Case(
        "labels that contradict each other",
        csv(replaced(3, failure_within_7d="1")),
        counts=(5, 1),
        reported=((3, "time_to_failure_days", "contradictoires"),),
    ),
    Case(
        "one measurement, two outcomes",
        csv([*BASE, [*BASE[0][:8], "20.0", *BASE[0][9:]]]),
        counts=(7, 0),
        reported=((8, "time_to_failure_days", "plus haut dans le fichier avec 33,2"),),
    ),
    Case(
        "a technician's name",
        csv(replaced(3, technician_id="Jean Dupont")),
        counts=(6, 0),
        reported=((3, "technician_id", "jamais un nom"),),
    ),
    Case(
        "a technician's address",
        csv(replaced(3, technician_id="j.dupont@energitech.fr")),
        counts=(6, 0),
        reported=((3, "technician_id", "jamais un nom"),),
    ),
    Case(
        "a technician's telephone",
        csv(replaced(3, technician_id="0612345678")),
        counts=(6, 0),
        reported=((3, "technician_id", "téléphone"),),
    ),
    Case(
        "a plan that is no date",
        csv(replaced(3, planned_intervention_date="demain")),
        counts=(6, 0),
        reported=((3, "planned_intervention_date", "AAAA-MM-JJ"),),
    ),
]
OTHER_KINDS = [
    Case("Excel, native cells", workbook(cells()), "m.xlsx", same=True),
    Case("Excel, titles above", workbook(cells(), ["Parc nord", "2024"]), "m.xlsx", same=True),
    Case("Excel, everything as text", workbook([HEADER, *comma(days("%d/%m/%Y"))]), "m.xlsx", same=True),
    Case("Excel named as CSV", workbook(cells()), "m.csv", same=True),
    Case("Excel, two sheets", workbook(cells(), sheets=2), "m.xlsx", refused="plusieurs feuilles"),
    Case("Excel, no header", workbook([["a", "b"], [1, 2]]), "m.xlsx", refused="turbine_id"),
    Case("an archive", b"PK\x03\x04" + b"x" * 60, "m.xlsx", refused="archive"),
    Case("Parquet, dates", parquet(pa.float64()), "m.parquet", same=True),
    Case("Parquet, times at midnight", parquet(pa.float64(), instants=True), "m.parquet", same=True),
    Case("Parquet, single precision", parquet(pa.float32()), "m.parquet", same=True),
    Case("Parquet, cut", parquet(pa.float64())[:200], "m.parquet", refused="Parquet incomplet"),
]
