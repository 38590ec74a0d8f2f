"""Figures of a model's card, each with its 95 % interval. No Streamlit, no HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from api.schemas import french
from api.schemas.model_card import Decision
from ui.policy.figures import HEIGHT, band, chosen_of
from ui.shared.figures import Palette, dressed

_SHARES = (0, 0.25, 0.5, 0.75, 1)


def reliability(bins: Sequence[Mapping[str, Any]], colours: Palette) -> go.Figure:
    """Announced against observed, each bin with its interval; the diagonal is perfectly reliable."""
    observed = [each["observed"] for each in bins]
    known = [e if e["low"] is not None else {**e, "low": e["value"], "high": e["value"]} for e in observed]
    figure = go.Figure(
        go.Scatter(
            x=[0, 1], y=[0, 1], mode="lines", hoverinfo="skip",
            line={"color": colours.text, "dash": "dash", "width": 1},
        )
    )  # fmt: skip
    figure.add_scatter(
        x=[each["mean_probability"] for each in bins],
        y=[e["value"] for e in known],
        error_y={
            "array": [e["high"] - e["value"] for e in known],
            "arrayminus": [e["value"] - e["low"] for e in known],
            "color": colours.accent,
        },
        mode="markers",
        marker={"size": 9, "color": colours.accent},
        customdata=[
            (
                french.share(each["mean_probability"]),
                french.share(each["observed"]["value"]),
                french.counted(each["rows"], "ligne"),
                french.counted(each["failures"], "panne"),
            )
            for each in bins
        ],
        hovertemplate=(
            "dit %{customdata[0]}, observé %{customdata[1]}<br>"
            "%{customdata[2]}, %{customdata[3]}<extra></extra>"
        ),
    )
    _shares(figure.update_xaxes, "Probabilité annoncée", percent=True)
    _shares(figure.update_yaxes, "Pannes observées", percent=True)
    return dressed(figure, colours, height=HEIGHT)


def precision_recall(decision: Decision, colours: Palette) -> go.Figure:
    """Precision against recall as the threshold falls; the point is the policy's threshold."""
    known = [each for each in decision.curve if each.precision.value is not None]
    figure = go.Figure()
    x = [each.recall.value for each in known]
    band(figure, x, [(each.precision.low, each.precision.high) for each in known], colours)
    figure.add_scatter(
        x=x,
        y=[each.precision.value for each in known],
        mode="lines",
        line={"color": colours.accent, "width": 2},
        customdata=[french.threshold(each.threshold) for each in known],
        hovertemplate="seuil %{customdata}<br>rappel %{x:.2f}, précision %{y:.2f}<extra></extra>",
    )
    here = chosen_of(decision)
    if here is not None:
        figure.add_scatter(
            x=[here.recall.value],
            y=[here.precision.value],
            mode="markers",
            marker={"size": 12, "symbol": "diamond", "color": colours.text},
            hovertemplate="politique<br>rappel %{x:.2f}, précision %{y:.2f}<extra></extra>",
        )
    _shares(figure.update_xaxes, "Rappel : part des pannes annoncées")
    _shares(figure.update_yaxes, "Précision : part d’alertes justes")
    return dressed(figure, colours, height=HEIGHT)


def _shares(update: Any, title: str, *, percent: bool = False) -> None:
    words = [french.share(share) if percent else french.trimmed(share) for share in _SHARES]
    update(title=title, range=[-0.02, 1.02], tickvals=_SHARES, ticktext=words)
