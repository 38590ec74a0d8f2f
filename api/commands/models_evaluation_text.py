"""A measured version as French tables for a terminal: the words and figures of its card."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from api.commands.console import columns
from api.domain.models.quality import ClassificationQuality, RegressionQuality
from api.inference.importing.evaluate import Evaluation
from api.schemas import french
from api.schemas.model_card import Part
from api.services.models.card import classifier, regressor, words


def evaluation_text(found: Evaluation) -> str:
    """Every figure with its interval, what it was measured on, and what the quality gate says of it."""
    quality, gate = found.quality, found.gate
    left = f"{french.counted(found.left_out, 'ligne laissée')} de côté : à l’entraînement, ou peut-être."
    body = _classifier(quality) if isinstance(quality, ClassificationQuality) else _regressor(quality)
    return "\n".join(
        [
            f"{found.name} version {found.version}, mesuré sur {found.source}",
            found.words,
            *([left] if found.left_out else []),
            *body,
            "",
            f"Contrôle de qualité sur ces lignes : {'passé' if gate.passed else 'NON passé'}.",
            *[f"  {reason}" for reason in gate.reasons],
        ]
    )


def _classifier(quality: ClassificationQuality) -> Iterator[str]:
    yield classifier.measured_on(quality)
    yield from _measures(classifier.measures(quality, None))
    thresholds = classifier.thresholds_table(quality.thresholds)
    rows = [
        [*cells, words.with_interval(row.f1, 3)]
        for cells, row in zip(thresholds.rows, quality.thresholds, strict=True)
    ]
    yield from _table(thresholds.title, [*thresholds.header, "F1"], rows)
    yield from _part(classifier.reliability_part(quality))


def _regressor(quality: RegressionQuality) -> Iterator[str]:
    yield regressor.measured_on(quality)
    yield from _measures(regressor.measures(quality))
    yield from _part(regressor.errors_part(quality))


def _measures(measures: list[words.Measure]) -> Iterator[str]:
    rows = [[each.label, each.figure] for each in measures]
    yield from _table("Qualité", ["Mesure", "Valeur [intervalle à 95 %]"], rows)


def _part(part: Part) -> Iterator[str]:
    for table in part.tables:
        yield from _table(part.title, table.header, table.rows)


def _table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield from ("", title, columns(rows, header))
