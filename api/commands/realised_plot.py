"""Predictions beside observations, drawn as an SVG.

The API's requirements have no plotting library, and two panels of points and bars do not deserve one: an SVG
is text, every browser and office suite opens it, and its words stay readable and searchable.
"""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from api.domain.quality.realised import JudgedScore, Standing
from api.schemas import french
from api.schemas.quality import CalibrationBin, RealisedQuality

FORMATS = (".svg", ".html")
# More points would hide one another. The seed is fixed, so that the same scores give the same drawing.
MAX_POINTS = 3_000
_SEED = 20240101
_WIDTH, _HEIGHT, _SIDE, _TOP, _LEFT, _GAP = 1_000, 520, 360, 90, 70, 110
_INK, _GRID, _POINT, _ALERT = "#0A1217", "#D9E0E3", "#0B6170", "#B42318"


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
    for judged in (judged for scores in park for judged in scores if judged.standing is Standing.COUNTED):
        days, outcome = judged.score.days, judged.outcome
        if days is None or outcome is None or outcome.days_left is None:
            continue
        pair = Pair(days, outcome.days_left, bool(outcome.failed))
        seen += 1
        if len(kept) < MAX_POINTS:
            kept.append(pair)
        elif (place := int(generator.integers(seen))) < MAX_POINTS:
            kept[place] = pair
    return kept


def drawing(realised: RealisedQuality, pairs: list[Pair]) -> str:
    """Return the SVG: days left at the left, probabilities at the right; a sentence where no pair is."""
    when = (
        f" du {french.date(realised.first)} au {french.date(realised.last)}"
        if realised.first and realised.last
        else ""
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" '
        f'height="{_HEIGHT}" role="img" font-family="sans-serif" font-size="13" fill="{_INK}">',
        f"<title>Prévu et observé{when}</title>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#FFFFFF"/>',
        _text(_LEFT, 28, f"Prévu et observé{when}", size=18),
        _text(_LEFT, 50, realised.message),
        *_days_panel(pairs),
        *_probability_panel(realised.calibration),
        "</svg>\n",
    ]
    return "\n".join(parts)


def page(realised: RealisedQuality, image: str) -> str:
    """Return an HTML page with the drawing and the notices about it."""
    notices = "".join(f"<li>{html.escape(notice.message)}</li>" for notice in realised.notices)
    return (
        '<!doctype html>\n<html lang="fr"><head><meta charset="utf-8"><title>Qualité réalisée</title>'
        "<style>body{font-family:sans-serif;margin:2rem}svg{max-width:100%;height:auto}</style></head>"
        f"<body><h1>Qualité réalisée</h1>{image}<ul>{notices}</ul></body></html>\n"
    )


def _days_panel(pairs: list[Pair]) -> Iterable[str]:
    x0 = _LEFT
    yield from _frame(x0, "Jours restants observés", "Jours restants publiés")
    if not pairs:
        yield _text(x0 + 20, _TOP + _SIDE / 2, "Aucun délai observé à comparer.")
        return
    longest = max(max(pair.published, pair.observed) for pair in pairs)
    step = 10 if longest <= 100 else 10 ** (len(str(int(longest))) - 1)
    most = step * (int(longest / step) + 1)
    yield from _ticks(x0, [(value / most, french.number(value)) for value in range(0, most + 1, step)])
    yield f'<path d="M{x0},{_TOP + _SIDE}L{x0 + _SIDE},{_TOP}" stroke="{_INK}" stroke-dasharray="5 4"/>'
    for pair in pairs:
        x, y = x0 + _SIDE * pair.observed / most, _TOP + _SIDE * (1 - pair.published / most)
        radius, colour = (3.5, _ALERT) if pair.failed else (2, _POINT)
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{colour}" opacity="0.6"/>'
    words = (
        f"{french.number(len(pairs))} scores ; en rouge : panne sous 7 jours ; pointillé : prévision exacte"
    )
    yield _text(x0, _TOP + _SIDE + 60, words)


def _probability_panel(bins: list[CalibrationBin]) -> Iterable[str]:
    x0 = _LEFT + _SIDE + _GAP
    yield from _frame(
        x0, "Probabilité publiée (moyenne de la tranche)", "Part suivie d’une panne sous 7 jours"
    )
    if not bins:
        yield _text(x0 + 20, _TOP + _SIDE / 2, "Aucune issue à comparer.")
        return
    yield from _ticks(x0, [(tenth / 5, french.number(tenth / 5, 1)) for tenth in range(6)])
    yield f'<path d="M{x0},{_TOP + _SIDE}L{x0 + _SIDE},{_TOP}" stroke="{_INK}" stroke-dasharray="5 4"/>'
    for group in bins:
        x, figure = x0 + _SIDE * group.mean_probability, group.observed
        if figure.low is not None and figure.high is not None:
            low, high = (_TOP + _SIDE * (1 - bound) for bound in (figure.low, figure.high))
            yield f'<path d="M{x:.1f},{low:.1f}L{x:.1f},{high:.1f}" stroke="{_POINT}" stroke-width="2"/>'
        y = _TOP + _SIDE * (1 - (figure.value or 0.0))
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{_POINT}"/>'
    yield _text(x0, _TOP + _SIDE + 60, "Traits : intervalle à 95 % ; pointillé : probabilité exacte")


def _frame(x0: float, below: str, beside: str) -> Iterable[str]:
    yield f'<rect x="{x0}" y="{_TOP}" width="{_SIDE}" height="{_SIDE}" fill="none" stroke="{_GRID}"/>'
    yield _text(x0 + _SIDE / 2, _TOP + _SIDE + 38, below, anchor="middle")
    yield _text(x0, _TOP - 10, beside)


def _ticks(x0: float, ticks: list[tuple[float, str]]) -> Iterable[str]:
    for share, words in ticks:
        x, y = x0 + _SIDE * share, _TOP + _SIDE * (1 - share)
        yield f'<path d="M{x:.1f},{_TOP}V{_TOP + _SIDE}M{x0},{y:.1f}H{x0 + _SIDE}" stroke="{_GRID}"/>'
        yield _text(x, _TOP + _SIDE + 18, words, anchor="middle")
        yield _text(x0 - 8, y + 4, words, anchor="end")


def _text(x: float, y: float, words: str, *, size: int = 13, anchor: str = "start") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}">{html.escape(words)}</text>'
    )
