"""Explanations of models that read many features: sampled, summing exactly, close to the exact ones."""

from __future__ import annotations

import numpy as np
import pytest

from api.inference.explaining.explanation import MAX_FEATURES, ShapleyExplainer
from api.inference.explaining.sampling import SampledExplainer
from api.inference.serving.loaded import explainer_of


def crooked(rows: np.ndarray) -> np.ndarray:
    step = np.where(rows[:, 0] > 0.5, rows[:, 1] * rows[:, 2], -rows[:, 1])
    return np.asarray(step + 0.3 * np.sin(rows.sum(axis=1)))


def test_sampled__sums_exactly_and_repeats_itself() -> None:
    generator = np.random.default_rng(1)
    background, rows = generator.random((24, 15)), generator.random((40, 15))
    explainer = explainer_of(crooked, background)
    assert isinstance(explainer, SampledExplainer)
    found = explainer.explain(rows, crooked(rows))
    assert found.base == pytest.approx(crooked(background).mean())
    assert found.contributions.sum(axis=1) == pytest.approx(crooked(rows) - found.base, abs=1e-12)
    again = SampledExplainer(crooked, background).explain(rows, crooked(rows))
    assert (again.contributions == found.contributions).all()


def test_sampled__stays_close_to_the_exact_values() -> None:
    errors = []
    for seed in range(12):
        generator = np.random.default_rng(seed)
        background, rows = generator.random((24, 8)), generator.random((4, 8))
        exact = ShapleyExplainer(crooked, background).explain(rows, crooked(rows)).contributions
        found = SampledExplainer(crooked, background).explain(rows, crooked(rows))
        errors.append(found.contributions - exact)
    assert np.sqrt(np.mean(np.square(errors))) < 0.005
    assert np.abs(errors).max() < 0.02


def test_sampled__additive_output_is_explained_without_error() -> None:
    weights = np.linspace(-1, 1, MAX_FEATURES + 3)
    generator = np.random.default_rng(3)
    background, rows = generator.random((10, len(weights))), generator.random((5, len(weights)))
    found = explainer_of(lambda x: x @ weights, background).explain(rows, rows @ weights)
    assert found.contributions == pytest.approx(weights * (rows - background.mean(axis=0)), abs=1e-12)


def test_sampled__no_row_no_explanation() -> None:
    found = SampledExplainer(crooked, np.random.default_rng(4).random((4, 15))).explain(
        np.zeros((0, 15)), np.zeros(0)
    )
    assert found.contributions.shape == (0, 15)
