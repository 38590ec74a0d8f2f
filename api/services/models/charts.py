"""Charts of a model's quality, with 95 % intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from api.domain.models.quality import ReliabilityBin
from api.schemas import french
from api.schemas.charts import Axis, Chart, Point, Tick
from api.schemas.model_card import Decision, ThresholdOutcome
from api.schemas.quality import CalibrationBin
from api.services.models.card import words

_SHARES = (0, 0.25, 0.5, 0.75, 1)
_THRESHOLDS = (0.005, 0.02, 0.05, 0.1, 0.2, 0.5)
DIAGONAL = [(0.0, 0.0), (1.0, 1.0)]


def reliability_chart(bins: Sequence[ReliabilityBin | CalibrationBin]) -> Chart:
    """Chart announced probability against observed failures; the diagonal is perfectly reliable."""
    return Chart(
        title="Courbe de fiabilité",
        note="Sur la diagonale, la probabilité annoncée est exacte. Barres : intervalles à 95 %."
        if bins
        else "Aucune issue à comparer.",
        across=axis("Probabilité annoncée", _SHARES, french.threshold),
        upward=axis("Pannes observées", _SHARES, french.threshold),
        joined=False,
        points=[
            Point(
                x=each.mean_probability,
                y=each.observed.value or 0.0,
                low=each.observed.low,
                high=each.observed.high,
                words=f"dit {french.share(each.mean_probability)}, observé {words.share(each.observed)}\n"
                f"{french.counted(each.rows, 'ligne')}, {french.counted(each.failures, 'panne')}",
            )
            for each in bins
        ],
        reference=DIAGONAL,
    )


def precision_recall_chart(decision: Decision) -> Chart:
    """Chart precision against recall as the threshold falls; the mark is the policy's threshold."""

    def points(outcomes: Sequence[ThresholdOutcome]) -> list[Point]:
        return [
            Point(
                x=each.recall.value or 0.0,
                y=each.precision.value,
                low=each.precision.low,
                high=each.precision.high,
                words=f"seuil {french.threshold(each.threshold)}\n"
                f"rappel {french.number(each.recall.value, 2)}\n"
                f"précision {french.number(each.precision.value, 2)}",
            )
            for each in outcomes
            if each.precision.value is not None
        ]

    return Chart(
        title="Précision et rappel",
        note="Bande : intervalle à 95 % de la précision ; losange : le seuil de la politique.",
        across=axis("Rappel : part des pannes annoncées", _SHARES, french.trimmed),
        upward=axis("Précision : part d’alertes justes", _SHARES, french.trimmed),
        joined=True,
        points=points(decision.curve),
        marks=points([each for each in decision.table if each.chosen]),
    )


def cost_chart(decision: Decision) -> Chart | None:
    """Chart the cost of decisions against the threshold, on a logarithmic scale; dashed: the policy's.

    Returns:
        None for a version stored before its outputs were kept: no curve can be drawn.
    """
    known = [(each, each.cost_eur) for each in decision.curve if each.cost_eur.value is not None]
    if not known:
        return None
    thresholds = [each.threshold for each, _ in known]
    low, high = min(thresholds), max(thresholds)
    upward = axis("", rounded(max(cost.high or cost.value or 0.0 for _, cost in known)), french.euros)
    chosen = min(max(decision.threshold, low), high)
    return Chart(
        title="Coût selon le seuil",
        note="Bande : intervalle à 95 % ; tirets : le seuil de la politique.",
        across=axis("Seuil de décision", _THRESHOLDS, french.threshold).model_copy(
            update={"low": low, "high": high, "logarithmic": True}
        ),
        upward=upward,
        joined=True,
        points=[
            Point(
                x=each.threshold,
                y=cost.value or 0.0,
                low=cost.low,
                high=cost.high,
                words=f"seuil {french.threshold(each.threshold)}\n{words.euros(cost)}",
            )
            for each, cost in known
        ],
        reference=[(chosen, upward.low), (chosen, upward.high)],
        reference_words=f"politique : {french.threshold(decision.threshold)}",
    )


def axis(title: str, values: Sequence[float], spelled: Callable[[float], str]) -> Axis:
    """Make an axis from its first graduation to its last."""
    ticks = [Tick(at=value, words=spelled(value)) for value in values]
    return Axis(title=title, low=values[0], high=values[-1], ticks=ticks)


def rounded(most: float) -> list[float]:
    """Graduate from zero in five round steps at most, the last at ``most`` or beyond."""
    unit = 10.0 ** math.floor(math.log10(most or 1.0))
    step = next(unit * part for part in (0.2, 0.5, 1, 2) if most <= 5 * unit * part)
    return [step * place for place in range(max(math.ceil(most / step), 1) + 1)]
