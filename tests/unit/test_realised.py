"""Realised quality on cases counted by hand, and totals that add up whatever the park."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.domain.models.evaluation import failure_events
from api.domain.models.statistics import wilson
from api.domain.quality.figures import RealisedQuality
from api.domain.quality.provenance import Exposure, Provenance, worst_exposure
from api.domain.quality.realised import (
    JudgedScore,
    KnownOutcome,
    ModelVersion,
    PublishedScore,
    ScoreStanding,
    events_of,
    judge_turbine,
    merge_outcomes,
)
from api.domain.quality.tally import RealisedTally
from api.schemas.vocabulary import RiskLevel

DAY = date(2024, 3, 1)
RISK = ModelVersion("risque", 1, "classification")
DELAY = ModelVersion("delai", 2, "regression")
FAIBLE, MODERE, ELEVE, CRITIQUE = (
    RiskLevel.FAIBLE,
    RiskLevel.MODERE,
    RiskLevel.ELEVE,
    RiskLevel.CRITIQUE,
)


def score(
    day: int,
    level: RiskLevel,
    probability: float | None,
    *,
    measurement: int | None,
    turbine: str = "1",
    days: float | None = None,
    interval: tuple[float, float] | None = None,
    exposure: Exposure = Exposure.UNSEEN,
    models: tuple[ModelVersion, ...] = (RISK, DELAY),
) -> PublishedScore:
    """A score published ``day`` days after the first, on a measurement of that day."""
    on = DAY + timedelta(days=day)
    low, high = interval or (None, None)
    return PublishedScore(
        turbine, on, measurement, on, level, probability, 0.06, days, low, high, models, exposure
    )


def counted(*turbines: tuple[Sequence[PublishedScore], Sequence[KnownOutcome]]) -> RealisedQuality:
    tally = RealisedTally()
    for scores, outcomes in turbines:
        tally.add_turbine(judge_turbine(scores, merge_outcomes(outcomes)))
    return tally.quality()


def label(measurement: int, failed: bool | None, days: float | None = None) -> KnownOutcome:
    return KnownOutcome(measurement, failed, days, "fichier")


def test_small_park__equals_the_count_made_by_hand() -> None:
    """Two turbines, one failure announced two days before, one missed, one false alert.

    Turbine 1   J0 p 0,01 faible  no failure   true negative
                J1 p 0,10 élevé   fails in 3   true positive, alert begins
                J2 p 0,40 critique fails in 2  true positive; the same failure, at J4: lead 4 − 1 = 3 days
                J3 the reading of J2 again     not counted twice
    Turbine 2   J0 p 0,07 élevé   no failure   false alert
                J1 p 0,02 modéré  fails in 1,5 missed: published modéré, at J2
                J2 row seen in training        left out
                J3 no outcome yet              waits
                J4 no measurement              not scored
    """
    one = [
        score(0, FAIBLE, 0.01, measurement=1, days=40, interval=(30, 50)),
        score(1, ELEVE, 0.10, measurement=2, days=6, interval=(2, 9)),
        score(2, CRITIQUE, 0.40, measurement=3, days=5, interval=(3, 8)),
        score(3, CRITIQUE, 0.40, measurement=3, days=5, interval=(3, 8)),
    ]
    two = [
        score(0, ELEVE, 0.07, measurement=4, turbine="2"),
        score(1, MODERE, 0.02, measurement=5, turbine="2"),
        score(2, CRITIQUE, 0.90, measurement=6, turbine="2", exposure=Exposure.SEEN),
        score(3, FAIBLE, 0.01, measurement=7, turbine="2"),
        score(4, MODERE, None, measurement=None, turbine="2"),
    ]
    labels = [label(1, False, 45.0), label(2, True, 3.0), label(3, True, 2.0)]
    found = counted((one, labels), (two, [label(4, False, 20.0), label(5, True, 1.5), label(6, True, 0.5)]))

    assert found.counts == {
        ScoreStanding.COUNTED: 5, ScoreStanding.REPEATED: 1, ScoreStanding.SEEN: 1, ScoreStanding.UNPROVEN: 0,
        ScoreStanding.WAITING: 1, ScoreStanding.NOT_SCORED: 1,
    }  # fmt: skip
    at = found.at_threshold
    assert (at.true_negatives, at.false_positives, at.false_negatives, at.true_positives) == (1, 1, 1, 2)
    assert [at.precision.value, at.recall.value] == pytest.approx([2 / 3, 2 / 3])
    assert [(one.level, one.rows, one.failures) for one in found.levels] == [
        (CRITIQUE, 1, 1), (ELEVE, 2, 1), (MODERE, 1, 1), (FAIBLE, 1, 0),
    ]  # fmt: skip
    assert [one.at_or_above.precision.value for one in found.levels] == pytest.approx(
        [1, 2 / 3, 3 / 4, 3 / 5]
    )
    assert [one.at_or_above.recall.value for one in found.levels] == pytest.approx([1 / 3, 2 / 3, 1, 1])

    assert not found.independent  # the first failure has two rows
    assert (found.failures, found.events.total, found.events.announced) == (3, 2, 1)
    assert (found.events.recall.low, found.events.recall.high) == (wilson(1, 2).low, wilson(1, 2).high)
    assert found.events.lead_median == pytest.approx(3.0)
    (missed,) = found.events.missed
    assert (missed.turbine, missed.failed_on) == ("2", date(2024, 3, 3))
    # J2's ranking came before the failure at J2,5; the model had seen its row, so it announces nothing.
    assert [s.level for s in missed.history] == [ELEVE, MODERE, CRITIQUE]
    assert [one.score.measurement for one in found.false_alerts] == [4]

    assert found.days.rows == 3  # turbine 2 had no published days
    assert found.days.mae.value == pytest.approx((5 + 3 + 3) / 3)
    assert found.days.bias.value == pytest.approx((-5 + 3 + 3) / 3)
    assert found.days.coverage.value == pytest.approx(2 / 3)  # 45 in [30, 50], 3 in [2, 9], 2 not in [3, 8]
    assert found.days_short.rows == 2
    bins = {b.low: (b.rows, b.failures) for b in found.calibration}
    assert bins == {0.0: (1, 0), 0.02: (1, 1), 0.05: (1, 0), 0.1: (1, 1), 0.2: (1, 1)}
    classifier, estimator = found.models
    assert (classifier.name, classifier.at_threshold, classifier.days) == ("risque", at, None)
    assert (estimator.name, estimator.at_threshold, estimator.days) == ("delai", None, found.days)


def test_intervals__are_wilson_s_where_each_failure_row_is_a_failure_of_its_own() -> None:
    scores = [
        score(20 * n, CRITIQUE if n < 4 else FAIBLE, 0.5 if n < 4 else 0.01, measurement=n) for n in range(9)
    ]
    found = counted((scores, [label(n, n in {0, 1, 5}) for n in range(9)]))
    assert found.independent
    assert found.at_threshold.precision == wilson(2, 4)
    assert found.at_threshold.recall == wilson(2, 3)


def test_intervals__widen_where_rows_before_one_failure_repeat_it() -> None:
    """Ten turbines whose five failure rows each tell one failure: fifty rows are worth ten."""
    park = []
    for turbine in range(10):
        alert = turbine < 6
        scores = [
            score(n, ELEVE if alert else FAIBLE, 0.3 if alert else 0.01, measurement=n, turbine=str(turbine))
            for n in range(5)
        ]
        park.append((scores, [label(n, True, 5.0 - n) for n in range(5)]))
    found = counted(*park)
    recall = found.at_threshold.recall
    assert recall.value == pytest.approx(0.6)
    assert recall.method == "bootstrap_turbine"
    assert recall.high - recall.low > 1.5 * (wilson(30, 50).high - wilson(30, 50).low)
    assert found.at_threshold.precision.low == pytest.approx(
        wilson(6, 6).low
    )  # six turbines agree, not thirty rows


def test_alert__that_ends_before_the_failure_and_comes_back__counts_from_its_return() -> None:
    levels = [ELEVE, ELEVE, FAIBLE, CRITIQUE, CRITIQUE]
    scores = [score(n, level, 0.1, measurement=n) for n, level in enumerate(levels)]
    outcomes = [label(n, n == 4, 10.0 - n) for n in range(5)]
    (event,) = events_of(judge_turbine(scores, merge_outcomes(outcomes)))
    assert event.lead_days == pytest.approx(10 - 3)
    assert not event.since_start
    (whole,) = events_of(judge_turbine(scores[3:], merge_outcomes(outcomes)))
    assert whole.since_start  # nothing says when that alert began


def test_alert__published_after_the_failure__announces_nothing() -> None:
    late = PublishedScore(
        "1", DAY + timedelta(days=5), 1, DAY, CRITIQUE, 0.9, 0.06, None, None, None, (RISK,), Exposure.UNSEEN
    )
    (event,) = events_of(judge_turbine([late], merge_outcomes([label(1, True, 2.0)])))
    assert not event.announced
    assert event.lead_days is None


def test_outcomes__of_several_sources__the_later_one_prevails_and_completes() -> None:
    known = merge_outcomes([label(1, False, 12.0), KnownOutcome(1, True, None, "intervention")])
    assert known == {1: KnownOutcome(1, True, 12.0, "intervention")}


@pytest.mark.parametrize(
    ("provenance", "identity", "day", "sha", "expected"),
    [
        (Provenance(frozenset("a"), DAY, "f"), "a", DAY, "f", Exposure.UNSEEN),
        (Provenance(frozenset("a"), DAY, "f"), "b", DAY, "f", Exposure.SEEN),
        (Provenance(frozenset("a"), DAY, "f"), "b", DAY, "g", Exposure.UNPROVEN),
        (Provenance(frozenset("a"), DAY, "f"), "b", DAY + timedelta(days=1), "g", Exposure.UNSEEN),
        (Provenance(None, DAY, "f"), "b", DAY + timedelta(days=1), "g", Exposure.UNPROVEN),
        (Provenance(frozenset("a"), DAY, None), "b", DAY, None, Exposure.UNPROVEN),
        (Provenance(), "b", DAY, "g", Exposure.UNPROVEN),
        (Provenance(imported_on=DAY), "b", DAY + timedelta(days=1), None, Exposure.UNSEEN),
        (Provenance(imported_on=DAY), "b", DAY, None, Exposure.UNPROVEN),
    ],
)
def test_exposure__is_unseen_only_where_it_is_proven(
    provenance: Provenance, identity: str, day: date, sha: str | None, expected: Exposure
) -> None:
    assert provenance.exposure(identity, day, sha) is expected


def test_a_score__is_as_exposed_as_the_most_exposed_of_its_models() -> None:
    assert worst_exposure([Exposure.UNSEEN, Exposure.UNPROVEN]) is Exposure.UNPROVEN
    assert worst_exposure([Exposure.SEEN, Exposure.UNPROVEN, Exposure.UNSEEN]) is Exposure.SEEN
    assert worst_exposure([]) is Exposure.UNPROVEN


@st.composite
def parks(draw: st.DrawFn) -> list[tuple[list[PublishedScore], list[KnownOutcome]]]:
    park = []
    for turbine in range(draw(st.integers(0, 4))):
        scores = [
            score(
                day,
                draw(st.sampled_from(RiskLevel)),
                draw(st.none() | st.floats(0, 1)),
                measurement=draw(st.none() | st.integers(1, 6)),
                turbine=str(turbine),
                days=draw(st.none() | st.floats(0, 60)),
                interval=draw(st.none() | st.just((1.0, 30.0))),
                exposure=draw(st.sampled_from(Exposure)),
                models=draw(
                    st.sampled_from([(RISK,), (RISK, DELAY), (ModelVersion("risque", 2, "classification"),)])
                ),
            )
            for day in draw(st.lists(st.integers(0, 80), unique=True, max_size=25))
        ]
        outcomes = [
            KnownOutcome(n, draw(st.none() | st.booleans()), draw(st.none() | st.floats(0, 60)), "fichier")
            for n in draw(st.lists(st.integers(1, 6), max_size=6))
        ]
        park.append((scores, outcomes))
    return park


@pytest.mark.slow
@given(parks())
def test_totals__always_add_up(park: list[tuple[list[PublishedScore], list[KnownOutcome]]]) -> None:
    found = counted(*park)
    assert sum(found.counts.values()) == sum(len(scores) for scores, _ in park)
    everything = [one for scores, outcomes in park for one in judge_turbine(scores, merge_outcomes(outcomes))]
    labelled = [one for one in everything if one.failed is not None]
    assert found.counts[ScoreStanding.COUNTED] == len(labelled) + sum(
        one.standing is ScoreStanding.COUNTED and one.failed is None for one in everything
    )
    at = found.at_threshold
    assert at.rows == len(labelled)
    assert (
        at.true_positives + at.false_negatives == found.failures == sum(bool(one.failed) for one in labelled)
    )
    assert sum(one.rows for one in found.levels) == at.rows
    assert sum(b.rows for b in found.calibration) == at.rows
    assert sum(m.at_threshold.rows for m in found.models if m.at_threshold) == at.rows
    for name in ("rows", "true_positives", "false_positives", "false_negatives", "true_negatives"):
        assert sum(getattr(p.at_threshold, name) for p in found.periods) == getattr(at, name)
    assert sum(p.at_alert.false_positives for p in found.periods) == found.false_alerts_total
    eleve = next(one for one in found.levels if one.level is ELEVE).at_or_above
    assert eleve.false_positives == found.false_alerts_total
    assert found.events.announced + len(found.events.missed) == found.events.total
    assert found.events.total == _events_by_the_model_s_rule(everything)
    assert found.days.interval_rows <= found.days.rows <= found.counts[ScoreStanding.COUNTED]
    for estimate in (at.precision, at.recall, found.events.recall):
        if estimate.low is not None and estimate.value is not None and estimate.high is not None:
            assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1


def _events_by_the_model_s_rule(judged: Sequence[JudgedScore]) -> int:
    rows = [one for one in judged if one.failed is not None]
    return failure_events(
        np.array([one.score.turbine for one in rows], dtype=np.str_),
        np.array([one.score.measured_on for one in rows], dtype="datetime64[D]"),
        np.array([float(bool(one.failed)) for one in rows]),
    )
