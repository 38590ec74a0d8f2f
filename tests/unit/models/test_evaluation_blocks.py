"""Farms of fewer than five turbines get intervals too: blocks of turbine and month, or failures."""

from __future__ import annotations

import numpy as np
import pytest

from api.domain.models.blocks import days_of_failure, groups_of
from api.domain.models.evaluation import Unseen, evaluate_classification, evaluate_regression
from api.services.models.card import classifier, regressor
from tests.support.words import plain

FIRST = np.datetime64("2024-01-01")


def farm(turbines: int, every: int = 40, days: int = 360) -> Unseen:
    """A year of a farm in which each turbine fails every so many days; the model half knows it."""
    generator = np.random.default_rng(5)
    names = np.repeat(np.array([f"T{n}" for n in range(turbines)]), days)
    since = np.tile(np.arange(days), turbines) + np.repeat(np.arange(turbines) * 7, days)
    failed = (since % every < 6).astype(float)
    output = np.clip(0.2 + 0.4 * failed + generator.normal(0, 0.1, len(names)), 0, 1)
    return Unseen(names, FIRST + np.tile(np.arange(days), turbines), failed, output)


@pytest.mark.parametrize("turbines", [1, 2, 3, 4])
def test_small_farm__has_intervals_on_blocks_and_its_card_says_so(turbines: int) -> None:
    quality = evaluate_classification(farm(turbines))
    assert quality.turbines == turbines
    assert quality.blocks is not None
    assert quality.blocks >= 5
    assert quality.roc_auc.low is not None
    assert quality.roc_auc.value is not None
    assert 0.5 < quality.roc_auc.low < quality.roc_auc.value
    said = plain(classifier.measured_on(quality))
    assert f"Moins de cinq turbines : les intervalles rééchantillonnent {quality.blocks} blocs" in said


def test_small_farm__whichever_are_fewer() -> None:
    for every, wanted in ((120, 3), (15, 12)):
        unseen = farm(1, every)
        groups, blocks = groups_of(unseen.turbines, unseen.days, days_of_failure(unseen.days, unseen.truth))
        assert blocks == len(np.unique(groups)) == wanted


def test_small_farm__days_left_too() -> None:
    unseen = farm(2)
    left = (40 - np.tile(np.arange(360), 2) % 40).astype(np.float64)
    noise = np.random.default_rng(1).normal(0, 2, len(left))
    quality = evaluate_regression(Unseen(unseen.turbines, unseen.days, left, left + noise), 20.0)
    assert quality.blocks is not None
    assert quality.overall.skill.low is not None
    assert "blocs" in regressor.measured_on(quality)


def test_five_turbines__are_drawn_whole() -> None:
    unseen = farm(5)
    groups, blocks = groups_of(unseen.turbines, unseen.days, days_of_failure(unseen.days, unseen.truth))
    assert blocks is None
    assert groups is unseen.turbines
    assert evaluate_classification(unseen).blocks is None
