"""The simulated sample: schema, bytes, prefix, labels; what is expected is recounted from the file."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from data import generate
from data.simulator import Simulation, simulate, simulate_park

pytestmark = pytest.mark.slow

DATA = Path(generate.__file__).resolve().parent
COLUMNS = (
    "turbine_id,date_measure,wind_speed,vibration_level,temperature,power_output,maintenance_done,"
    "failure_within_7d,time_to_failure_days,technician_id,planned_intervention_date"
)
DECIMALS = {"wind_speed": 2, "vibration_level": 2, "temperature": 1, "power_output": 1}


@pytest.fixture(scope="module")
def park() -> Simulation:
    return simulate_park()


@pytest.fixture(scope="module")
def sample() -> pd.DataFrame:
    return pd.read_csv(DATA / generate.SAMPLE_FILE)


@pytest.fixture(scope="module")
def generated() -> dict[str, bytes]:
    return generate.files()


def test_committed_files_are_the_generators_bytes(generated: dict[str, bytes]) -> None:
    for name, content in generated.items():
        committed = (DATA / name).read_bytes()
        assert hashlib.sha256(committed).hexdigest() == hashlib.sha256(content).hexdigest(), name
        assert b"\r" not in content and content.endswith(b"\n")
    assert (DATA / generate.SAMPLE_FILE).stat().st_size <= 1_200_000


def test_columns_are_energitechs(client_files: Path) -> None:
    with (client_files / generate.SAMPLE_FILE).open(encoding="utf-8") as theirs:
        assert theirs.readline().rstrip("\r\n") == COLUMNS


def test_sample_covers_the_park_and_the_year(sample: pd.DataFrame) -> None:
    assert ",".join(sample.columns) == COLUMNS
    assert set(sample["turbine_id"]) == set(range(1, 51))
    days = pd.date_range("2024-01-01", "2024-12-30").strftime("%Y-%m-%d")
    assert set(sample["date_measure"]) == set(days)
    assert 12_000 <= len(sample) <= 18_000
    assert not sample.isna().any().any()
    assert sample["date_measure"].is_monotonic_increasing


def test_values_are_rounded_as_the_clients(sample: pd.DataFrame) -> None:
    for column, decimals in DECIMALS.items():
        assert sample[column].equals(sample[column].round(decimals)), column
        assert not sample[column].equals(sample[column].round(decimals - 1)), column


@pytest.mark.parametrize(("seed", "days"), [(2024, 400), (7, 30)])
def test_more_days_leave_the_earlier_ones_unchanged(seed: int, days: int) -> None:
    longer, shorter = simulate(seed, days=days), simulate(seed, days=days - 13)
    end = (date(2024, 1, 1) + timedelta(days=days - 13)).isoformat()
    before_end = longer[longer["date_measure"] < end].reset_index(drop=True)
    pd.testing.assert_frame_equal(before_end, shorter)
    assert len(longer) > len(shorter)


def test_another_seed_is_another_park() -> None:
    assert not simulate(1, days=5).equals(simulate(2, days=5))


def test_no_day_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        simulate(days=0)


def test_failures_are_rare(sample: pd.DataFrame) -> None:
    assert 0.01 <= sample["failure_within_7d"].mean() <= 0.03


def test_labels_follow_from_the_failures(sample: pd.DataFrame, park: Simulation) -> None:
    instants = {
        turbine: sorted(pd.to_datetime(rows["failed_on"]) + pd.to_timedelta(rows["tenths"] * 2.4, unit="h"))
        for turbine, rows in park.failures.groupby("turbine_id")
    }
    told = sample[["turbine_id", "date_measure", "failure_within_7d", "time_to_failure_days"]]
    for turbine, measured, label, left in told.itertuples(index=False):
        day = pd.Timestamp(measured)
        ahead = [instant for instant in instants.get(turbine, []) if instant > day]
        expected = min(65.5, (ahead[0] - day) / pd.Timedelta(days=1)) if ahead else 65.5
        assert left == pytest.approx(expected, abs=1e-6)
        assert label == int(expected < 7 - 1e-6)


def test_label_rule_is_the_one_of_the_clients_file(client_files: Path) -> None:
    theirs = pd.read_csv(client_files / generate.SAMPLE_FILE)
    assert ((theirs["time_to_failure_days"] < 7).astype(int) == theirs["failure_within_7d"]).all()
    ours = pd.read_csv(DATA / generate.SAMPLE_FILE)["time_to_failure_days"]
    assert ours.min() >= theirs["time_to_failure_days"].min()
    assert ours.max() <= theirs["time_to_failure_days"].max()


def test_labels_alone_give_enough_separate_failures(sample: pd.DataFrame) -> None:
    positive = sample[sample["failure_within_7d"] == 1]
    since = (pd.to_datetime(positive["date_measure"]) - pd.Timestamp("2024-01-01")).dt.days
    instant = (since + positive["time_to_failure_days"]).round(1)
    events = pd.DataFrame({"turbine": positive["turbine_id"], "instant": instant}).drop_duplicates()
    assert len(events) >= 70
    assert (events["instant"] >= 226).sum() >= 30  # held out by a split at 60 % of the year with a 7-day gap


def test_nothing_is_sent_on_the_day_of_a_failure(park: Simulation) -> None:
    measured = set(zip(park.measurements["turbine_id"], park.measurements["date_measure"], strict=True))
    failed = set(zip(park.failures["turbine_id"], park.failures["failed_on"], strict=True))
    assert failed and not failed & measured


def test_visits_are_recent_in_a_fifth_of_rows_and_planned_within_a_month(sample: pd.DataFrame) -> None:
    ahead = pd.to_datetime(sample["planned_intervention_date"]) - pd.to_datetime(sample["date_measure"])
    assert ahead.dt.days.between(1, 29).all()
    assert 0.10 <= sample["maintenance_done"].mean() <= 0.20
    by_label = sample.groupby("failure_within_7d")["maintenance_done"].mean()
    assert by_label[1] > 2 * by_label[0]
    assert sample["technician_id"].between(100, 150).all()


def test_register_names_every_turbine_once() -> None:
    register = pd.read_csv(DATA / generate.REGISTER_FILE)
    assert list(register.columns) == ["turbine_id", "site", "farm", "rated_power_kw", "commissioned_on"]
    assert list(register["turbine_id"]) == list(range(1, 51))
    assert register["commissioned_on"].between("2012-01-01", "2021-12-31").all()
    assert register["farm"].nunique() == 4
    lyon = register[register["site"] == "Lyon"]
    assert lyon["rated_power_kw"].sum() == 45_000


def test_check_tells_a_changed_byte_and_a_missing_file(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    generated: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(generate, "files", lambda: generated)  # seconds each time, for the same bytes
    assert generate.main(["--out", str(tmp_path)]) == 0
    assert generate.main(["--out", str(tmp_path), "--check"]) == 0
    target = tmp_path / generate.SAMPLE_FILE
    target.write_bytes(target.read_bytes().replace(b"12.2", b"12.3", 1))
    (tmp_path / generate.REGISTER_FILE).unlink()
    capsys.readouterr()
    assert generate.main(["--out", str(tmp_path), "--check"]) == 1
    told = capsys.readouterr().out
    assert generate.SAMPLE_FILE in told and generate.REGISTER_FILE in told


def test_unwritable_folder_is_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "occupied").write_text("a file, not a folder")
    assert generate.main(["--out", str(tmp_path / "occupied")]) == 2
    assert "--out" in capsys.readouterr().out
