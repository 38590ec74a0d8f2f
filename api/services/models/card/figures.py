"""Drawings of the printable card, as SVG in the page itself: they print, and ask for nothing elsewhere."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Any

from api.schemas import french
from api.schemas.common import Figure
from api.schemas.model_card import Decision

_WIDTH, _HEIGHT = 340, 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 12, 12, 44

Point = tuple[float, float]
Scale = Callable[[float], float]


def reliability_figure(bins: Sequence[dict[str, Any]]) -> str:
    """What was announced against what happened, each bin with its 95 % interval; the diagonal is perfect."""
    x, y = _linear(0, 1, *_across()), _linear(0, 1, *_upward())
    marks = [
        _whisker(x(each["mean_probability"]), each["observed"], y)
        + _dot(x(each["mean_probability"]), y(each["observed"]["value"]))
        for each in bins
    ]
    diagonal = _path([(x(0), y(0)), (x(1), y(1))], "repere")
    ticks = [(share, french.share(share)) for share in (0, 0.25, 0.5, 0.75, 1)]
    axes = _axes(x, y, ticks, ticks, "Probabilité annoncée", "Pannes observées")
    return _svg("Courbe de fiabilité", axes + diagonal + "".join(marks))


def precision_recall_figure(decision: Decision) -> str:
    """Precision against recall as the threshold falls, with the interval of each precision."""
    x, y = _linear(0, 1, *_across()), _linear(0, 1, *_upward())
    known = [each for each in decision.curve if each.precision.value is not None]
    if not known:
        return ""
    line = [(x(each.recall.value or 0.0), y(each.precision.value or 0.0)) for each in known]
    band = _band([(x(each.recall.value or 0.0), each.precision) for each in known], y)
    here = next((each for each in decision.table if each.chosen), None)
    mark = (
        ""
        if here is None or here.precision.value is None or here.recall.value is None
        else _dot(x(here.recall.value), y(here.precision.value))
    )
    ticks = [(share, french.number(share, 2)) for share in (0, 0.25, 0.5, 0.75, 1)]
    axes = _axes(x, y, ticks, ticks, "Rappel", "Précision")
    return _svg("Courbe précision-rappel", axes + band + _path(line, "courbe") + mark)


def cost_figure(decision: Decision) -> str:
    """Cost of decisions against the threshold, with its interval; dashed: the policy's threshold."""
    known = [each for each in decision.curve if each.cost_eur.value is not None]
    if not known:
        return ""
    top = max(each.cost_eur.high or each.cost_eur.value or 0.0 for each in known) or 1.0
    thresholds = [each.threshold for each in known]
    x, y = _logarithmic(min(thresholds), max(thresholds), *_across()), _linear(0, top, *_upward())
    line = [(x(each.threshold), y(each.cost_eur.value or 0.0)) for each in known]
    band = _band([(x(each.threshold), each.cost_eur) for each in known], y)
    chosen = min(max(decision.threshold, min(thresholds)), max(thresholds))
    here = _path([(x(chosen), y(0)), (x(chosen), y(top))], "repere")
    axes = _axes(
        x,
        y,
        [(t, french.share(t)) for t in (0.005, 0.02, 0.1, 0.5)],
        [(top * share, french.euros(top * share)) for share in (0, 0.5, 1)],
        "Seuil de décision",
        "",
    )
    return _svg("Coût selon le seuil", axes + band + here + _path(line, "courbe"))


def _across() -> Point:
    return _LEFT, _WIDTH - _RIGHT


def _upward() -> Point:
    return _HEIGHT - _BOTTOM, _TOP


def _linear(low: float, high: float, start: float, end: float) -> Scale:
    return lambda value: start + (value - low) / (high - low) * (end - start)


def _logarithmic(low: float, high: float, start: float, end: float) -> Scale:
    inner = _linear(math.log(low), math.log(high), start, end)
    return lambda value: inner(math.log(value))


def _axes(
    x: Scale,
    y: Scale,
    across: Iterable[tuple[float, str]],
    upward: Iterable[tuple[float, str]],
    below: str,
    beside: str,
) -> str:
    bottom = _HEIGHT - _BOTTOM
    parts = [
        f'<line class="grille" x1="{x(at):.1f}" x2="{x(at):.1f}" y1="{_TOP}" y2="{bottom}"/>'
        f'<text x="{x(at):.1f}" y="{bottom + 14}" text-anchor="middle">{escape(text)}</text>'
        for at, text in across
    ]
    parts += [
        f'<line class="grille" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(at):.1f}" y2="{y(at):.1f}"/>'
        f'<text x="{_LEFT - 5}" y="{y(at) + 3:.1f}" text-anchor="end">{escape(text)}</text>'
        for at, text in upward
    ]
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    parts.append(f'<text x="{middle}" y="{_HEIGHT - 6}" text-anchor="middle">{escape(below)}</text>')
    if beside:
        height = (_TOP + bottom) / 2
        turned = f'transform="translate(12 {height}) rotate(-90)" text-anchor="middle"'
        parts.append(f"<text {turned}>{escape(beside)}</text>")
    return "".join(parts)


def _band(points: Sequence[tuple[float, Figure]], y: Scale) -> str:
    kept = [
        (x, figure.low, figure.high)
        for x, figure in points
        if figure.low is not None and figure.high is not None
    ]
    if len(kept) < 2:
        return ""
    around = [(x, y(high)) for x, _, high in kept] + [(x, y(low)) for x, low, _ in reversed(kept)]
    text = " ".join(f"{a:.1f},{b:.1f}" for a, b in around)
    return f'<polygon class="bande" points="{text}"/>'


def _whisker(x: float, estimate: dict[str, Any], y: Scale) -> str:
    if estimate["low"] is None or estimate["high"] is None:
        return ""
    return _path([(x, y(estimate["low"])), (x, y(estimate["high"]))], "moustache")


def _path(points: Sequence[Point], kind: str) -> str:
    text = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
    return f'<polyline class="{kind}" points="{text}"/>'


def _dot(x: float, y: float) -> str:
    return f'<circle class="point" cx="{x:.1f}" cy="{y:.1f}" r="4"/>'


def _svg(title: str, inside: str) -> str:
    return f'<svg role="img" aria-label="{escape(title)}" viewBox="0 0 {_WIDTH} {_HEIGHT}">{inside}</svg>'
