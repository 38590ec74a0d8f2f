"""Charts as SVG in the page itself: they print, and ask for nothing elsewhere."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from html import escape

from api.schemas.charts import Axis, Chart, Point

WIDTH, HEIGHT = 340, 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 12, 16, 44
_MANY = 60  # above, points of the usual size would hide one another

Place = tuple[float, float]
Scale = Callable[[float], float]


def drawn(chart: Chart) -> str:
    """The chart, its words included."""
    x = _scale(chart.across, _LEFT, WIDTH - _RIGHT)
    y = _scale(chart.upward, HEIGHT - _BOTTOM, _TOP)
    return "".join(
        (
            f'<svg role="img" aria-label="{escape(chart.title)}" viewBox="0 0 {WIDTH} {HEIGHT}">',
            *_axes(chart, x, y),
            _path([(x(a), y(b)) for a, b in chart.reference], "repere"),
            *_reference_words(chart, x),
            *_points(chart, x, y),
            *(_diamond(x(mark.x), y(mark.y)) for mark in chart.marks),
            "</svg>",
        )
    )


def _scale(axis: Axis, start: float, end: float) -> Scale:
    read = math.log if axis.logarithmic else float
    low, high = read(axis.low), read(axis.high)
    return lambda value: start + (read(value) - low) / (high - low) * (end - start)


def _axes(chart: Chart, x: Scale, y: Scale) -> Iterator[str]:
    bottom, right = HEIGHT - _BOTTOM, WIDTH - _RIGHT
    for tick in chart.across.ticks:
        at = x(tick.at)
        yield f'<line class="grille" x1="{at:.1f}" x2="{at:.1f}" y1="{_TOP}" y2="{bottom}"/>'
        yield _text(at, bottom + 14, tick.words)
    for tick in chart.upward.ticks:
        at = y(tick.at)
        yield f'<line class="grille" x1="{_LEFT}" x2="{right}" y1="{at:.1f}" y2="{at:.1f}"/>'
        yield _text(_LEFT - 5, at + 3, tick.words, "end")
    yield _text((_LEFT + right) / 2, HEIGHT - 6, chart.across.title)
    turned = f'transform="translate(12 {(_TOP + bottom) / 2}) rotate(-90)" text-anchor="middle"'
    yield f"<text {turned}>{escape(chart.upward.title)}</text>"


def _points(chart: Chart, x: Scale, y: Scale) -> Iterator[str]:
    bounds = [
        (x(point.x), y(point.low), y(point.high))
        for point in chart.points
        if point.low is not None and point.high is not None
    ]
    if chart.joined:
        around = [(at, high) for at, _, high in bounds] + [(at, low) for at, low, _ in reversed(bounds)]
        yield f'<polygon class="bande" points="{_places(around)}"/>'
        yield _path([(x(point.x), y(point.y)) for point in chart.points], "courbe")
        return
    yield from (_path([(at, low), (at, high)], "moustache") for at, low, high in bounds)
    radius = 4 if len(chart.points) <= _MANY else 1.4
    yield from (_dot(point, x(point.x), y(point.y), radius) for point in chart.points)


def _dot(point: Point, x: float, y: float, radius: float) -> str:
    words = f"<title>{escape(point.words)}</title>" if point.words else ""
    return f'<circle class="point" cx="{x:.1f}" cy="{y:.1f}" r="{radius}">{words}</circle>'


def _diamond(x: float, y: float) -> str:
    return f'<path class="marque" d="M{x:.1f},{y - 5:.1f}l5,5l-5,5l-5,-5z"/>'


def _reference_words(chart: Chart, x: Scale) -> Iterator[str]:
    if chart.reference_words:
        yield _text(x(chart.reference[-1][0]), _TOP - 4, chart.reference_words)


def _path(places: Sequence[Place], kind: str) -> str:
    return f'<polyline class="{kind}" points="{_places(places)}"/>'


def _places(places: Sequence[Place]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)


def _text(x: float, y: float, words: str, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'
