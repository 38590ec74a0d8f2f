"""Charts that the API describes, drawn in the colours of the page's theme. No Streamlit, no HTTP."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from api.schemas.charts import Axis, Chart, Point
from ui.shared.figures import Palette, dressed

_ROOM = 0.02  # share of the axis, so that a point at its end is drawn whole


def drawn(chart: Chart, colours: Palette) -> go.Figure:
    """Draw the reference in dashes, then the curve and its band or points and their bars, then the marks."""
    figure = go.Figure()
    if chart.reference:
        figure.add_scatter(
            x=[x for x, _ in chart.reference],
            y=[y for _, y in chart.reference],
            mode="lines",
            hoverinfo="skip",
            line={"color": colours.text, "dash": "dash", "width": 1},
        )
    (_curve if chart.joined else _points)(figure, chart.points, colours)
    figure.add_scatter(
        **_positions(chart.marks),
        mode="markers",
        marker={"size": 12, "symbol": "diamond", "color": colours.text},
    )
    if chart.reference_words:
        at = chart.reference[-1][0]
        figure.add_annotation(
            # Plotly places annotations of a logarithmic axis by exponent.
            x=math.log10(at) if chart.across.logarithmic else at,
            y=1,
            yref="paper",
            yanchor="bottom",
            text=chart.reference_words,
            showarrow=False,
        )
    _graduate(figure.update_xaxes, chart.across)
    _graduate(figure.update_yaxes, chart.upward)
    return dressed(figure, colours, height=320, top=28)


def _curve(figure: go.Figure, points: Sequence[Point], colours: Palette) -> None:
    kept = [(point.x, point.low, point.high) for point in points if point.low is not None]
    figure.add_scatter(
        x=[x for x, _, _ in kept] + [x for x, _, _ in reversed(kept)],
        y=[high for _, _, high in kept] + [low for _, low, _ in reversed(kept)],
        mode="lines",
        fill="toself",
        fillcolor=colours.band,
        line={"width": 0},
        hoverinfo="skip",
    )
    figure.add_scatter(**_positions(points), mode="lines", line={"color": colours.accent, "width": 2})


def _points(figure: go.Figure, points: Sequence[Point], colours: Palette) -> None:
    figure.add_scatter(
        **_positions(points),
        error_y={
            "array": [0 if point.high is None else point.high - point.y for point in points],
            "arrayminus": [0 if point.low is None else point.y - point.low for point in points],
            "color": colours.accent,
        },
        mode="markers",
        marker={"size": 9, "color": colours.accent},
    )


def _positions(points: Sequence[Point]) -> dict[str, Any]:
    return {
        "x": [point.x for point in points],
        "y": [point.y for point in points],
        "customdata": [point.words.replace("\n", "<br>") for point in points],
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def _graduate(update: Any, axis: Axis) -> None:
    read = math.log10 if axis.logarithmic else float
    low, high = read(axis.low), read(axis.high)
    room = _ROOM * (high - low)
    update(
        type="log" if axis.logarithmic else "linear",
        title=axis.title,
        range=[low - room, high + room],
        tickvals=[tick.at for tick in axis.ticks],
        ticktext=[tick.words for tick in axis.ticks],
    )
