"""What a decision threshold costs, drawn. No Streamlit, no HTTP."""

from __future__ import annotations

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from api.schemas import french
from api.schemas.model_card import Decision, ThresholdOutcome
from ui.shared.figures import Palette, dressed

HEIGHT = 320


def cost_curve(decision: Decision, colours: Palette) -> go.Figure:
    """Cost on the unseen rows against the threshold, on a logarithmic scale; dashed: the policy's."""
    known = [each for each in decision.curve if each.cost_eur.value is not None]
    figure = go.Figure()
    x = [each.threshold for each in known]
    band(figure, x, [(each.cost_eur.low, each.cost_eur.high) for each in known], colours)
    figure.add_scatter(
        x=x,
        y=[each.cost_eur.value for each in known],
        mode="lines",
        line={"color": colours.accent, "width": 2},
        customdata=[(french.threshold(each.threshold), french.euros(each.cost_eur.value)) for each in known],
        hovertemplate="seuil %{customdata[0]}<br>%{customdata[1]}<extra></extra>",
    )
    figure.add_vline(
        x=decision.threshold,
        line={"color": colours.text, "dash": "dash", "width": 1},
    )
    figure.add_annotation(
        x=math.log10(decision.threshold),  # Plotly places annotations of a logarithmic axis by exponent
        y=1,
        yref="paper",
        yanchor="bottom",
        text=f"politique : {french.threshold(decision.threshold)}",
        showarrow=False,
    )
    ticks = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
    figure.update_xaxes(
        type="log", title="Seuil de décision", tickvals=ticks, ticktext=[french.share(t) for t in ticks]
    )
    figure.update_yaxes(title="Coût (€)", rangemode="tozero", tickformat=",.0f")
    return dressed(figure, colours, height=HEIGHT, top=28)


def chosen_of(decision: Decision) -> ThresholdOutcome | None:
    """The row of the policy's threshold, where it was measured."""
    return next((each for each in decision.table if each.chosen), None)


def band(
    figure: go.Figure, x: Sequence[float | None], bounds: Sequence[tuple[float | None, float | None]],
    colours: Palette,
) -> None:  # fmt: skip
    """Shade between the bounds of each point; one without bounds is left out."""
    kept = [(at, low, high) for at, (low, high) in zip(x, bounds, strict=True) if low is not None]
    figure.add_scatter(
        x=[at for at, _, _ in kept] + [at for at, _, _ in reversed(kept)],
        y=[high for _, _, high in kept] + [low for _, low, _ in reversed(kept)],
        mode="lines",
        fill="toself",
        fillcolor=colours.band,
        line={"width": 0},
        hoverinfo="skip",
    )
