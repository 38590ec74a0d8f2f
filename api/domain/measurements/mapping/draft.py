"""A mapping proposed from a file's header and first rows, for a person to read and correct.

The proposal states everything that an import would otherwise have to assume: turbine, dates, zone, units, and
how ten-minute records become days.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import PurePath
from typing import Any

from api.domain.measurements import day_format
from api.domain.measurements.column_map import unit_in
from api.domain.measurements.columns import DATE, HOUR, TURBINE
from api.domain.measurements.mapping.names import COLUMNS, likeness, phrases_of
from api.domain.measurements.mapping.shape import TURBINE_MARK
from api.domain.measurements.notation import Notation, decimal_evidence
from api.domain.measurements.readings import UnreadableCell, is_missing, printable
from api.domain.measurements.sensors import Sensor
from api.domain.measurements.times.zones import PARIS, read_zone, zone_of
from api.domain.measurements.units import conversion, quantity, spelled
from api.domain.shared.exceptions import InvalidInput

NOTE = "_note"
_MACHINE = r"(?:WTG|WEA|WT|TURBINE|[ÉE]OLIENNE|EOL|T|E|R|M)[ _-]?\d{1,6}"
_IN_HEADER = re.compile(rf"(?<![A-Za-z0-9])({_MACHINE})(?![A-Za-z0-9])", re.IGNORECASE)
_STATED_TURBINE = re.compile(
    r"\b(?:wind )?(?:turbine|[ée]olienne|machine)(?: name)?\s*[:=]\s*(.+)", re.IGNORECASE
)
_OFFSET = re.compile(r"(?:Z|[+-]\d{2}:?\d{0,2})$")
_RECORDS = timedelta(hours=1)  # a few measurements a day are measurements, not records of a day
_LISTED = 12


@dataclass(frozen=True)
class Sample:
    """The beginning of a file.

    Attributes:
        filename: its name.
        header: its column names.
        above: number and text of the lines above the header.
        rows: its first rows, as many cells as the header has names.
    """

    filename: str
    header: Sequence[str]
    above: Sequence[tuple[int, str]]
    rows: Sequence[Sequence[str]]

    def column(self, name: str) -> list[str]:
        """Return the cells of a column."""
        at = [each.strip() for each in self.header].index(name)
        return [row[at] for row in self.rows if at < len(row)]


def looks_like_header(names: Sequence[str], sensors: Mapping[str, Sensor]) -> bool:
    """Tell whether a line names a date and a sensor, under any of the names that the cockpit knows."""
    shown = [name.strip() for name in names if name.strip()]
    day = _best(shown, COLUMNS[DATE])
    # In another cell than the date: a line cut at the wrong separator names everything in one.
    others = [name for name in shown if name != day]
    return day is not None and any(
        likeness(name, phrases_of(sensor)) > 0
        for name in _patterns(others) or others
        for sensor in sensors.values()
    )


def draft_of(sample: Sample, sensors: Mapping[str, Sensor]) -> dict[str, Any]:
    """Return a mapping as a JSON document, with what to check in its ``_note`` fields.

    Args:
        sample: the beginning of the file.
        sensors: the catalogue, by column name.
    """
    names = [name.strip() for name in sample.header if name.strip()]
    notes = ["Brouillon à relire : rien n’est importé tant que vous ne l’avez pas confirmé."]
    columns: dict[str, Any] = {}
    day = _best(names, COLUMNS[DATE])
    hour = _hour(sample, names, day)
    for name, target in ((day, DATE), (hour, HOUR)):
        if name is not None:
            columns[name] = target
    if day is None:
        notes.append("Aucune colonne de date reconnue : reliez-la à date_measure.")
    left = [name for name in names if name not in columns]
    document: dict[str, Any] = {NOTE: notes}
    document.update(_stated(sample, day, notes))
    patterns = _patterns(left)
    turbine = None if patterns else _best(left, COLUMNS[TURBINE])
    if turbine is not None:
        columns[turbine] = TURBINE
    elif not patterns:
        document["turbine"] = _turbine_in(sample, notes)
    found = _sensors(patterns or [name for name in left if name != turbine], sensors, notes)
    if day is not None and _several_a_day(sample, day, hour, turbine, document):
        document["aggregate"] = "day"
        for each in found.values():
            each["aggregate"] = "max" if sensors[each["sensor"]].dtype == "binary" else "mean"
    if patterns:
        machines = sorted({match[1] for name in left if (match := _IN_HEADER.search(name))})
        notes.append(f"Une colonne par turbine : {', '.join(machines[:_LISTED])}.")
    document["columns"] = columns | found
    _tell_what_is_left(names, document["columns"], sensors, notes)
    return document


def _best(names: Sequence[str], phrases: Sequence[str]) -> str | None:
    """Return the name that fits best, the first of equals; None where none fits."""
    scores = [(likeness(name, phrases), -at, name) for at, name in enumerate(names)]
    best = max(scores, default=(0.0, 0, ""))
    return best[2] if best[0] > 0 else None


def _hour(sample: Sample, names: Sequence[str], day: str | None) -> str | None:
    """Return the column that holds the hour, where the date's cells hold none."""
    if day is None or any(":" in cell for cell in sample.column(day)):
        return None
    hour = _best([name for name in names if name != day], COLUMNS[HOUR])
    return hour if hour is not None and any(not is_missing(cell) for cell in sample.column(hour)) else None


def _stated(sample: Sample, day: str | None, notes: list[str]) -> dict[str, Any]:
    """Return date format, decimal mark and zone, as far as the file shows them."""
    shown: dict[str, Any] = {}
    cells = sample.column(day) if day is not None else []
    texts = {cell.strip().split(" ")[0].split("T")[0] for cell in cells}
    try:
        form = day_format.find_format(texts)
        if form is not day_format.ISO:
            shown["date_format"] = form.name
    except InvalidInput as unclear:
        notes.append(f"date_format : {unclear.errors[0].message}")
    marks = Counter(mark for row in sample.rows for cell in row if (mark := decimal_evidence(cell)))
    if marks[","] > marks["."]:
        shown["decimal"] = ","
    hours = any(":" in cell for cell in cells)
    shown.update(_zone(sample, day, notes))
    if hours and not shown.get("timezone") and not any(_OFFSET.search(cell.strip()) for cell in cells):
        notes.append(
            "Aucun fuseau n’est dit dans le fichier : les heures seront lues à l’heure de Paris. Ajoutez"
            " « timezone » (UTC, +01:00, Europe/Paris) si elles sont écrites autrement."
        )
    return shown


def _zone(sample: Sample, day: str | None, notes: list[str]) -> dict[str, str]:
    try:
        zone = zone_of(None, [] if day is None else [day], sample.above)
    except InvalidInput as unclear:
        notes.append(f"timezone : {unclear.errors[0].message}")
        return {}
    return {"timezone": zone.name} if zone.stated else {}


def _turbine_in(sample: Sample, notes: list[str]) -> str | dict[str, str]:
    """Return the file's turbine: where its name stands in the file's name, else as the file states it."""
    stem = PurePath(sample.filename).name.partition(".")[0]
    stated = next(
        (match[1].strip() for _line, text in sample.above if (match := _STATED_TURBINE.search(text))), None
    )
    if stated is not None:
        spelled_so = re.compile(re.sub(r"(?:\\[ _-])+|[ _-]+", "[ _-]?", re.escape(stated)), re.IGNORECASE)
        match = spelled_so.search(stem)
        if match is None:
            notes.append(f"Turbine « {printable(stated)} », d’après l’en-tête du fichier.")
            return stated
    else:
        match = next(
            iter(re.finditer(rf"(?<![A-Za-z0-9])(?:{_MACHINE})(?![A-Za-z0-9])", stem, re.IGNORECASE)), None
        )
    if match is None:
        notes.append("Aucune turbine n’est nommée : « turbine » reprend le nom du fichier, à remplacer.")
        return stem or "à remplacer"
    after = re.sub(r"\d", "#", stem[match.end() :])
    pattern = f"{stem[: match.start()]}{TURBINE_MARK}{after[:11]}{'*' if len(after) > 11 else ''}"
    notes.append(f"Turbine « {match[0]} », prise dans le nom du fichier ; « # » tient lieu d’un chiffre.")
    return {"from_name": pattern}


def _patterns(names: Sequence[str]) -> list[str]:
    """Return the patterns of a wide table's columns; none where the columns do not repeat by turbine."""
    machines: dict[str, set[str]] = defaultdict(set)
    for name in names:
        if match := _IN_HEADER.search(name):
            pattern = f"{name[: match.start()]}{TURBINE_MARK}{name[match.end() :]}"
            machines[pattern].add(match[1].casefold())
    return [pattern for pattern, several in machines.items() if len(several) > 1]


def _sensors(
    names: Sequence[str], sensors: Mapping[str, Sensor], notes: list[str]
) -> dict[str, dict[str, Any]]:
    """Return the columns that hold a sensor, each with its unit."""
    found: dict[str, dict[str, Any]] = {}
    for sensor in sensors.values():
        phrases = phrases_of(sensor)
        alike = [name for name in names if name not in found and likeness(name, phrases) > 0]
        fitting = [name for name in alike if _convertible(name, sensor)]
        best = _best(fitting, phrases)
        if best is not None:
            found[best] = _target(best, sensor, [name for name in fitting if name != best])
        elif alike:
            unit = unit_in(alike[0])
            notes.append(
                f"« {printable(alike[0])} » ressemble à {sensor.name}, mais {unit} est"
                f" {quantity(unit or '') or 'une unité inconnue'} et non {sensor.unit or 'un nombre pur'} :"
                f" non reliée. Si vos modèles l’ont apprise, reliez-la avec l’unité {sensor.unit}."
            )
    return found


def _convertible(name: str, sensor: Sensor) -> bool:
    unit = unit_in(name)
    return unit is None or conversion(unit, sensor.unit) is not None


def _target(name: str, sensor: Sensor, others: Sequence[str]) -> dict[str, Any]:
    unit = unit_in(name)
    target: dict[str, Any] = {"sensor": sensor.name}
    if sensor.unit:
        target["unit"] = spelled(unit or sensor.unit)
    notes = []
    if unit is None and sensor.unit and f"[{sensor.unit}]" not in name.replace("(", "[").replace(")", "]"):
        notes.append(f"l’en-tête ne dit pas l’unité : {sensor.unit}, à vérifier")
    elif unit is not None and spelled(unit) != spelled(sensor.unit):
        notes.append(f"converti de {spelled(unit)} en {sensor.unit}")
    if others:
        notes.append(f"autres colonnes possibles : {', '.join(printable(other) for other in others[:3])}")
    return target | ({NOTE: " ; ".join(notes)} if notes else {})


def _several_a_day(
    sample: Sample, day: str, hour: str | None, turbine: str | None, document: Mapping[str, Any]
) -> bool:
    """Tell whether a turbine's records follow each other within a day."""
    named = document.get("date_format")
    zone = read_zone(document["timezone"], "") if "timezone" in document else PARIS
    notation = Notation(days=day_format.named_format(named) if named else day_format.ISO, zone=zone)
    hours = sample.column(hour) if hour else None
    turbines = sample.column(turbine) if turbine else None
    instants: dict[tuple[str, date], set[datetime]] = defaultdict(set)
    for at, cell in enumerate(sample.column(day)):
        text = f"{cell.strip()} {hours[at].strip()}" if hours else cell
        try:
            time = notation.time(text, date.max)
        except UnreadableCell:
            continue
        if time.at is not None:
            instants[turbines[at] if turbines else "", time.on].add(time.at)
    gaps = Counter(b - a for each in instants.values() for a, b in pairwise(sorted(each)))
    return bool(gaps) and gaps.most_common(1)[0][0] <= _RECORDS


def _tell_what_is_left(
    names: Sequence[str], columns: Mapping[str, Any], sensors: Mapping[str, Sensor], notes: list[str]
) -> None:
    taken = {target["sensor"] for target in columns.values() if isinstance(target, dict)}
    for sensor in sensors.values():
        if sensor.name not in taken:
            who = f" ({', '.join(sensor.used_by)})" if sensor.used_by else ""
            notes.append(
                f"Aucune colonne pour {sensor.name}, {sensor.label.lower()} : un modèle qui la lit{who} ne"
                " pourra pas évaluer ces mesures."
            )
    patterns = [
        re.escape(name).replace(re.escape(TURBINE_MARK), ".+?") for name in columns if TURBINE_MARK in name
    ]
    left = [
        n for n in names if n not in columns and not any(re.fullmatch(pattern, n) for pattern in patterns)
    ]
    if left:
        listed = ", ".join(printable(name) for name in left[:_LISTED])
        notes.append(
            f"Colonnes laissées de côté ({len(left)}) : {listed}{'…' if len(left) > _LISTED else '.'}"
        )
