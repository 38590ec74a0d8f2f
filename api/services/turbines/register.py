"""Imports a register of turbines: site and farm, rated power, day and state of service."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from api.domain.measurements.readings import (
    UnreadableCell,
    is_missing,
    printable,
    read_number,
    read_turbine_id,
)
from api.domain.measurements.rows import TURBINE, CellProblem
from api.domain.measurements.times.instants import read_day
from api.domain.shared.exceptions import InvalidInput
from api.schemas import french
from api.services.measurements.files.table_file import open_table
from api.services.measurements.source import make_room, read_source
from api.services.measurements.tally import ProblemList
from api.storage.measurements import ingestion
from api.storage.shared.database import Database

SERVICE_STATES = ("en_service", "arret_programme", "hors_service")
MAX_NAME = 120
# The largest turbine built so far (Dongfang, 2025) is rated 26 MW: more is a figure in watts.
MAX_RATED_POWER_KW = 30_000.0


@dataclass(slots=True)
class RegisterReport:
    """What became of a register: ``rows = created + updated + unchanged + rejected``."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    problems: ProblemList = field(default_factory=ProblemList)
    unknown_columns: list[str] = field(default_factory=list)


def import_turbines(database: Database, path: Path, *, source: str, now: datetime) -> RegisterReport:
    """Create or update the living turbines that a register describes, in one transaction.

    An empty cell leaves the stored fact unchanged.

    Args:
        database: at its newest schema.
        path: of a CSV, Excel or Parquet file with ``turbine_id`` and any of ``site``, ``farm``,
            ``rated_power_kw`` [kW], ``commissioned_on``, ``service_state``.
        source: ``mesure`` or ``simulation``; real turbines archive the simulated park.
        now: the present instant.

    Raises:
        InvalidInput: the file as a whole cannot be taken.
        Conflict: simulated turbines while real ones are in the park.
        DatabaseUnavailable: the database does not answer; nothing was stored.
    """
    known_source = read_source(source)
    file = open_table(path, lambda names: TURBINE in {name.strip() for name in names})
    names = [name.strip() for name in file.header]
    position = _positions(names)
    report = RegisterReport(unknown_columns=[printable(name) for name in names if name not in position])
    described: dict[str, dict[str, Any]] = {}
    for line in file.lines():
        report.rows += 1
        problems = [CellProblem("", None, line.defect)] if line.defect else []
        facts = {} if problems else _read(line.cells, position, problems)
        turbine_id = facts.pop(TURBINE, None)
        if turbine_id in described:
            problems.append(
                CellProblem(TURBINE, turbine_id, "turbine déjà décrite plus haut dans ce fichier.")
            )
        for problem in problems:
            report.problems.add(line.number, problem)
        if problems or turbine_id is None:
            report.rejected += 1
        else:
            described[turbine_id] = facts
    if described:
        with database.write() as connection:
            database.lock(connection, ingestion.LOCK)
            make_room(connection, known_source, now)
            report.created, report.updated = ingestion.describe_turbines(
                connection, described, known_source, now
            )
    report.unchanged = report.rows - report.rejected - report.created - report.updated
    return report


def _positions(names: Sequence[str]) -> dict[str, int]:
    known = {TURBINE, *_READERS}
    twice = [name for name, count in Counter(names).items() if count > 1 and name in known]
    if twice:
        raise InvalidInput.single(
            twice[0], "colonne présente plusieurs fois dans l’en-tête ; gardez-en une seule."
        )
    position = {name: index for index, name in enumerate(names) if name in known}
    if TURBINE not in position:
        raise InvalidInput.single(
            TURBINE, "colonne obligatoire absente de l’en-tête. Renommez ou ajoutez-la."
        )
    if len(position) == 1:
        raise InvalidInput.single(
            "colonnes", f"aucune description connue ; attendues : {', '.join(_READERS)}."
        )
    return position


def _read(cells: Sequence[str], position: Mapping[str, int], problems: list[CellProblem]) -> dict[str, Any]:
    """Read the facts of a row, without empty cells; add what is wrong to ``problems``."""
    facts: dict[str, Any] = {}
    for name, index in position.items():
        text = cells[index]
        if name != TURBINE and is_missing(text):
            continue
        try:
            facts[name] = read_turbine_id(text) if name == TURBINE else _READERS[name](text)
        except UnreadableCell as error:
            problems.append(CellProblem(name, printable(text), error.reason))
    return facts


def _read_name(text: str) -> str:
    stripped = text.strip()
    if len(stripped) > MAX_NAME or not stripped.isprintable():
        raise UnreadableCell(f"{french.counted(MAX_NAME, 'caractère imprimable')} au plus.")
    return stripped


def _read_power(text: str) -> float | None:
    power = read_number(text)
    if power is not None and not 0 < power <= MAX_RATED_POWER_KW:
        raise UnreadableCell("puissance nominale attendue en kW, entre 0 et 30 000.")
    return power


def _read_state(text: str) -> str:
    if (state := text.strip()) not in SERVICE_STATES:
        raise UnreadableCell(f"état de service attendu : {', '.join(SERVICE_STATES)}.")
    return state


_READERS: dict[str, Callable[[str], Any]] = {
    "site": _read_name,
    "farm": _read_name,
    "rated_power_kw": _read_power,
    "commissioned_on": read_day,
    "service_state": _read_state,
}
