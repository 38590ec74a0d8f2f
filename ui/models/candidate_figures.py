"""The figure of a candidate in shadow: each turbine through both models. No Streamlit, no HTTP."""

from __future__ import annotations

import math

import plotly.graph_objects as go

from api.schemas import french
from api.schemas.candidates import ShadowReport
from api.schemas.vocabulary import RiskLevel
from ui.models.candidate_views import SIDES, output_words
from ui.shared import labels as fr
from ui.shared.figures import Palette, dressed

FLOOR = 0.001  # smaller values are drawn at the edge of the logarithmic scale
_SHARES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)


def scatter(report: ShadowReport, colours: Palette) -> go.Figure:
    """Draw each turbine as both models see it: equal on the dashed line; dotted lines bound the levels."""
    probabilities = report.candidate.task == "classification"
    figure = go.Figure()
    for same, name in ((True, "même niveau"), (False, "niveau différent")):
        pairs = [p for p in report.pairs if (p.active_level == p.candidate_level) is same]
        figure.add_scatter(
            x=[_position(p.active, probabilities) for p in pairs],
            y=[_position(p.candidate, probabilities) for p in pairs],
            mode="markers",
            name=name,
            marker={
                "symbol": "circle-open" if same else "diamond",
                "size": 8 if same else 10,
                "color": colours.accent if same else colours.rises,
            },
            customdata=[
                (
                    p.turbine_id,
                    output_words(p.active, report.candidate.task),
                    output_words(p.candidate, report.candidate.task),
                )
                for p in pairs
            ],
            hovertemplate="Turbine %{customdata[0]}<br>en service : %{customdata[1]}<br>"
            "candidat : %{customdata[2]}<extra></extra>",
        )
    _bounds(figure, report, colours)
    _axes(figure, report)
    figure.update_layout(legend={"orientation": "h", "y": 1.1, "x": 0})
    return dressed(figure, colours, height=460, legend=True)


def _bounds(figure: go.Figure, report: ShadowReport, colours: Palette) -> None:
    """Draw the line where both models agree, and the bounds of each level."""
    low = FLOOR if report.candidate.task == "classification" else 0.0
    most = _largest(report)
    line = {"color": colours.text, "dash": "dash", "width": 1}
    figure.add_shape(type="line", x0=low, y0=low, x1=most, y1=most, line=line)
    for bound in report.bounds:
        figure.add_vline(x=bound.value, line={"color": colours.text, "dash": "dot", "width": 1})
        figure.add_hline(y=bound.value, line={"color": colours.text, "dash": "dot", "width": 1})
        # On a logarithmic axis, Plotly places shapes by value and annotations by exponent.
        at = math.log10(bound.value) if low else bound.value
        figure.add_annotation(
            text=_bound_words(bound.level, bound.value),
            x=0.01,
            xref="paper",
            xanchor="left",
            y=at,
            yanchor="bottom",
            showarrow=False,
        )


def _axes(figure: go.Figure, report: ShadowReport) -> None:
    ticks = {"tickvals": list(_SHARES), "ticktext": [french.share(share) for share in _SHARES]}
    for axis, title in ((figure.update_xaxes, "Modèle en service"), (figure.update_yaxes, "Candidat")):
        if report.candidate.task == "classification":
            axis(type="log", range=[-3.05, 0.05], title=f"{title} : probabilité", **ticks)
        else:
            axis(title=f"{title} : jours", range=[0, _largest(report)])


def scatter_words(report: ShadowReport) -> str:
    """Describe the figure for those who do not see it."""
    apart = sum(pair.active_level != pair.candidate_level for pair in report.pairs)
    return (
        "Sortie du candidat selon celle du modèle en service, "
        f"{french.counted(len(report.pairs), 'turbine')} : {apart} changeraient de niveau."
    )


def _largest(report: ShadowReport) -> float:
    if report.candidate.task == "classification":
        return 1.0
    return 1.05 * max((max(pair.active, pair.candidate) for pair in report.pairs), default=10.0)


def _position(output: float, probability: bool) -> float:
    return max(output, FLOOR) if probability else output


def _bound_words(level: str, value: float) -> str:
    if level in SIDES:
        return french.days(value)
    return f"{fr.LEVELS[RiskLevel(level)].word} dès {french.threshold(value)}"
