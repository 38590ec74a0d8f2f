"""The simulated machines: power and wind, seasons, wear before failures, lying sensors, what a model sees."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.metrics import average_precision_score, mean_absolute_error, roc_auc_score

from data import generate, physics
from data.sensors import Fault
from data.simulator import Simulation, simulate_park
from data.streams import Stream, autoregressive, normals, uniforms

pytestmark = pytest.mark.slow

FEATURES = ["wind_speed", "vibration_level", "temperature", "power_output", "maintenance_done"]
DATA = Path(generate.__file__).resolve().parent
DECIMALS = {"wind_speed": 2, "vibration_level": 2, "temperature": 1, "power_output": 1}
TRAIN_DAYS, GAP_DAYS = 219, 7  # 60 % of the year


@pytest.fixture(scope="module")
def park() -> Simulation:
    return simulate_park()


@pytest.fixture(scope="module")
def rows(park: Simulation) -> pd.DataFrame:
    """Measurements with the hidden truth and the number of the day."""
    table = park.measurements.join(park.truth)
    return table.assign(day=(pd.to_datetime(table["date_measure"]) - pd.Timestamp("2024-01-01")).dt.days)


def sound(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[(rows["sensor_fault"] == Fault.NONE) & ~rows["stopped"]]


def test_power_curve__cut_in_cubic_rated_cut_out() -> None:
    power = physics.instant_power(np.array([0.0, 2.9, 6.0, 12.0, 15.5, 20.0, 28.0, 31.0, 34.0, 40.0]), 1500.0)
    assert power[0] == power[1] == power[-2] == power[-1] == 0.0
    assert power[4] == power[5] == power[6] == 1500.0
    assert power[7] == 750.0
    assert power[3] / power[2] == pytest.approx((12**3 - 27) / (6**3 - 27))


def test_mean_power_is_flatter_than_the_curve_and_grows_with_wind() -> None:
    wind = np.arange(1.0, 18.0, 0.5)
    mean = physics.mean_power(wind, 1500.0)
    assert (np.diff(mean) >= -1e-9).all()
    assert mean.max() < 1500.0
    assert np.diff(mean).max() < np.diff(physics.instant_power(wind, 1500.0)).max()


def test_normals_have_mean_0_and_variance_1_and_differ_from_their_uniforms() -> None:
    draws = normals(3, Stream.READING, 1, 20_000, 2)
    assert np.abs(draws.mean(axis=0)).max() < 0.03
    assert np.abs(draws.std(axis=0) - 1).max() < 0.03
    assert abs(np.corrcoef(draws[:, 0], draws[:, 1])[0, 1]) < 0.03
    assert not np.array_equal(uniforms(3, Stream.LIFE, 1, 5, 2), uniforms(3, Stream.PRESENCE, 1, 5, 2))


def test_autoregressive_keeps_unit_variance_and_the_given_memory() -> None:
    series = autoregressive(normals(5, Stream.REGION, 0, 20_000, 1)[:, 0], 0.8)
    assert series.std() == pytest.approx(1.0, abs=0.05)
    assert np.corrcoef(series[1:], series[:-1])[0, 1] == pytest.approx(0.8, abs=0.03)


def test_power_follows_wind(rows: pd.DataFrame) -> None:
    running = sound(rows)
    assert running["wind_speed"].corr(running["power_output"]) > 0.9
    assert rows["power_output"].max() <= 1550


@pytest.mark.parametrize(
    ("column", "mean", "deviation"),
    [
        ("wind_speed", (12.06, 0.5), (4.02, 0.6)),
        ("vibration_level", (2.97, 0.2), (1.01, 0.15)),
        ("temperature", (44.8, 1.5), (9.96, 1.5)),
        ("power_output", (724.9, 40.0), (253.0, 90.0)),
    ],
)
def test_sensors_are_distributed_as_the_clients(
    rows: pd.DataFrame, column: str, mean: tuple[float, float], deviation: tuple[float, float]
) -> None:
    assert rows[column].mean() == pytest.approx(mean[0], abs=mean[1])
    assert rows[column].std() == pytest.approx(deviation[0], abs=deviation[1])


def test_winter_blows_more_and_summer_is_warmer(rows: pd.DataFrame) -> None:
    month = rows["date_measure"].str[5:7]
    winter, summer = rows[month.isin(["12", "01", "02"])], rows[month.isin(["06", "07", "08"])]
    assert winter["wind_speed"].mean() > 1.1 * summer["wind_speed"].mean()
    assert winter["power_output"].mean() > 1.2 * summer["power_output"].mean()
    assert summer["temperature"].mean() > winter["temperature"].mean() + 10


def test_zeros_tell_a_faulty_sensor(rows: pd.DataFrame) -> None:
    calm = rows["wind_speed"] == 0
    assert (rows.loc[calm, "sensor_fault"] == Fault.ZERO_WIND).all()
    assert (rows.loc[calm, "power_output"] > 0).sum() >= 10
    assert (rows.loc[rows["vibration_level"] == 0, "sensor_fault"] == Fault.ZERO_VIBRATION).all()
    idle_in_wind = rows[(rows["power_output"] == 0) & (rows["wind_speed"] > 8) & ~rows["stopped"]]
    assert len(idle_in_wind) >= 5
    assert (idle_in_wind["sensor_fault"] == Fault.ZERO_POWER).all()
    for fault in (Fault.ZERO_WIND, Fault.ZERO_VIBRATION, Fault.ZERO_POWER):
        assert 0.0005 < (rows["sensor_fault"] == fault).mean() < 0.005, fault


@pytest.mark.parametrize("column", ["vibration_level", "temperature"])
def test_some_sensors_freeze_for_days(rows: pd.DataFrame, column: str) -> None:
    """Found from the values alone: one turbine tells one value on four measured days in a row, or more."""
    longest = []
    for _, turbine in rows.groupby("turbine_id"):
        daily = turbine.drop_duplicates("day")
        run = (daily[column] != daily[column].shift()).cumsum()
        longest.append(daily.groupby(run).size().max())
    assert sum(length >= 4 for length in longest) >= 5


def test_silences_and_several_measurements_a_day(rows: pd.DataFrame) -> None:
    days = rows.drop_duplicates(["turbine_id", "day"])
    silence = days.groupby("turbine_id")["day"].diff()
    assert (silence > 10).sum() >= 40  # longer than a repair with some missed days
    assert silence.median() == 1
    per_day = rows.groupby(["turbine_id", "day"]).size()
    assert 0.02 < (per_day > 1).mean() < 0.15
    same_day = rows[rows.duplicated(["turbine_id", "day"], keep=False)]
    assert not same_day.duplicated(["turbine_id", "day", "wind_speed", "power_output"], keep=False).all()


def test_a_programmed_stop_produces_nothing_and_hardly_shakes(rows: pd.DataFrame) -> None:
    stopped = rows[rows["stopped"]]
    assert set(stopped["turbine_id"]) == {17, 38}
    assert (stopped["power_output"] == 0).all()
    still = stopped[stopped["sensor_fault"] == Fault.NONE]
    assert still["vibration_level"].between(0.01, 0.5).all()
    assert (still["wind_speed"] > 3).mean() > 0.8


def test_vibration_and_temperature_rise_before_failures(rows: pd.DataFrame) -> None:
    """Each failure against the same machine's days far from any failure."""
    running = sound(rows)
    far = running[running["time_to_failure_days"] == 65.5].groupby("turbine_id")
    near = running[running["time_to_failure_days"] < 10]
    event = [near["turbine_id"], (near["day"] + near["time_to_failure_days"]).round(1).rename("instant")]
    excess = near["vibration_level"] - near["turbine_id"].map(far["vibration_level"].median())
    per_event = excess.groupby(event).median()
    assert len(per_event) >= 70
    assert (per_event > 1.2).mean() > 0.9
    wear = near.groupby(event)["wear"].mean()
    assert (wear > 0.5).mean() > 0.9
    far_heat = near["turbine_id"].map(far["temperature"].median())
    assert (near["temperature"] - far_heat).mean() > 3


def test_wear_grows_until_the_failure_and_starts_again_after(rows: pd.DataFrame, park: Simulation) -> None:
    kept = 0
    for turbine, failed_on in zip(park.failures["turbine_id"], park.failures["failed_on"], strict=True):
        own = rows[rows["turbine_id"] == turbine]
        failed = date.fromisoformat(failed_on)
        earliest, latest = (
            (failed - timedelta(days=14)).isoformat(),
            (failed + timedelta(days=10)).isoformat(),
        )
        before = own[own["date_measure"].between(earliest, failed_on) & (own["time_to_failure_days"] < 15)]
        after = own[own["date_measure"].between(failed_on, latest)]
        if before.empty or after.empty or before["wear"].iloc[-1] < 0.6:
            continue  # unseen, or a failure without any sign
        kept += 1
        assert before["wear"].is_monotonic_increasing, (turbine, failed_on)
        assert after["wear"].iloc[0] < 0.1
    assert kept >= 60


def test_a_forest_sees_failures_coming_but_not_perfectly(rows: pd.DataFrame) -> None:
    train, unseen = rows[rows["day"] < TRAIN_DAYS], rows[rows["day"] >= TRAIN_DAYS + GAP_DAYS]
    forest = RandomForestClassifier(n_estimators=200, max_depth=8, random_state=42)
    forest.fit(train[FEATURES], train["failure_within_7d"])
    probability = forest.predict_proba(unseen[FEATURES])[:, 1]
    assert 0.90 <= roc_auc_score(unseen["failure_within_7d"], probability) <= 0.985
    precision = average_precision_score(unseen["failure_within_7d"], probability)
    assert 0.30 <= precision <= 0.80
    assert precision > 5 * unseen["failure_within_7d"].mean()


def test_days_left_are_better_than_the_median(rows: pd.DataFrame) -> None:
    train, unseen = rows[rows["day"] < TRAIN_DAYS], rows[rows["day"] >= TRAIN_DAYS + GAP_DAYS]
    forest = RandomForestRegressor(n_estimators=60, max_depth=8, random_state=42)
    told = forest.fit(train[FEATURES], train["time_to_failure_days"]).predict(unseen[FEATURES])
    always = np.full(len(unseen), train["time_to_failure_days"].median())
    truth = unseen["time_to_failure_days"]
    assert mean_absolute_error(truth, told) < 0.85 * mean_absolute_error(truth, always)


def french(figure: float, decimals: int = 0) -> str:
    return f"{figure:,.{decimals}f}".replace(",", " ").replace(".", ",")


def test_readme_tells_the_figures_of_the_file(rows: pd.DataFrame, park: Simulation) -> None:
    """Counts and ranges in ``data/README.md`` are those of the committed file."""
    lines = (DATA / "README.md").read_text(encoding="utf-8").splitlines()
    in_year = park.failures[park.failures["failed_on"] <= "2024-12-30"]
    visited = rows.groupby("failure_within_7d")["maintenance_done"].mean()
    heard_lately = rows.loc[rows["day"] >= 364 - 6, "turbine_id"].nunique()
    phrases = [
        f"{french(len(rows))} lignes",
        f"{rows['failure_within_7d'].sum()} lignes à 1",
        f"{len(in_year)} pannes, sur {in_year['turbine_id'].nunique()} turbines",
        f"{(rows.groupby(['turbine_id', 'day']).size() > 1).sum()} journées de turbine",
        f"{heard_lately} turbines ont une mesure de 7 jours au plus",
        f"{100 * (rows['time_to_failure_days'] == 65.5).mean():.0f} % de lignes au plafond",
        f"{french(100 * rows['maintenance_done'].mean(), 1)} % de lignes à 1",
        f"{100 * visited[1]:.0f} % des lignes à moins de 7 jours d’une panne",
        f"contre {100 * visited[0]:.0f} % ailleurs",
    ]
    text = " ".join(lines).replace("   ", " ")
    for phrase in phrases:
        assert phrase in text, phrase
    for column, decimals in DECIMALS.items():
        line = next(line for line in lines if line.startswith(f"| `{column}`"))
        figures = [rows[column].min(), rows[column].median(), rows[column].max()]
        assert " / ".join(french(figure, decimals) for figure in figures) in line, column
