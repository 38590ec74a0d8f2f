"""What follows an intervention: its effect, its verdict's share in the precision, the next proposal."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.domain.interventions.checklists import SAFETY, checklist_for, priority_for, skills_for
from api.domain.interventions.effect import (
    Reading,
    VerdictOutcome,
    effect_of,
    precision_of,
)
from api.domain.interventions.photos import MAX_BYTES, check_photo
from api.domain.policy.risk_policy import RiskPolicy
from api.domain.shared.exceptions import InvalidInput
from api.schemas.vocabulary import Effect, Priority, RiskLevel, Verdict
from api.services.quality.realised import _known_outcomes

DONE = date(2024, 6, 10)
POLICY = RiskPolicy()
HIGH, LOW = RiskLevel.ELEVE, RiskLevel.MODERE


def readings(text: str) -> list[Reading]:
    """``3:+ 9:-`` as an alert three days after the work and calm nine days after."""
    found = []
    for part in text.split():
        day, sign = part.split(":")
        found.append(Reading(DONE + timedelta(days=int(day)), HIGH if sign == "+" else LOW))
    return found


@pytest.mark.parametrize(
    ("text", "effect"),
    [
        ("", Effect.TROP_TOT),
        ("-3:+ 0:+", Effect.TROP_TOT),  # measured before the work, or on its day: the machine as it was
        ("1:+", Effect.SANS_EFFET),
        ("1:+ 5:+", Effect.SANS_EFFET),
        ("1:-", Effect.TROP_TOT),
        ("1:- 6:-", Effect.TROP_TOT),
        ("7:-", Effect.EFFET_CONSTATE),
        ("1:- 7:-", Effect.EFFET_CONSTATE),
        ("1:- 9:+", Effect.RECHUTE),
        ("1:+ 3:- 9:+", Effect.RECHUTE),
        ("1:+ 7:-", Effect.TROP_TOT),  # the alert of day 1 is within the last seven days
        ("1:+ 8:-", Effect.EFFET_CONSTATE),
        ("7:- 28:+", Effect.RECHUTE),
        ("7:- 29:+", Effect.EFFET_CONSTATE),  # so late, it is another alert
        ("9:+ 1:-", Effect.RECHUTE),  # in any order
    ],
)
def test_effect__follows_from_what_was_measured_after_the_work(text: str, effect: Effect) -> None:
    assert effect_of(HIGH, DONE, readings(text), POLICY) is effect


def test_effect__needs_an_alert_and_ends_where_the_next_work_does() -> None:
    seen = readings("1:- 7:- 20:+")
    assert effect_of(LOW, DONE, seen, POLICY) is None
    assert effect_of(None, DONE, seen, POLICY) is None
    assert effect_of(HIGH, DONE, seen, POLICY) is Effect.RECHUTE
    assert effect_of(HIGH, DONE, seen, POLICY, DONE + timedelta(days=10)) is Effect.EFFET_CONSTATE
    assert effect_of(HIGH, DONE, seen[:2], RiskPolicy(urgent_days=14)) is Effect.TROP_TOT


def outcome(verdict: Verdict, number: int = 1) -> VerdictOutcome:
    return VerdictOutcome(number, "12", DONE, verdict, HIGH, measurement=number)


@pytest.mark.slow  # loads SciPy
@given(st.lists(st.sampled_from(Verdict), max_size=60))
def test_precision__is_that_of_the_verdicts_that_decide(verdicts: list[Verdict]) -> None:
    found = precision_of([outcome(verdict) for verdict in verdicts])

    right = verdicts.count(Verdict.PANNE_CONFIRMEE) + verdicts.count(Verdict.DEGRADATION_TROUVEE)
    wrong = verdicts.count(Verdict.FAUSSE_ALERTE)
    assert (found.confirmed, found.false_alerts) == (right, wrong)
    assert found.counts == {verdict: verdicts.count(verdict) for verdict in Verdict}
    if right + wrong == 0:
        assert found.estimate.value is None
        return
    from scipy.stats import binomtest

    told = binomtest(right, right + wrong).proportion_ci(0.95, method="wilson")
    assert found.estimate.value == right / (right + wrong)
    assert (found.estimate.low, found.estimate.high) == pytest.approx((told.low, told.high), abs=1e-9)


def test_known_outcomes__only_verdicts_that_decide_on_a_scored_row() -> None:
    given_ = [outcome(verdict, number) for number, verdict in enumerate(Verdict, start=1)]
    unscored = VerdictOutcome(9, "13", DONE, Verdict.PANNE_CONFIRMEE, None, measurement=None)

    told = {one.measurement: (one.failed, one.source) for one in _known_outcomes([*given_, unscored])}

    assert told == {1: (True, "verdict"), 2: (True, "verdict"), 3: (False, "verdict")}


def test_checklist__asks_for_safety_first_then_for_what_the_sensor_points_to() -> None:
    for feature in ("vibration_level", "temperature", "power_output", "wind_speed", "maintenance_done"):
        items = checklist_for(feature)
        assert items[0].text == SAFETY
        assert {item.feature for item in items[1:]} == {feature}
        assert not any(item.done for item in items)
    assert (
        len({checklist_for(name)[1].text for name in ("vibration_level", "temperature", "power_output")}) == 3
    )
    unknown = checklist_for("oil_pressure", "pression d’huile")
    assert all("pression d’huile" in item.text for item in unknown[1:])
    assert len(checklist_for(None)) >= 2
    assert skills_for("oil_pressure") == skills_for(None) == ()
    assert [priority_for(level) for level in RiskLevel] == list(Priority)


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xd8\xff\xe0" + bytes(20),
        b"\x89PNG\r\n\x1a\n" + bytes(20),
        b"RIFF\x10\x00\x00\x00WEBPVP8 " + bytes(20),
    ],
)
def test_photo__is_known_by_its_first_bytes(content: bytes) -> None:
    check_photo(content.ljust(MAX_BYTES, b"\0"))
    with pytest.raises(InvalidInput, match="10 Mo au plus"):
        check_photo(content.ljust(MAX_BYTES + 1, b"\0"))


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"<svg/>", b"RIFF\x10\x00\x00\x00WAVEfmt ", b"\xff\xd8"])
def test_photo__anything_else_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidInput, match="photo"):
        check_photo(content)
