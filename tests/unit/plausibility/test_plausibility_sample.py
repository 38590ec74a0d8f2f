"""What the plausibility rules do on the simulated sample, whose hidden truth is known, and what they cost."""

from __future__ import annotations

from time import process_time

import numpy as np
import pandas as pd
import pytest

from api.domain.plausibility.judging import judge_park, judge_rows
from api.domain.plausibility.limits import STOPPED, Implausible
from api.domain.plausibility.table import day_of
from data.simulator import simulate_park
from tests.support.measurements.calm_days import calm_days, lines, measured_calm
from tests.support.measurements.plausibility_park import SENSORS, as_table, made_park
from tests.support.measurements.plausibility_tools import (
    WIDER,
    Sample,
    altered_cells,
    document,
    episodes,
    found_when_altered,
    sample_of,
    share_of,
    silent_share,
    simulated_frame,
    sound_of,
)

pytestmark = pytest.mark.slow

ZEROS = {
    "zero_wind": {Implausible.POWER_WITHOUT_WIND},
    "zero_vibration": {Implausible.ZERO_VIBRATION},
    "zero_power": {Implausible.WIND_WITHOUT_POWER, Implausible.ZERO_POWER},
}


@pytest.fixture(scope="module")
def sample() -> Sample:
    return sample_of(simulated_frame())


def codes(sample: Sample, row: int) -> set[str]:
    return {finding.code for finding in sample.findings.get(row, [])}


def stated(line: str) -> bool:
    """The document has this very line."""
    return line in document().splitlines()


@pytest.mark.parametrize("kind", ZEROS)
def test_zeros__are_all_found_by_their_own_rule(sample: Sample, kind: str) -> None:
    rows = np.flatnonzero(sample.frame["sensor_fault"] == kind)
    found = [row for row in rows if codes(sample, int(row)) & ZEROS[kind]]
    assert len(found) == len(rows) > 20
    assert stated(f"| `{kind}` | {share_of(len(found), len(rows))} | |")


@pytest.mark.parametrize("kind", ["frozen_vibration", "frozen_temperature"])
def test_frozen_sensors__are_found_from_the_third_reading_on(sample: Sample, kind: str) -> None:
    """Two equal readings prove nothing, so the first two of an episode cannot be found; all others are."""
    frame, flagged = sample.frame, sample.doubtful
    rows = frame[frame["sensor_fault"] == kind].copy()
    rows["day"] = pd.to_datetime(rows["date_measure"])
    rows = rows.sort_values(["turbine_id", "day"], kind="stable")
    value = rows["vibration_level" if "vibration" in kind else "temperature"]
    new = (rows["turbine_id"].diff() != 0) | (value.diff() != 0)
    groups = rows.groupby(new.cumsum())
    provable = (groups.cumcount() >= 2) & ((rows["day"] - groups["day"].transform("min")).dt.days >= 2)
    assert provable.sum() > 40
    assert flagged[provable.index[provable]].all()
    everything, long, found = episodes(frame, kind, flagged)
    assert found == long
    line = f"| `{kind}` | {share_of(int(flagged[rows.index].sum()), len(rows))} | {found} sur {everything} |"
    assert stated(line)


def test_sound_rows__alarm_rate(sample: Sample) -> None:
    sound = sound_of(sample.frame)
    alarms = int((sample.doubtful & sound).sum())
    assert alarms / sound.sum() <= 0.002
    counted = sample.by_code(sound)
    wider = int((sample_of(sample.frame, WIDER).doubtful & sound).sum())
    assert stated(f"| toutes, aux limites retenues | {share_of(alarms, int(sound.sum()))} |")
    assert stated(f"| toutes, aux limites plus larges | {share_of(wider, int(sound.sum()))} |")
    for code in Implausible:
        if code != Implausible.SILENT:
            assert stated(f"| `{code}` | {share_of(counted[code], int(sound.sum()))} |"), code


@pytest.mark.parametrize(
    ("low", "high", "name"),
    [
        (0.0, 0.01, "aucune"),
        (0.01, 0.5, "moins de 0,5"),
        (0.5, 0.8, "de 0,5 à 0,8"),
        (0.8, 1.01, "0,8 et plus"),
    ],
)
def test_wear__is_not_taken_for_a_bad_sensor(sample: Sample, low: float, high: float, name: str) -> None:
    wear = sample.frame["wear"].to_numpy()
    worn = sound_of(sample.frame) & (wear >= low) & (wear < high)
    alarms = int((sample.doubtful & worn).sum())
    assert alarms / worn.sum() <= 0.002
    assert stated(f"| {name} | {share_of(alarms, int(worn.sum()))} |")


def test_the_week_before_a_failure__is_not_taken_for_a_bad_sensor(sample: Sample) -> None:
    week = sound_of(sample.frame) & (sample.frame["failure_within_7d"] == 1).to_numpy()
    alarms = int((sample.doubtful & week).sum())
    assert alarms / week.sum() <= 0.01
    assert stated(f"| à moins de 7 jours d’une panne | {share_of(alarms, int(week.sum()))} |")


def test_programmed_stops__are_told_as_stops(sample: Sample) -> None:
    """The sample has no service state: what the sensors agree upon is enough."""
    rows = np.flatnonzero(sample.frame["stopped"])
    told = [codes(sample, int(row)) for row in rows]
    assert all(code <= {STOPPED} for code in told)
    assert sum(STOPPED in code for code in told) == 24
    assert f"{sum(STOPPED in code for code in told)} des {len(rows)} mesures" in document()


def test_silence__is_told_of_turbines_that_are_silent(sample: Sample) -> None:
    alarms, looked_at = silent_share(sample)
    assert alarms / looked_at < 0.05
    assert f"échantillon simulé : {share_of(alarms, looked_at)}" in document()
    day = np.floor(sample.table.day.max())
    for turbine in judge_park(sample.table, day_of(day), SENSORS).silent:
        assert day - sample.table.day[sample.table.turbine == turbine].max() > 7


def test_calm_days__raise_no_doubt(sample: Sample) -> None:
    for line in lines([calm_days(sample), measured_calm(sample)]):
        rule, *cells = line.strip("| ").split(" | ")
        assert any(
            own.startswith(f"| {rule} |") and own.endswith(f"| {' | '.join(cells)} |")
            for own in document().splitlines()
        ), line


def test_invented_faults__shares_found(sample: Sample) -> None:
    shares = found_when_altered(sample)
    assert shares["température + 60 °C"][0] > 0.95
    assert shares["vent divisé par 2"][0] > 0.95
    for kind, cells in altered_cells(shares).items():
        assert any(
            line.startswith(f"| {kind} |") and line.endswith(f"|{cells}") for line in document().splitlines()
        ), kind


@pytest.mark.parametrize("seed", [1, pytest.param(7, marks=pytest.mark.long)])
def test_other_years__have_rates_of_the_same_order(seed: int) -> None:
    park = simulate_park(seed)
    other = sample_of(pd.concat([park.measurements, park.truth], axis=1))
    sound, wear = sound_of(other.frame), other.frame["wear"].to_numpy()
    assert (other.doubtful & sound).sum() / sound.sum() <= 0.002
    assert (other.doubtful & sound & (wear >= 0.5)).sum() / (sound & (wear >= 0.5)).sum() <= 0.002
    for kind in ZEROS:
        rows = (other.frame["sensor_fault"] == kind).to_numpy()
        assert (other.doubtful & rows).sum() / rows.sum() >= 0.9


def test_cost__of_ten_thousand_turbines() -> None:
    """Processor time: under 1 s for the row rules, a few seconds with history."""
    columns = made_park(turbines=10_000, days=61)
    table = as_table(columns)
    rows = table.last_rows()
    assert len(rows) == 10_000
    start = process_time()
    judge_rows(table, rows, None, SENSORS)
    alone = process_time() - start
    start = process_time()
    judge_park(table, day_of(columns["day"].max()), SENSORS)
    assert alone < 1.0
    assert process_time() - start < 10.0
