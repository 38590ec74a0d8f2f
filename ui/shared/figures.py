"""Figures, in French and in the colours of the page's theme. No Streamlit, no HTTP.

Plotly's own French is not among its built-in locales, so dates are numeric and the separators are set here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from api.schemas import french
from api.schemas.measurements import Coverage, TurbineCoverage
from api.schemas.predictions import FeatureInfo
from api.schemas.supervision import AlertDay
from api.schemas.turbine_story import TurbineEvent
from api.schemas.vocabulary import RiskLevel
from ui.shared import labels as fr

_DAY = f"%{{x|{french.PLOTLY_DATE}}}"  # Plotly's placeholder for the day under the pointer
MAP_ROW_PX, DRIVER_ROW_PX = 15, 76
FEW_POINTS = 60  # with more, signs of the usual size would overlap
GRID_DAYS = 120  # with more, the lines between days would hide the days
EVENT_MARKS = {
    "visite": ("line-ns", "visite prévue"),
    "intervention": ("circle", "intervention terminée"),
    "panne": ("x", "panne observée"),
}
SIGNS = {
    RiskLevel.CRITIQUE: "square",
    RiskLevel.ELEVE: "triangle-up",
    RiskLevel.MODERE: "diamond",
    RiskLevel.FAIBLE: "circle-open",
}


@dataclass(frozen=True)
class Palette:
    """Colours on one background; each reaches 3:1 on it (WCAG 2.1, 1.4.11)."""

    dark: bool
    text: str
    accent: str
    rises: str
    falls: str
    grid: str
    band: str
    few: str

    def level(self, level: RiskLevel) -> str:
        """Return the colour of a level."""
        chosen = fr.LEVELS[level]
        return chosen.dark if self.dark else chosen.light


LIGHT = Palette(
    dark=False,
    text="#0A1217",
    accent="#0B6170",
    rises="#B54708",
    falls="#0B6170",
    grid="#D9E0E3",
    band="rgba(11, 97, 112, 0.12)",
    few="#7FB3BC",
)
DARK = Palette(
    dark=True,
    text="#E8EEF1",
    accent="#6CC5D3",
    rises="#FDB022",
    falls="#6CC5D3",
    grid="#2A3840",
    band="rgba(108, 197, 211, 0.18)",
    few="#3B7681",
)


def palette(theme: str | None) -> Palette:
    """Return the dark palette for ``dark``, the light one for anything else."""
    return DARK if theme == "dark" else LIGHT


def drivers_bar(frame: pd.DataFrame, colours: Palette) -> go.Figure:
    """Draw drivers as horizontal bars in probability points; markers, which are no causes, are hatched.

    Each name stands above its bar, so that a phone's width is left to the bars.
    """
    figure = go.Figure(
        go.Bar(
            x=frame["points"],
            y=list(range(len(frame))),
            orientation="h",
            width=0.34,
            text=frame["words"],
            textposition="outside",
            cliponaxis=False,
            marker={
                "color": [colours.rises if p > 0 else colours.falls for p in frame["points"]],
                "pattern": {"shape": ["/" if m else "" for m in frame["marker"]], "fgopacity": 0.9},
            },
            customdata=frame[["label", "value"]],
            hovertemplate="%{customdata[0]} : %{customdata[1]}<br>%{text}<extra></extra>",
        )
    )
    _name_bars(figure, frame, colours)
    low, high = min(0.0, *frame["points"]), max(0.0, *frame["points"])
    room = 0.38 * max(1.0, high - low)  # for the words at the end of the bars
    figure.update_xaxes(title="Effet sur la probabilité (points)", range=[low - room, high + room])
    figure.update_yaxes(visible=False, range=[-0.4, len(frame) - 0.15])
    figure = dressed(figure, colours, height=64 + DRIVER_ROW_PX * len(frame))
    return figure.update_xaxes(showgrid=False, zeroline=False)


def _name_bars(figure: go.Figure, frame: pd.DataFrame, colours: Palette) -> None:
    for place, (label, value, usual) in enumerate(
        zip(frame["label"], frame["value"], frame["usual"], strict=True)
    ):
        figure.add_annotation(
            text=f"{label} : <b>{value}</b>" + (f"<br>d’habitude {usual}" if usual else ""),
            align="left",
            x=0,
            xref="paper",
            xanchor="left",
            yanchor="bottom",
            y=place + 0.24,
            showarrow=False,
        )
        # One zero line per bar: a line down the whole figure would cross the names.
        line = {"color": colours.text, "width": 1}
        figure.add_shape(type="line", x0=0, x1=0, y0=place - 0.2, y1=place + 0.2, line=line)


def sensor_curve(
    frame: pd.DataFrame,
    feature: FeatureInfo,
    title: str,
    colours: Palette,
    events: Sequence[TurbineEvent] = (),
) -> go.Figure:
    """Draw one sensor over time; a band behind the curve shows what the model learnt from.

    Visits, interventions and failures are marks at the foot, each with its shape.
    """
    value = french.with_unit(f"{feature.label} : %{{y:.2f}}", feature.unit)
    figure = go.Figure(
        go.Scatter(
            x=frame["day"],
            y=frame["value"],
            mode="lines+markers",
            line={"color": colours.accent, "width": 1.5},
            marker={"size": 5},
            hovertemplate=f"{_DAY}<br>{value}<extra></extra>",
        )
    )
    if feature.training_minimum is not None and feature.training_maximum is not None:
        figure.add_hrect(
            y0=feature.training_minimum,
            y1=feature.training_maximum,
            fillcolor=colours.band,
            line_width=0,
            layer="below",
        )
    _mark_events(figure, events, colours)
    figure.update_layout(
        title={"text": f"<b>{title}</b>", "font": {"size": 14}, "x": 0},
        yaxis2={"overlaying": "y", "range": [0, 1], "visible": False, "fixedrange": True},
    )
    figure.update_yaxes(tickformat=",~r")
    _dates(figure)
    return dressed(figure, colours, height=230, top=36)


def _mark_events(figure: go.Figure, events: Sequence[TurbineEvent], colours: Palette) -> None:
    for kind, (symbol, words) in EVENT_MARKS.items():
        days = [pd.Timestamp(event.on) for event in events if event.kind == kind]
        if days:
            figure.add_scatter(
                x=days,
                y=[0.05] * len(days),
                yaxis="y2",
                mode="markers",
                marker={
                    "symbol": symbol,
                    "size": 10,
                    "color": colours.text,
                    "line": {"width": 1.5, "color": colours.text},
                },
                hovertemplate=f"{_DAY}<br>{words}<extra></extra>",
            )


def risk_history(frame: pd.DataFrame, threshold: float | None, colours: Palette) -> go.Figure:
    """Draw one turbine's published probabilities with the sign of each level, and the threshold."""
    figure = go.Figure(
        go.Scatter(
            x=frame["day"],
            y=100 * frame["probability"],
            mode="lines+markers",
            line={"color": colours.accent, "width": 1.5},
            marker={
                "size": 10 if len(frame) <= FEW_POINTS else 6,
                "symbol": [SIGNS[level] for level in frame["level"]],
                "color": [colours.level(level) for level in frame["level"]],
            },
            customdata=list(
                zip(frame["words"], [fr.LEVELS[level].word for level in frame["level"]], strict=True)
            ),
            hovertemplate=f"{_DAY}<br>%{{customdata[0]}} (niveau %{{customdata[1]}})<extra></extra>",
        )
    )
    if threshold is not None:
        figure.add_hline(
            y=100 * threshold,
            line={"color": colours.text, "dash": "dash", "width": 1},
            annotation_text=f"seuil de décision {french.threshold(threshold)}",
            annotation_position="top left",
        )
    figure.update_yaxes(title="Probabilité à 7 jours (%)", rangemode="tozero")
    _dates(figure)
    return dressed(figure, colours, height=320)


def alert_history(days: Sequence[AlertDay], colours: Palette) -> go.Figure:
    """Draw the number of turbines at high and critical level, run after run."""
    figure = go.Figure()
    for level, pattern in ((RiskLevel.CRITIQUE, ""), (RiskLevel.ELEVE, "/")):
        words = fr.LEVELS[level]
        figure.add_bar(
            x=[pd.Timestamp(day.as_of) for day in days],
            y=[getattr(day.counts, level.value) for day in days],
            name=words.text,
            marker={"color": colours.level(level), "pattern": {"shape": pattern}},
            hovertemplate=f"{_DAY}<br>%{{y}} au niveau {words.word.lower()}<extra></extra>",
        )
    figure.update_layout(barmode="stack", bargap=0.3, legend={"orientation": "h", "y": 1.12, "x": 0})
    figure.update_yaxes(title="Turbines", rangemode="tozero", tickformat="d")
    _dates(figure)
    return dressed(figure, colours, height=280, legend=True)


def coverage_map(coverage: Coverage, turbines: Sequence[TurbineCoverage], colours: Palette) -> go.Figure:
    """Draw each turbine's measurements per day: the darker, the more; late turbines are marked."""
    days = [
        pd.Timestamp(coverage.first) + pd.Timedelta(days=n) for n in range(len(coverage.measured_per_day))
    ]
    names = [f"⚠ {turbine.turbine_id}" if turbine.late else turbine.turbine_id for turbine in turbines]
    most = max((max(turbine.counts, default=0) for turbine in turbines), default=0)
    figure = go.Figure(
        go.Heatmap(
            x=days,
            y=list(range(len(turbines))),
            z=[turbine.counts for turbine in turbines],
            customdata=[[turbine.turbine_id] * len(days) for turbine in turbines],
            text=[[french.counted(count, "mesure") for count in turbine.counts] for turbine in turbines],
            zmin=0,
            zmax=max(most, 2),
            colorscale=[(0, colours.grid), (0.001, colours.few), (1, colours.accent)],
            showscale=False,
            xgap=1 if len(days) <= GRID_DAYS else 0,
            ygap=1,
            hovertemplate=f"Turbine %{{customdata}}<br>{_DAY} : %{{text}}<extra></extra>",
        )
    )
    _dates(figure)
    figure = dressed(figure, colours, height=56 + MAP_ROW_PX * len(turbines))
    figure.update_xaxes(showgrid=False)
    figure.update_yaxes(
        tickvals=list(range(len(turbines))),
        ticktext=names,
        autorange="reversed",
        showgrid=False,
        zeroline=False,
    )
    return figure


def _dates(figure: go.Figure) -> None:
    figure.update_xaxes(type="date", tickformat=french.PLOTLY_DATE, nticks=4, hoverformat=french.PLOTLY_DATE)


def dressed(
    figure: go.Figure, colours: Palette, *, height: int, top: int = 16, legend: bool = False
) -> go.Figure:
    """Give a figure the common look: French separators, no background, quiet grid."""
    figure.update_layout(
        height=height,
        separators=french.PLOTLY_SEPARATORS,
        showlegend=legend,
        font={"color": colours.text, "size": 13, "family": "Source Sans, sans-serif"},
        hoverlabel={"font": {"size": 13}},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        margin={"l": 8, "r": 8, "t": 48 if legend else top, "b": 8},
        dragmode=False,
    )
    figure.update_xaxes(gridcolor=colours.grid, automargin=True, fixedrange=True, ticklabelstandoff=6)
    figure.update_yaxes(gridcolor=colours.grid, zerolinecolor=colours.grid, automargin=True, fixedrange=True)
    return figure
