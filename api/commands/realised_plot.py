"""Published beside observed, as a drawing or a page that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from api.domain.quality.realised import JudgedScore, ScoreStanding
from api.schemas import french
from api.schemas.charts import Chart, Point
from api.schemas.quality import RealisedQuality
from api.schemas.typesetting import typeset_page
from api.services.models.charts import axis, rounded
from api.services.shared.html import template

FORMATS = (".svg", ".html")
# More points would hide one another. The seed is fixed, so that the same scores give the same drawing.
MAX_POINTS = 3_000
_SEED = 20240101


@dataclass(frozen=True)
class Pair:
    """Published and observed days left; ``failed``: the failure came within 7 days."""

    published: float
    observed: float
    failed: bool


def pairs_of(park: Iterable[list[JudgedScore]]) -> list[Pair]:
    """Return at most :data:`MAX_POINTS` counted scores, all equally likely (reservoir, J. Vitter 1985)."""
    generator = np.random.default_rng(_SEED)
    kept: list[Pair] = []
    seen = 0
    for judged in chain.from_iterable(park):
        days, outcome = judged.score.days, judged.outcome
        if judged.standing is not ScoreStanding.COUNTED or days is None:
            continue
        if outcome is None or outcome.days_left is None:
            continue
        pair = Pair(days, outcome.days_left, bool(outcome.failed))
        seen += 1
        if len(kept) < MAX_POINTS:
            kept.append(pair)
        elif (place := int(generator.integers(seen))) < MAX_POINTS:
            kept[place] = pair
    return kept


def plot(quality: RealisedQuality, pairs: Sequence[Pair], suffix: str) -> str:
    """Draw days left and probabilities, published beside observed.

    Args:
        quality: what the drawing stands for.
        pairs: of days left.
        suffix: of the file, one of :data:`FORMATS`: a drawing alone, or a page that also says what must be
            known before it is read.
    """
    drawn = template(f"commands/realised_plot{suffix}")
    return typeset_page(drawn.render(quality=quality, charts=[days_chart(pairs), quality.reliability]))


def days_chart(pairs: Sequence[Pair]) -> Chart:
    """Chart days left as published against those observed; failures within 7 days are marked."""
    ticks = rounded(max((max(pair.published, pair.observed) for pair in pairs), default=10.0))
    points = [(Point(x=pair.observed, y=pair.published), pair.failed) for pair in pairs]
    how = (
        f"{french.counted(len(pairs), 'score')} ; losanges : panne sous 7 jours ; tirets : prévision exacte."
    )
    return Chart(
        title="Jours restants",
        note=how if pairs else "Aucun délai observé à comparer.",
        across=axis("Jours restants observés", ticks, french.trimmed),
        upward=axis("Jours restants publiés", ticks, french.trimmed),
        joined=False,
        points=[point for point, failed in points if not failed],
        marks=[point for point, failed in points if failed],
        reference=[(0, 0), (ticks[-1], ticks[-1])],
    )
