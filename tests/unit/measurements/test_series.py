"""Noise is told from wear by what one measurement says of the next."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.domain.measurements.series import lag1_autocorrelation, successive_rows_are_independent


@given(st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=60).filter(lambda v: np.ptp(v) > 1e-3))
def test_autocorrelation__is_bounded_and_ignores_scale(values: list[float]) -> None:
    found = lag1_autocorrelation(values)
    assert -1 <= found <= 1
    assert lag1_autocorrelation([3 * v + 7 for v in values]) == pytest.approx(found, abs=1e-6)


def test_independent_rows__are_recognised_and_wear_is_not() -> None:
    draw = np.random.default_rng(5)
    noise = {name: draw.normal(size=150).tolist() for name in ("a", "b")}
    wear = {**noise, "b": (np.linspace(0, 4, 150) + draw.normal(size=150)).tolist()}
    assert successive_rows_are_independent(noise)
    assert not successive_rows_are_independent(wear)


@pytest.mark.parametrize("columns", [{}, {"a": [1.0] * 50}, {"a": [1.0, 2.0, 3.0]}, {"a": [None] * 50}])
def test_too_little_to_tell__claims_nothing(columns: dict[str, list[float | None]]) -> None:
    assert not successive_rows_are_independent(columns)


@pytest.mark.client
def test_client_rows__are_independent_in_most_turbines(client_files: pytest.TempPathFactory) -> None:
    frame = pd.read_csv(client_files / "energiTech_maintenance_sample.csv")  # type: ignore[operator]
    sensors = ["wind_speed", "vibration_level", "temperature", "power_output"]
    told = [
        successive_rows_are_independent({s: rows[s].tolist() for s in sensors})
        for _, rows in frame.sort_values("date_measure", kind="stable").groupby("turbine_id")
    ]
    assert np.mean(told) > 0.9


def test_simulated_turbines__show_wear() -> None:
    frame = pd.read_csv("data/energiTech_maintenance_sample.csv")
    told = [
        successive_rows_are_independent({"vibration_level": rows["vibration_level"].tolist()})
        for _, rows in frame.groupby("turbine_id")
    ]
    assert np.mean(told) < 0.1
