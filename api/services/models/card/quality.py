"""Quality on a model's card: figures measured here, beside those of reports."""

from __future__ import annotations

from collections.abc import Sequence

from api.domain.models.quality import ClassificationQuality, RegressionQuality
from api.inference.serving.manifest import Manifest, Reported
from api.schemas import french
from api.schemas.model_card import Part, Section, Table
from api.schemas.models import ModelFacts
from api.services.models.card import classifier, regressor
from api.services.models.card.words import LABELS, Measure

UNKNOWN = (
    "Qualité inconnue : personne n’a dit quelles lignes ce modèle n’a pas vues à l’entraînement. Une mesure "
    "faite sur des lignes d’entraînement ne vaudrait rien ; aucun chiffre n’est donc donné."
)
_IN_DAYS = frozenset({"mae", "rmse", "bias"})
# Names of the same figures in reports.
_ALIASES = {
    "précision": "precision", "rappel": "recall", "f1_score": "f1", "f1-score": "f1",
    "exactitude": "accuracy", "auc": "roc_auc", "precision_moyenne": "average_precision",
    "brier_score": "brier", "r²": "r2",
}  # fmt: skip


def quality_sections(facts: ModelFacts, manifest: Manifest) -> list[Section]:
    """Describe measured and reported quality, then the worth of decisions and intervals."""
    measures: list[Measure] = []
    tables: list[Table] = []
    match manifest.measured:
        case ClassificationQuality() as quality:
            basis, measures = classifier.measured_on(quality), classifier.measures(quality, facts.decision)
            tables = classifier.confusion(facts.decision)
            worth = classifier.worth(quality, facts.decision, manifest.calibration)
        case RegressionQuality() as quality:
            basis, measures = regressor.measured_on(quality), regressor.measures(quality)
            worth = [regressor.worth(quality, manifest.interval)]
        case None:
            basis, worth = UNKNOWN, []
    measured = Part(
        title="Mesurée ici, et annoncée ailleurs",
        sentences=[basis],
        tables=[*_side_by_side(measures, manifest.reported), *tables],
        framed=manifest.measured is None,
    )
    return [Section(title="Qualité", parts=[measured, _reported(manifest.reported), _gate(facts)]), *worth]


def _side_by_side(measures: Sequence[Measure], reported: Reported | None) -> list[Table]:
    """Tabulate figures measured here beside those announced: a column each, never mixed."""
    names = ((name.lower(), value) for name, value in (reported.metrics if reported else {}).items())
    announced = {_ALIASES.get(name, name): value for name, value in names}
    rows = [
        [
            each.label,
            each.figure,
            _announced(each.name, announced.pop(each.name, None)) if each.in_reports else french.NOTHING,
        ]
        for each in measures
    ]
    rows += [
        [LABELS.get(name, name), "non mesuré", _announced(name, value)] for name, value in announced.items()
    ]
    header = ["Mesure de qualité", "Mesuré ici [intervalle à 95 %]", "Annoncé, non vérifié ici"]
    return [Table(title="Qualité mesurée et qualité annoncée", header=header, rows=rows)] if rows else []


def _announced(name: str, value: float | None) -> str:
    if value is None:
        return "non annoncé"
    return french.trimmed(value, 3) + (f"{french.NBSP}j" if name in _IN_DAYS else "")


def _reported(reported: Reported | None) -> Part:
    title = "Annoncé, non vérifié ici"
    if reported is None:
        return Part(title=title, sentences=["Aucun chiffre n’est annoncé par un rapport."])
    source = f"Annoncé par : {reported.source}"
    if reported.rows:
        source += f", sur {french.counted(reported.rows, 'ligne')}"
    counts = reported.confusion
    if counts is not None:
        source += (
            f" ({french.counted(counts.true_positives, 'panne annoncée')}, "
            f"{french.counted(counts.false_negatives, 'manquée')}, "
            f"{french.counted(counts.false_positives, 'fausse alerte')}, "
            f"{french.counted(counts.true_negatives, 'silence justifié')})"
        )
    comment = [reported.comment] if reported.comment else []
    sentences = [f"{source}.", *comment, "Ces chiffres ne sont jamais mêlés à ceux mesurés ici."]
    return Part(title=title, sentences=[" ".join(sentences)], framed=True)


def _gate(facts: ModelFacts) -> Part:
    verdict = "Ce modèle peut servir" if facts.summary.admitted else "Ce modèle ne sert pas"
    return Part(
        title="Contrôle de qualité",
        sentences=[f"{verdict} à classer le parc."],
        bullets=facts.summary.gate_reasons,
    )
