"""Imports, before and after, turned into tables and sentences. No Streamlit, no HTTP."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from api.schemas.measurements import (
    FileFormat,
    ImportJob,
    ImportPreview,
    ImportReport,
    ImportSummary,
    PreviewColumn,
    PreviewRow,
    RowProblem,
)
from ui.shared import labels as fr

Fact = tuple[str, str, str]

DATE_FORMATS = (
    "AAAA-MM-JJ", "AAAA/MM/JJ", "AAAA.MM.JJ", "AAAAMMJJ",
    "JJ/MM/AAAA", "MM/JJ/AAAA", "JJ-MM-AAAA", "MM-JJ-AAAA", "JJ.MM.AAAA", "MM.JJ.AAAA",
)  # fmt: skip
"""Ways of writing days that the API reads."""

FIXED = {
    "turbine_id": "Turbine",
    "date_measure": "Date de mesure",
    "failure_within_7d": "Panne dans les 7 jours (étiquette)",
    "time_to_failure_days": "Jours avant panne (étiquette)",
    "technician_id": "Technicien (pseudonyme)",
    "planned_intervention_date": "Visite prévue",
}
_KINDS = {"csv": "CSV", "csv.gz": "CSV compressé", "xlsx": "classeur Excel", "parquet": "Parquet"}
_SEPARATORS = {";": "point-virgule", ",": "virgule", "\t": "tabulation", "|": "barre verticale"}
_ENCODINGS = {"utf-8": "UTF-8", "utf-16": "UTF-16", "windows-1252": "Windows-1252"}
_SOURCES = {"mesure": "Fichier", "simulation": "Simulation"}
_UNITLESS = {"", "-", "–", "0/1"}


# Before an import

_FIELDS = {
    "date_format": "Format des dates",
    "correspondance": "Correspondance",
    "map": "Correspondance",
    "file": "Fichier",
    "confirmed": "Unités",
}


def field_name(field: str) -> str:
    """A refused field as the page calls it; columns keep their name."""
    return _FIELDS.get(field, field)


def format_words(read: FileFormat) -> str:
    """How the file was read: « CSV, UTF-8, colonnes séparées par point-virgule… »."""
    told = [_KINDS.get(read.kind, read.kind)]
    if read.encoding:
        told.append(_ENCODINGS.get(read.encoding.lower(), read.encoding))
    if read.separator:
        told.append(f"colonnes séparées par {_SEPARATORS.get(read.separator, f'« {read.separator} »')}")
    told.append(f"décimales notées par {'une virgule' if read.decimal == ',' else 'un point'}")
    told.append(f"dates au format {read.date_format}")
    if read.header_line > 1:
        told.append(f"en-tête à la ligne {read.header_line}, lignes précédentes laissées de côté")
    return ", ".join(told) + "."


def preview_facts(preview: ImportPreview) -> list[Fact]:
    """What confirming would do, in figures."""
    whole = preview.examined >= preview.rows
    estimated = "" if whole else "estimation"
    examined = "" if whole else f"des {fr.fr_number(preview.examined, 0)} premières lignes"
    return [
        ("Lignes du fichier", fr.fr_number(preview.rows, 0), "" if whole else "environ"),
        ("Seraient ajoutées", fr.fr_number(preview.estimated_new, 0), estimated),
        ("Déjà connues", fr.fr_number(preview.estimated_known, 0), estimated),
        ("Seraient rejetées", fr.fr_number(preview.rejected, 0), examined),
        ("Turbines nouvelles", _at_least(len(preview.new_turbines), whole), _few(preview.new_turbines)),
    ]


def _at_least(count: int, whole: bool) -> str:
    return fr.fr_number(count, 0) if whole or not count else f"{fr.fr_number(count, 0)} ou plus"


def _few(names: Sequence[str], most: int = 4) -> str:
    left = len(names) - most
    return ", ".join(names[:most]) + (f" et {left} {fr.plural(left, 'autre')}" if left > 0 else "")


def columns_frame(columns: Sequence[PreviewColumn]) -> pd.DataFrame:
    """Every column: recognised, left aside, or missing, and what follows from it."""
    return pd.DataFrame(
        [
            {"Colonne": column.name, "État": _STATES[column.state], "Ce qui en est fait": _use(column)}
            for column in columns
        ],
        columns=["Colonne", "État", "Ce qui en est fait"],
    )


_STATES = {"reconnue": "✓ reconnue", "inconnue": "○ laissée de côté", "absente": "! absente"}


def _use(column: PreviewColumn) -> str:
    if column.state == "inconnue":
        return "Aucun capteur du cockpit ne porte ce nom : ses valeurs ne sont pas gardées."
    if column.state == "absente":
        return column.consequence
    unit = "" if column.unit in _UNITLESS else f" [{column.unit}]"
    said = (column.label or FIXED.get(column.target or "", column.target or column.name)) + unit
    return f"{said}, converti depuis {column.converted_from}" if column.converted_from else said


def rows_frame(preview: ImportPreview) -> pd.DataFrame:
    """The first rows as understood; a rejected one shows its cells as they were read, and why."""
    titles = {
        c.target: c.label + ("" if c.unit in _UNITLESS else f" [{c.unit}]")
        for c in preview.columns
        if c.state == "reconnue" and c.target and c.label
    }
    failing = not all(row.accepted for row in preview.first_rows)
    columns = {"turbine_id": "Turbine", "date_measure": "Mesurée le", **titles}
    columns |= {
        name: title
        for name, title in (
            ("failure_within_7d", "Panne sous 7 j"),
            ("time_to_failure_days", "Jours avant panne"),
        )
        if any(getattr(row, name) is not None or row.cells.get(name) for row in preview.first_rows)
    }
    rows = []
    for row in preview.first_rows:
        told = _understood(row, titles) if row.accepted else row.cells
        cells = {"Ligne": str(row.line), "Verdict": "✓ prise" if row.accepted else "✕ rejetée"}
        if failing:
            cells["Raison"] = f"{fr.NBSP}; ".join(row.reasons)
        rows.append(cells | {title: told.get(name) or fr.NOTHING for name, title in columns.items()})
    return pd.DataFrame(rows)


def _understood(row: PreviewRow, sensors: Iterable[str]) -> dict[str, str]:
    """The cells of a row that would be taken, in French."""
    return {
        "turbine_id": row.turbine_id or "",
        "date_measure": fr.fr_date(row.measured_at or row.measured_on),
        "failure_within_7d": {True: "oui", False: "non", None: ""}[row.failure_within_7d],
        "time_to_failure_days": fr.fr_trimmed(row.time_to_failure_days),
        **{name: fr.fr_trimmed(row.values.get(name), 3) for name in sensors},
    }


def preview_words(preview: ImportPreview) -> str:
    """What confirming would do, in one sentence."""
    if not preview.estimated_new + preview.estimated_known:
        return "Aucune ligne ne pourrait être prise : corrigez le fichier ou les options de lecture."
    if not preview.estimated_new:
        return "Toutes les lignes lisibles sont déjà connues : l’import ne doublera rien."
    new = preview.estimated_new
    about = "" if preview.examined >= preview.rows else f"Environ{fr.NBSP}"
    words = f"{about}{fr.counted(new, 'ligne')} {fr.plural(new, 'nouvelle')}, à ajouter"
    if preview.rejected:
        words += "\u00a0; chaque ligne fautive serait rejetée seule, avec sa raison"
    return f"{words}. Rien n’est encore écrit."


# After an import


def report_facts(report: ImportReport) -> list[Fact]:
    """What one file brought; counts that are rare are told only where they are not zero."""
    always = [
        ("Lignes lues", report.rows, ""),
        ("Ajoutées", report.inserted, ""),
        ("Déjà connues", report.already_known, "non doublées"),
        ("Rejetées", report.rejected, "raisons ci-dessous" if report.rejected else ""),
    ]
    rare = [
        ("Complétées", report.enriched, "capteurs nouveaux"),
        ("Étiquettes reçues", report.labels_added, ""),
        ("Étiquettes corrigées", report.labels_corrected, "l’ancienne est gardée"),
        ("Turbines nouvelles", report.turbines_added, ""),
        ("Visites prévues", report.planned_visits_added, "ajoutées"),
    ]
    return [(name, fr.fr_number(n, 0), note) for name, n, note in always + [r for r in rare if r[1]]]


def report_words(report: ImportReport) -> str:
    """What became of one file, in one sentence."""
    took = fr.fr_duration((report.finished_at - report.started_at).total_seconds())
    end = (
        f"{fr.counted(report.rejected, 'ligne')} {fr.plural(report.rejected, 'rejetée')}"
        if report.rejected
        else "aucune ligne rejetée"
    )
    return (
        f"Import n°{fr.NBSP}{report.import_id} terminé en {took}{fr.NBSP}: "
        f"{fr.counted(report.rows, 'ligne')} {fr.plural(report.rows, 'lue')}, {end}."
    )


def problems_frame(problems: Sequence[RowProblem]) -> pd.DataFrame:
    """Problems and remarks, line by line."""
    return pd.DataFrame(
        [
            {
                "Ligne": str(problem.line),
                "Colonne": problem.column or fr.NOTHING,
                "Valeur": problem.value or fr.NOTHING,
                "Raison": problem.reason,
            }
            for problem in problems
        ],
        columns=["Ligne", "Colonne", "Valeur", "Raison"],
    )


def problems_words(shown: int, total: int) -> str:
    """How many problems there are and how many are shown."""
    counted = (
        f"{fr.NBSP}: les {shown} premiers sur {fr.fr_number(total, 0)}" if total > shown else f" ({total})"
    )
    return f"Problèmes et remarques{counted}"


def progress_words(job: ImportJob) -> str:
    """How far a long import is."""
    if job.status == "en_attente":
        return f"« {job.filename} » attend son tour…"
    if not job.total:
        return f"« {job.filename} »{fr.NBSP}: lecture du fichier…"
    done, total = fr.fr_number(job.done, 0), fr.fr_number(max(job.total, job.done), 0)
    return f"« {job.filename} »{fr.NBSP}: {done} lignes lues sur {total} environ."


def imports_frame(imports: Sequence[ImportSummary]) -> pd.DataFrame:
    """Past imports, as given (newest first)."""
    return pd.DataFrame(
        [
            {
                "N°": str(done.import_id),
                "État": fr.RUN_STATUS[done.status],
                "Fichier": done.filename,
                "Lignes": _once_ended(done, done.rows),
                "Ajoutées": _once_ended(done, done.inserted),
                "Rejetées": _once_ended(done, done.rejected),
                "Origine": _SOURCES[done.source],
                "Par": fr.principal_words(done.imported_by, done.imported_by_name),
                "Le": fr.fr_date(done.started_at),
            }
            for done in imports
        ]
    )


def _once_ended(done: ImportSummary, count: int) -> str:
    return fr.fr_number(count, 0) if done.status == "termine" else fr.NOTHING
