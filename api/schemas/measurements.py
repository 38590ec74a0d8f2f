"""Measurements: imports, their previews and reports, and the coverage."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from api.schemas.common import Answer, FieldProblem, Name, Notice
from api.schemas.vocabulary import Freshness

_UNITLESS = {None, "", "-", "–", "0/1"}


def titled(label: str, unit: str | None) -> str:
    """Write a sensor with its unit as the turbine's page does: « Vitesse du vent (m/s) »."""
    return label if unit in _UNITLESS else f"{label} ({unit})"


class RowProblem(Answer):
    """One rejected row, or one remark on a row."""

    line: int = Field(description="Ligne du fichier, l’en-tête étant la ligne 1")
    column: str
    value: str | None
    reason: str


class FileFormat(Answer):
    """How a file was read."""

    kind: str = Field(description="csv, csv.gz, xlsx, parquet ou json")
    encoding: str | None = Field(None, description="utf-8, utf-16 ou windows-1252 ; null hors CSV")
    separator: str | None = Field(None, description="Séparateur de colonnes ; null hors CSV")
    decimal: str = Field(description="Séparateur décimal : « . » ou « , »")
    date_format: str = Field(description="Format des dates, par exemple JJ/MM/AAAA")
    planned_format: str | None = Field(
        None, description="Format des visites prévues, si ce n’est pas celui des mesures"
    )
    timezone: str | None = Field(
        None,
        description="Fuseau des heures sans décalage, et d’où il vient ; null sans heure",
    )
    header_line: int = Field(description="Ligne de l’en-tête ; celles d’avant sont laissées de côté")


class ImportReport(Answer):
    """Counts of one import: ``rows = inserted + already_known + enriched + rejected``.

    ``enriched`` counts known rows that received more sensors; ``labels_added`` counts the rows, new or known,
    to which the file gave a label, ``labels_corrected`` those whose label it changed. The problems include
    remarks on accepted rows.
    """

    import_id: int
    filename: str
    sha256: str
    rows: int
    inserted: int
    already_known: int
    enriched: int = 0
    labels_added: int
    labels_corrected: int = 0
    rejected: int
    empty_cells: dict[str, int] = Field(
        default_factory=dict, description="Cellules de capteur vides, par colonne, lignes rejetées comprises"
    )
    turbines_added: int
    planned_visits_added: int
    refused_values: int = Field(
        0, description="Valeurs impossibles laissées de côté, dont la ligne garde les autres capteurs"
    )
    contradictions: int = Field(
        0, description="Lignes qui en contredisent une autre du même instant : une personne choisit"
    )
    problems: list[RowProblem] = Field(description="Les 20 premières ; toutes dans le rapport complet")
    problems_total: int = Field(0, description="Nombre de problèmes et de remarques, montrés ou non")
    unknown_columns: list[str]
    missing_columns: list[str]
    started_at: datetime
    finished_at: datetime
    imported_by: str
    imported_by_name: Name = None
    format: FileFormat | None = Field(None, description="Comment le fichier a été lu")

    @property
    def nothing_taken(self) -> bool:
        """Whether every row was refused; rows that are all known already are a success."""
        return 0 < self.rows == self.rejected


class PreviewColumn(Answer):
    """One column of the file, or one that is missing."""

    name: str = Field(description="Nom dans le fichier ; nom attendu si la colonne est absente")
    state: Literal["reconnue", "inconnue", "absente"]
    target: str | None = Field(None, description="Colonne du cockpit dans laquelle elle est lue")
    label: str = Field("", description="Libellé français")
    unit: str = Field("", description="Unité dans laquelle la valeur est gardée")
    converted_from: str | None = Field(None, description="Unité du fichier, si elle est convertie")
    consequence: str = Field("", description="Ce qui ne marchera pas si elle manque")


class PreviewRow(Answer):
    """One row as read: unreadable fields are null, and a rejected row has its reasons."""

    line: int
    accepted: bool
    turbine_id: str | None = None
    measured_on: date | None = None
    measured_at: datetime | None = None
    values: dict[str, float] = Field(default_factory=dict)
    failure_within_7d: bool | None = None
    time_to_failure_days: float | None = None
    cells: dict[str, str] = Field(
        default_factory=dict, description="Ligne rejetée : ses cellules telles que lues, par colonne"
    )
    reasons: list[str] = Field(default_factory=list, description="Ligne rejetée : pourquoi")


class ImportPreview(Answer):
    """The effect that an import would have; nothing is written."""

    filename: str
    sha256: str
    format: FileFormat
    rows: int = Field(description="Lignes de données du fichier (environ)")
    examined: int = Field(description="Lignes lues pour cet aperçu, depuis le début")
    columns: list[PreviewColumn]
    first_rows: list[PreviewRow] = Field(description="Les 20 premières lignes, comme elles sont comprises")
    problems: list[RowProblem] = Field(description="Les 20 premiers problèmes des lignes examinées")
    problems_total: int = Field(description="Problèmes des lignes examinées")
    rejected: int = Field(description="Lignes examinées qui seraient rejetées")
    contradictions: int = Field(
        0, description="Lignes examinées qui en contredisent une autre du même instant"
    )
    estimated_new: int = Field(description="Lignes nouvelles, estimées d’après celles examinées")
    estimated_known: int = Field(description="Lignes déjà connues, estimées de même")
    new_turbines: list[str] = Field(description="Turbines inconnues parmi les lignes examinées, 50 au plus")
    doubts: list[FieldProblem] = Field(
        description="Valeurs qui ressemblent à une autre unité : à corriger (correspondance) ou à confirmer"
    )
    needs_confirmation: bool = Field(description="Vrai si l’import exige une confirmation à cause des doutes")
    notices: list[Notice] = Field(
        default_factory=list, description="À savoir avant de confirmer, comme un parc simulé mis de côté"
    )


class MapDraft(Answer):
    """A mapping proposed from a file's header and first rows."""

    text: str = Field(
        description="La correspondance, en JSON : à relire, puis à envoyer dans le champ « map »"
    )
    notes: list[str] = Field(description="À vérifier ou à compléter")


class ImportJob(Answer):
    """An import by the worker: its progress, then its report."""

    job_id: int
    filename: str
    status: Literal["en_attente", "en_cours", "termine", "refuse", "echoue", "interrompu"]
    done: int = Field(description="Lignes lues")
    total: int = Field(description="Lignes à lire, à peu près ; 0 tant qu’on ne le sait pas")
    requested_by: str
    requested_by_name: Name = None
    created_at: datetime
    finished_at: datetime | None
    import_id: int | None = Field(description="Numéro de l’import une fois terminé")
    report: ImportReport | None = Field(description="Le rapport une fois terminé")
    error: str | None = Field(description="Pourquoi le fichier n’a pas pu être pris")


class ImportSummary(Answer):
    """One import in the list of imports."""

    import_id: int
    filename: str
    source: Literal["mesure", "simulation"]
    status: Literal["en_cours", "termine", "interrompu", "refuse", "annule"]
    rows: int = Field(0, description="0 tant que l’import n’est pas terminé, comme les comptes qui suivent")
    inserted: int = 0
    already_known: int = 0
    enriched: int = 0
    labels_added: int = 0
    labels_corrected: int = 0
    rejected: int = 0
    problems_total: int = Field(0, description="Tous les problèmes du fichier, gardés ou non")
    imported_by: str
    imported_by_name: Name = None
    started_at: datetime
    finished_at: datetime | None


class TurbineCoverage(Answer):
    """The number of a turbine's measurements per day."""

    turbine_id: str
    site: str | None
    farm: str | None
    service_state: Literal["en_service", "arret_programme", "hors_service"]
    last_measured_on: date | None
    age_days: int | None = Field(description="Âge de la dernière mesure au jour évalué par défaut [j]")
    usual_gap_days: float | None = Field(
        description="Écart rarement dépassé entre deux jours mesurés (95ᵉ centile) [j]"
    )
    freshness: Freshness = Field(
        description="trop_ancienne : plus vieille que l’âge limite de la politique (même règle que "
        "`data_status` perime) ; en_retard : plus vieille que l’écart habituel ; sinon a_jour, "
        "jamais_mesuree, ou a_l_arret pour une machine arrêtée exprès"
    )
    late: bool = Field(
        description="Vrai si une mesure est attendue : jamais_mesuree, trop_ancienne ou en_retard"
    )
    counts: list[int] = Field(description="Mesures par jour, du premier au dernier jour demandé")
    findings: list[str] = Field(description="Codes des constats du dernier calcul publié")


class FindingCount(Answer):
    """Number of turbines with a finding in the last published run."""

    code: str
    turbines: int
    example: str = Field(description="La phrase de l’une d’elles")


class Coverage(Answer):
    """Coverage and freshness of the measurements, findings, last imports, and missing data."""

    first: date = Field(description="Premier jour des comptes")
    last: date = Field(description="Dernier jour des comptes")
    as_of: date = Field(description="Jour par rapport auquel les âges sont comptés")
    measured_per_day: list[int] = Field(description="Turbines mesurées, jour après jour")
    max_age_days: int = Field(description="Âge limite de la politique en vigueur [j]")
    late: int = Field(description="Turbines dont une mesure est attendue (`late`)")
    turbines: list[TurbineCoverage] = Field(description="Ordre naturel des identifiants")
    findings: list[FindingCount] = Field(description="Du constat le plus fréquent au plus rare")
    run_as_of: date | None = Field(
        None, description="Jour du dernier calcul publié, dont viennent les constats ; null s’il n’y en a pas"
    )
    imports: list[ImportSummary] = Field(description="Les 5 derniers")
    missing: list[Notice] = Field(description="Ce qui manque avant le prochain calcul")
    next_run_at: datetime | None = Field(description="Prochain calcul quotidien ; nul s’il n’y en a pas")
    next_run: str = Field(description="Prochain calcul quotidien, ou pourquoi il n’y en a pas")
