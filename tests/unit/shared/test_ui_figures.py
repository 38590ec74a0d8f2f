"""Figures: French separators and dates, markers told apart, colours that can be seen."""

from __future__ import annotations

from datetime import date

import pandas as pd
import plotly.graph_objects as go
import pytest

from api.schemas.park import LevelCounts
from api.schemas.supervision import AlertDay
from api.schemas.turbine_story import TurbineEvent
from api.schemas.vocabulary import RiskLevel
from tests.support.ui_samples import driver, feature
from tests.unit.shared.test_ui_labels import contrast
from ui.park import turbine_views
from ui.shared import figures

BACKGROUNDS = {"#FFFFFF": figures.LIGHT, "#030507": figures.DARK}
DAYS = pd.to_datetime(["2024-12-28", "2024-12-30"])


def history() -> go.Figure:
    frame = pd.DataFrame(
        {
            "day": DAYS,
            "probability": [0.004, 0.62],
            "level": [RiskLevel.FAIBLE, RiskLevel.CRITIQUE],
            "words": ["< 1 %", "62 %"],
        }
    )
    return figures.risk_history(frame, 0.06, figures.LIGHT)


def alerts() -> go.Figure:
    return figures.alert_history(
        [AlertDay(as_of=date(2024, 12, 30), counts=LevelCounts(critique=2))], figures.LIGHT
    )


def sensor() -> go.Figure:
    frame = pd.DataFrame({"day": DAYS, "value": [41.0, 43.5]})
    return figures.sensor_curve(frame, feature(), "Température nacelle (°C)", figures.LIGHT)


def drivers() -> go.Figure:
    found = [driver(contribution=0.3), driver(contribution=-0.1, marker=True)]
    return figures.drivers_bar(turbine_views.drivers_frame(found), figures.LIGHT)


@pytest.mark.parametrize("draw", [history, alerts, sensor, drivers])
def test_every_figure__decimal_comma_and_no_background(draw: object) -> None:
    figure = draw()  # type: ignore[operator]

    assert figure.layout.separators == ",\u202f"
    assert figure.layout.paper_bgcolor == "rgba(0,0,0,0)"


@pytest.mark.parametrize("draw", [history, alerts, sensor])
def test_dates__day_first_on_axis_and_on_hover(draw: object) -> None:
    figure = draw()  # type: ignore[operator]

    assert figure.layout.xaxis.tickformat == "%d/%m/%Y"
    assert all("%{x|%d/%m/%Y}" in trace.hovertemplate for trace in figure.data)


def test_drivers__hatched_where_a_marker_and_room_for_the_words() -> None:
    figure = drivers()

    bars = figure.data[0]
    assert list(bars.marker.pattern.shape) == ["/", ""]
    assert list(bars.text) == ["−10\u00a0points", "+30\u00a0points"]
    low, high = figure.layout.xaxis.range
    assert low < -10
    assert high > 30
    assert len(figure.layout.annotations) == 2


def test_drivers__no_line_strikes_the_names_through() -> None:
    figure = drivers()

    assert not figure.layout.xaxis.showgrid
    assert not figure.layout.xaxis.zeroline
    zeros = [(shape.y0, shape.y1) for shape in figure.layout.shapes]
    # Each name stands on its bottom, above the zero of its own bar and under that of the next one.
    for name, (low, high), following in zip(
        figure.layout.annotations, zeros, [*zeros[1:], (len(zeros), 0)], strict=True
    ):
        assert name.yanchor == "bottom"
        assert low < high < name.y < following[0]


def test_sensor__events_told_apart_by_their_shape() -> None:
    frame = pd.DataFrame({"day": DAYS, "value": [41.0, 43.5]})
    events = [
        TurbineEvent.model_validate({"on": "2024-12-29", "kind": kind})
        for kind in ("visite", "panne", "intervention")
    ]

    figure = figures.sensor_curve(frame, feature(), "", figures.LIGHT, events)

    marks = figure.data[1:]
    assert len({mark.marker.symbol for mark in marks}) == 3
    assert {mark.yaxis for mark in marks} == {"y2"}
    assert all("%d/%m/%Y" in mark.hovertemplate for mark in marks)


def test_drivers__nothing_to_explain_still_draws() -> None:
    figure = figures.drivers_bar(turbine_views.drivers_frame([driver(contribution=0.0)]), figures.LIGHT)

    low, high = figure.layout.xaxis.range
    assert low < 0 < high


def test_history__level_by_shape_and_threshold_named() -> None:
    figure = history()

    assert list(figure.data[0].marker.symbol) == ["circle-open", "square"]
    assert figure.layout.annotations[0].text == "seuil de décision 6\u202f%"
    assert figure.layout.shapes[0].y0 == pytest.approx(6)


def test_sensor__training_range_as_a_band() -> None:
    band = sensor().layout.shapes[0]

    assert (band.y0, band.y1) == (13.8, 86.5)
    bare = feature(training_minimum=None)
    frame = pd.DataFrame({"day": DAYS, "value": [1.0, 2.0]})
    assert not figures.sensor_curve(frame, bare, "", figures.LIGHT).layout.shapes


@pytest.mark.parametrize("background", list(BACKGROUNDS))
def test_colours__three_to_one_on_their_background(background: str) -> None:
    palette = BACKGROUNDS[background]
    drawn = [palette.accent, palette.rises, palette.falls, *(palette.level(level) for level in RiskLevel)]

    assert contrast(palette.text, background) >= 7
    assert all(contrast(colour, background) >= 3 for colour in drawn)


def test_palette__follows_the_theme_and_defaults_to_light() -> None:
    assert figures.palette("dark") is figures.DARK
    assert figures.palette("light") is figures.LIGHT
    assert figures.palette(None) is figures.LIGHT
