"""The plausibility rules on EnergiTech's own measurements, each row judged as on its day."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from api.domain.plausibility.judging import continuous
from api.domain.plausibility.limits import Implausible
from api.domain.plausibility.park import learn_park
from tests.support.measurements.calm_days import calm_days, lines
from tests.support.measurements.plausibility_park import SENSORS
from tests.support.measurements.plausibility_tools import (
    WIDER,
    Sample,
    altered_cells,
    client_frame,
    document,
    found_when_altered,
    has_zero,
    sample_of,
    share_of,
    silent_share,
)

pytestmark = pytest.mark.client
ZERO_RULE = {
    "vibration_level": {Implausible.ZERO_VIBRATION},
    "power_output": {Implausible.ZERO_POWER},
    "wind_speed": {Implausible.POWER_WITHOUT_WIND, Implausible.ZERO_POWER},
}


@pytest.fixture(scope="module")
def sample(client_files: Path) -> Sample:
    return sample_of(client_frame(client_files))


@pytest.mark.parametrize(("sensor", "rows"), [("wind_speed", 7), ("vibration_level", 6), ("power_output", 6)])
def test_zeros__are_all_found_by_their_own_rule(sample: Sample, sensor: str, rows: int) -> None:
    zeros = np.flatnonzero(sample.frame[sensor] == 0)
    assert len(zeros) == rows
    for row in zeros:
        assert {finding.code for finding in sample.findings[int(row)]} & ZERO_RULE[sensor]


def test_other_rows__alarm_rate(sample: Sample) -> None:
    others = ~has_zero(sample.frame)
    alarms = int((sample.doubtful & others).sum())
    wider = int((sample_of(sample.frame, WIDER).doubtful & others).sum())
    assert alarms / others.sum() <= 0.01
    text, whole = document().splitlines(), int(others.sum())
    assert f"| toutes, aux limites retenues | {share_of(alarms, whole)} |" in text
    assert f"| toutes, aux limites plus larges | {share_of(wider, whole)} |" in text
    counted = sample.by_code(others)
    for code in Implausible:
        if code != Implausible.SILENT:
            assert f"| `{code}` | {share_of(counted[code], whole)} |" in text, code


def test_flagged_rows__are_each_read_in_the_document(sample: Sample) -> None:
    text = document()
    for row, findings in sample.findings.items():
        place: Any = sample.frame.loc[row]
        day = pd.Timestamp(place["date_measure"])
        for finding in findings:
            assert f"| {place['turbine_id']} | {day:%d/%m/%Y} | `{finding.code}` |" in text


def test_silence__rate(sample: Sample) -> None:
    alarms, looked_at = silent_share(sample)
    assert alarms / looked_at <= 0.02
    assert f"échantillon d’EnergiTech : {share_of(alarms, looked_at)}" in document()


def test_temperature__follows_neither_load_nor_season_here(sample: Sample) -> None:
    """What these rows do not show is not invented: no slope, and a season that stays within noise."""
    table = sample.table
    park = learn_park(table, float(table.day.max()) + 1, continuous(SENSORS))
    assert park.heat_per_load == 0.0
    season = park.season[~np.isnan(park.season)]
    assert np.ptp(season) < park.spread["temperature"]


def test_invented_faults__shares_found(sample: Sample) -> None:
    for kind, cells in altered_cells(found_when_altered(sample)).items():
        assert f"\n| {kind} |{cells}" in document(), kind


def test_calm_days__raise_no_doubt(sample: Sample) -> None:
    for line in lines([calm_days(sample)]):
        assert any(own.startswith(line) for own in document().splitlines()), line
