"""Charts of what a model is worth: described once, drawn by the page and in print alike."""

from __future__ import annotations

import math
import re
from dataclasses import asdict

import numpy as np
import pytest

from api.domain.models.evaluation import evaluate_classification
from api.schemas import french
from api.schemas.charts import Axis, Chart, Point, Tick
from api.schemas.model_card import Decision
from api.schemas.quality import CalibrationBin
from api.services.models.card.card import decision_of
from api.services.models.charts import cost_chart, precision_recall_chart, reliability_chart, rounded
from api.services.shared.html import template
from tests.unit.models.test_card_description import OUTPUT, POLICY, SCORES, TRUTH, manifest, unseen
from ui.shared import charts
from ui.shared.figures import DARK, LIGHT, Palette


@pytest.fixture(scope="module")
def decision() -> Decision:
    found = decision_of(manifest(), SCORES, 3, POLICY)
    assert found is not None
    return found


def test_cost__its_curve_its_band_and_the_threshold_of_the_policy(decision: Decision) -> None:
    chart = cost_chart(decision)
    assert chart is not None
    assert [(p.x, p.y, p.low, p.high) for p in chart.points] == [
        (each.threshold, each.cost_eur.value, each.cost_eur.low, each.cost_eur.high)
        for each in decision.curve
    ]
    assert {x for x, _ in chart.reference} == {0.06}
    assert chart.reference_words == f"politique : {french.threshold(0.06)}"
    assert chart.upward.high >= max(point.high or 0 for point in chart.points)
    assert chart.across.logarithmic
    assert (chart.across.low, chart.across.high) == (
        decision.curve[0].threshold,
        decision.curve[-1].threshold,
    )
    assert cost_chart(decision.model_copy(update={"curve": []})) is None


def test_precision_recall__the_mark_is_the_threshold_of_the_policy(decision: Decision) -> None:
    chart = precision_recall_chart(decision)
    here = next(each for each in decision.table if each.chosen)
    assert [(mark.x, mark.y) for mark in chart.marks] == [(here.recall.value, here.precision.value)]
    assert len(chart.points) == sum(each.precision.value is not None for each in decision.curve)


def test_reliability__what_was_announced_and_the_share_that_failed() -> None:
    bins = evaluate_classification(unseen(TRUTH, OUTPUT)).reliability
    chart = reliability_chart(bins)
    assert [(p.x, p.y) for p in chart.points] == [(b.mean_probability, b.failures / b.rows) for b in bins]
    assert [(p.low, p.high) for p in chart.points] == [(b.observed.low, b.observed.high) for b in bins]
    assert chart.points[0].words.endswith(f"75{french.NBSP}lignes, 0{french.NBSP}panne")
    observed = [CalibrationBin.model_validate(asdict(each)) for each in bins]
    assert reliability_chart(observed) == chart


@pytest.mark.parametrize(
    ("most", "ticks"),
    [
        (0.0, [0, 0.2]),
        (1.0, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (33.0, [0, 10, 20, 30, 40]),
        (61.2, [0, 20, 40, 60, 80]),
        (1_291_525.0, [0, 500_000, 1_000_000, 1_500_000]),
    ],
)
def test_graduations__are_round_and_hold_the_largest_value(most: float, ticks: list[float]) -> None:
    assert rounded(most) == pytest.approx(ticks)


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_page__draws_the_points_with_their_intervals(decision: Decision, colours: Palette) -> None:
    chart = cost_chart(decision)
    assert chart is not None
    drawn = charts.drawn(chart, colours)
    dashes, band, curve, marks = drawn.data
    assert list(curve.y) == [point.y for point in chart.points]
    assert curve.customdata[0] == chart.points[0].words.replace("\n", "<br>")
    assert max(band.y) == max(point.high or 0 for point in chart.points)
    assert (list(dashes.x), len(marks.x)) == ([0.06, 0.06], 0)
    assert drawn.layout.annotations[0].x == pytest.approx(math.log10(0.06))
    bins = reliability_chart(evaluate_classification(unseen(TRUTH, OUTPUT)).reliability)
    points = charts.drawn(bins, colours).data[1]
    for each, y, up, down in zip(
        bins.points, points.y, points.error_y.array, points.error_y.arrayminus, strict=True
    ):
        assert (y + up, y - down) == pytest.approx((each.high, each.low))


def printed(chart: Chart) -> str:
    return template("services/shared/figure.html").render(chart=chart)


def test_print__draws_each_point_where_its_axes_put_it() -> None:
    ticks = [Tick(at=0, words="<zéro>"), Tick(at=10, words="dix")]
    axis = Axis(title="x & y", low=0, high=10, ticks=ticks)
    points = [Point(x=0, y=0), Point(x=10, y=10, low=5, high=10, words="le haut")]
    chart = Chart(
        title="Essai", note="", across=axis, upward=axis, joined=False, points=points, marks=points[:1]
    )
    drawn = printed(chart)
    circles = [tuple(map(float, each)) for each in re.findall(r'cx="([\d.]+)" cy="([\d.]+)"', drawn)]
    (left, bottom), (right, top) = circles
    assert (left < right, bottom > top) == (True, True)
    # The bar goes from the middle of the axis to its end.
    assert f'x1="{right}" x2="{right}" y1="{(bottom + top) / 2}" y2="{top}" stroke="#0B6170"' in drawn
    assert f"translate({left} {bottom})" in drawn
    assert "&lt;zéro&gt;" in drawn
    assert "x &amp; y" in drawn
    assert "<title>le haut</title>" in drawn


def test_print__a_logarithmic_axis_gives_each_power_the_same_room() -> None:
    powers = [Tick(at=at, words=str(at)) for at in (0.01, 0.1, 1)]
    across = Axis(title="", low=0.01, high=1, ticks=powers, logarithmic=True)
    upward = Axis(title="", low=0, high=1, ticks=[])
    points = [Point(x=float(at), y=0.5) for at in np.geomspace(0.01, 1, 3)]
    drawn = printed(Chart(title="", note="", across=across, upward=upward, joined=False, points=points))
    first, second, third = (float(x) for x in re.findall(r'cx="([\d.]+)"', drawn))
    assert second - first == pytest.approx(third - second, abs=0.11)
