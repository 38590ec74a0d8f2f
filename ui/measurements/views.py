"""Imports, before and after, turned into tables and sentences. No Streamlit, no HTTP."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from api.schemas import french
from api.schemas.common import principal_words
from api.schemas.measurements import (
    FileFormat,
    ImportJob,
    ImportPreview,
    ImportReport,
    ImportSummary,
    PreviewColumn,
    PreviewRow,
    RowProblem,
    titled,
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


# Before an import

_FIELDS = {
    "date_format": "Format des dates",
    "correspondance": "Correspondance",
    "map": "Correspondance",
    "file": "Fichier",
    "confirmed": "Confirmation",
    "timezone": "Fuseau horaire",
}


def field_name(field: str) -> str:
    """Write a refused field as the page names it; columns keep their name."""
    return _FIELDS.get(field, field)


def format_words(read: FileFormat) -> str:
    """Say how the file was read: « CSV, UTF-8, colonnes séparées par point-virgule… »."""
    parts = [_KINDS.get(read.kind, read.kind)]
    if read.encoding:
        parts.append(_ENCODINGS.get(read.encoding.lower(), read.encoding))
    if read.separator:
        parts.append(f"colonnes séparées par {_SEPARATORS.get(read.separator, f'« {read.separator} »')}")
    parts.append(f"décimales notées par {'une virgule' if read.decimal == ',' else 'un point'}")
    parts.append(f"dates au format {read.date_format}")
    if read.planned_format:
        parts.append(f"visites au format {read.planned_format}")
    if read.timezone:
        parts.append(f"fuseau des heures : {read.timezone}")
    if read.header_line > 1:
        parts.append(f"en-tête à la ligne {read.header_line}, lignes précédentes laissées de côté")
    return ", ".join(parts) + "."


def preview_facts(preview: ImportPreview) -> list[Fact]:
    """List in figures what confirming would do."""
    whole = preview.examined >= preview.rows
    estimated = "" if whole else "estimation"
    examined = "" if whole else f"sur {french.counted(preview.examined, 'première ligne')}"
    return [
        ("Lignes du fichier", french.number(preview.rows), "" if whole else "environ"),
        ("Seraient ajoutées", french.number(preview.estimated_new), estimated),
        ("Déjà connues", french.number(preview.estimated_known), estimated),
        ("Seraient rejetées", french.number(preview.rejected), examined),
        *(
            [("Contradictions", french.number(preview.contradictions), examined)]
            * bool(preview.contradictions)
        ),
        ("Turbines nouvelles", _at_least(len(preview.new_turbines), whole), _few(preview.new_turbines)),
    ]


def _at_least(count: int, whole: bool) -> str:
    return french.number(count) if whole or not count else f"{french.number(count)} ou plus"


def _few(names: Sequence[str]) -> str:
    left = len(names) - 4
    return ", ".join(names[:4]) + (f" et {left} {french.plural(left, 'autre')}" if left > 0 else "")


def columns_frame(columns: Sequence[PreviewColumn]) -> pd.DataFrame:
    """Tabulate every column: recognised, left aside or missing, and the consequence."""
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
    name = titled(column.label or FIXED.get(column.target or "", column.target or column.name), column.unit)
    return f"{name}, converti depuis {column.converted_from}" if column.converted_from else name


def rows_frame(preview: ImportPreview) -> pd.DataFrame:
    """Tabulate the first rows as understood; a rejected one shows its raw cells, and why."""
    titles = {
        c.target: titled(c.label, c.unit)
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
        understood = _understood(row, titles) if row.accepted else row.cells
        cells = {"Ligne": str(row.line), "Verdict": "✓ prise" if row.accepted else "✕ rejetée"}
        if failing:
            cells["Raison"] = f"{french.NBSP}; ".join(row.reasons)
        rows.append(
            cells | {title: understood.get(name) or french.NOTHING for name, title in columns.items()}
        )
    return pd.DataFrame(rows)


def _understood(row: PreviewRow, sensors: Iterable[str]) -> dict[str, str]:
    """Return the cells of a row that would be taken, in French."""
    return {
        "turbine_id": row.turbine_id or "",
        "date_measure": french.date(row.measured_at or row.measured_on),
        "failure_within_7d": {True: "oui", False: "non", None: ""}[row.failure_within_7d],
        "time_to_failure_days": french.trimmed(row.time_to_failure_days),
        **{name: french.trimmed(row.values.get(name), 3) for name in sensors},
    }


def preview_words(preview: ImportPreview) -> str:
    """Say what confirming would do, in one sentence."""
    if not preview.estimated_new + preview.estimated_known:
        return "Aucune ligne ne pourrait être prise : corrigez le fichier ou les options de lecture."
    if not preview.estimated_new:
        return "Toutes les lignes lisibles sont déjà connues : l’import ne doublera rien."
    new = preview.estimated_new
    about = "" if preview.examined >= preview.rows else f"Environ{french.NBSP}"
    words = f"{about}{french.counted(new, 'ligne nouvelle')}, à ajouter"
    if preview.rejected:
        words += f"{french.NBSP}; chaque ligne fautive serait rejetée seule, avec sa raison"
    return f"{words}. Rien n’est encore écrit."


# After an import


def report_facts(report: ImportReport) -> list[Fact]:
    """List what one file brought; rare counts appear only where they are not zero."""
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
        ("Cellules vides", sum(report.empty_cells.values()), ", ".join(sorted(report.empty_cells))),
        ("Visites prévues", report.planned_visits_added, "ajoutées"),
        ("Valeurs refusées", report.refused_values, "leur ligne est gardée"),
        ("Contradictions", report.contradictions, "à trancher dans « Corrections »"),
    ]
    return [(name, french.number(n), note) for name, n, note in always + [r for r in rare if r[1]]]


def report_words(report: ImportReport) -> str:
    """Say what became of one file, in one sentence."""
    took = french.duration((report.finished_at - report.started_at).total_seconds())
    end = french.counted(report.rejected, "ligne rejetée") if report.rejected else "aucune ligne rejetée"
    return (
        f"Import n°{french.NBSP}{report.import_id} terminé en {took}{french.NBSP}: "
        f"{french.counted(report.rows, 'ligne lue')}, {end}."
    )


def problems_frame(problems: Sequence[RowProblem]) -> pd.DataFrame:
    """Tabulate problems and remarks, line by line."""
    return pd.DataFrame(
        [
            {
                "Ligne": str(problem.line),
                "Colonne": problem.column or french.NOTHING,
                "Valeur": problem.value or french.NOTHING,
                "Raison": problem.reason,
            }
            for problem in problems
        ],
        columns=["Ligne", "Colonne", "Valeur", "Raison"],
    )


def problems_words(listed: int, total: int) -> str:
    """Say how many problems there are and how many are shown."""
    counted = (
        f"{french.NBSP}: {french.counted(listed, 'premier')} sur {french.number(total)}"
        if total > listed
        else f" ({french.number(total)})"
    )
    return f"Problèmes et remarques{counted}"


def progress_words(job: ImportJob) -> str:
    """Say how far a long import is."""
    if job.status == "en_attente":
        return f"« {job.filename} » attend son tour…"
    if not job.total:
        return f"« {job.filename} »{french.NBSP}: lecture du fichier…"
    done, total = french.counted(job.done, "ligne lue"), french.number(max(job.total, job.done))
    return f"« {job.filename} »{french.NBSP}: {done} sur {total} environ."


def imports_frame(imports: Sequence[ImportSummary]) -> pd.DataFrame:
    """Tabulate past imports, in the API's order (newest first)."""
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
                "Par": principal_words(done.imported_by, done.imported_by_name),
                "Le": french.date(done.started_at),
            }
            for done in imports
        ]
    )


def _once_ended(done: ImportSummary, count: int) -> str:
    return french.number(count) if done.status in {"termine", "refuse", "annule"} else french.NOTHING
