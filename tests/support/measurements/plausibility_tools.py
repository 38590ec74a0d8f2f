"""The findings of the plausibility rules on a whole sample: the figures in ``docs/plausibilite.md``.

As a program (``python -m tests.support.measurements.plausibility_tools``) it prints them; tests compare
them with the document.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from api.domain.plausibility.judging import Findings, continuous, judge_park
from api.domain.plausibility.limits import DEFAULT, STOPPED, Implausible, Limits
from api.domain.plausibility.park import learn_park
from api.domain.plausibility.table import Measurements, arranged, day_number, day_of
from data.simulator import simulate_park
from tests.support.measurements.plausibility_judging import audit, judge, past_of_one
from tests.support.measurements.plausibility_park import SENSORS
from tests.support.words import plain

MEASURED = ("wind_speed", "vibration_level", "temperature", "power_output")
DOCUMENT = Path(__file__).resolve().parent.parent.parent.parent / "docs" / "plausibilite.md"
WIDER = Limits(curve_deviations=5.0, heat_deviations=5.0, jump_deviations=6.0)  # to show the loss of findings
ALTERED_ROWS = 500  # sound rows that receive each invented fault
Row = Mapping[str, float]


@dataclass(frozen=True)
class Sample:
    """Measurements in file order, their table, and the findings on each row as on its day."""

    frame: pd.DataFrame
    table: Measurements
    findings: Findings

    @property
    def doubtful(self) -> np.ndarray:
        """True for the rows with a finding that puts a sensor in doubt."""
        rows = [row for row, findings in self.findings.items() if any(f.code != STOPPED for f in findings)]
        return np.isin(np.arange(len(self.frame)), rows)

    def by_code(self, chosen: np.ndarray) -> Counter[str]:
        """Count the findings on the rows where ``chosen`` is True, by code."""
        return Counter(f.code for row, findings in self.findings.items() if chosen[row] for f in findings)


def table_of(frame: pd.DataFrame) -> Measurements:
    """Return a file with EnergiTech's columns as a table."""
    days = [day_number(day.date()) for day in pd.to_datetime(frame["date_measure"])]
    return arranged(frame["turbine_id"], days, {name: frame[name].to_numpy(float) for name in SENSORS})


def sample_of(frame: pd.DataFrame, limits: Limits = DEFAULT) -> Sample:
    """Return a sample with every row judged by earlier rows only."""
    table = table_of(frame)
    return Sample(frame, table, audit(table, SENSORS, limits))


def client_frame(folder: Path) -> pd.DataFrame:
    """Return EnergiTech's 3,000 rows."""
    return pd.read_csv(folder / "energiTech_maintenance_sample.csv")


def simulated_frame() -> pd.DataFrame:
    """Return the published simulated sample with its hidden truth."""
    park = simulate_park()
    return pd.concat([park.measurements, park.truth], axis=1)


def has_zero(frame: pd.DataFrame) -> np.ndarray:
    """Return True for rows in which wind, vibration, temperature or power is exactly zero."""
    return (frame[list(MEASURED)] == 0).any(axis=1).to_numpy()


def sound_of(frame: pd.DataFrame) -> np.ndarray:
    """Return True for sound rows: by the hidden truth, or for EnergiTech those without a zero."""
    return (frame["sensor_fault"] == "").to_numpy() if "sensor_fault" in frame else ~has_zero(frame)


def episodes(frame: pd.DataFrame, fault: str, flagged: np.ndarray) -> tuple[int, int, int]:
    """Count a frozen sensor's episodes: all, those of three readings over two days, and the flagged ones."""
    rows = frame[frame["sensor_fault"] == fault].copy()
    rows["flagged"] = flagged[rows.index]
    rows["day"] = pd.to_datetime(rows["date_measure"])
    rows = rows.sort_values(["turbine_id", "day"], kind="stable")
    value = rows["vibration_level" if "vibration" in fault else "temperature"]
    new = (rows["turbine_id"].diff() != 0) | (value.diff() != 0)
    groups = rows.groupby(new.cumsum())
    long = groups["day"].agg(lambda day: (day.max() - day.min()).days >= 2) & (groups.size() >= 3)
    return groups.ngroups, int(long.sum()), int(groups["flagged"].any().sum())


def silent_share(sample: Sample) -> tuple[int, int]:
    """Count the turbines judged silent, and all turbines judged, over a year of weekly runs."""
    days = np.floor(sample.table.day)
    alarms = judged = 0
    for day in np.arange(days.min() + 30, days.max() + 1, 7):
        alarms += len(judge_park(sample.table, day_of(day), SENSORS).silent)
        judged += len(np.unique(sample.table.turbine[days <= day]))
    return alarms, judged


INVENTED: Mapping[str, Callable[[Row], Row]] = {
    "puissance divisée par 4": lambda r: {**r, "power_output": r["power_output"] / 4},
    "puissance divisée par 2": lambda r: {**r, "power_output": r["power_output"] / 2},
    "vent divisé par 2": lambda r: {**r, "wind_speed": r["wind_speed"] / 2},
    "température + 30 °C": lambda r: {**r, "temperature": r["temperature"] + 30},
    "température + 60 °C": lambda r: {**r, "temperature": r["temperature"] + 60},
    "température à 0 °C": lambda r: {**r, "temperature": 0.0},
    "vibration × 3": lambda r: {**r, "vibration_level": r["vibration_level"] * 3},
    "vibration × 5": lambda r: {**r, "vibration_level": r["vibration_level"] * 5},
}


def found_when_altered(sample: Sample) -> dict[str, tuple[float, float]]:
    """Return the share of sound rows that get a finding once a value is altered, by kind of alteration.

    The rows are drawn (seed 0) from the last two months; their histories are not altered.

    Returns:
        By kind: the share at the default limits, and at the wider ones.
    """
    table, sound = sample.table, sound_of(sample.frame)
    if "stopped" in sample.frame:
        sound = sound & ~sample.frame["stopped"].to_numpy()
    start = np.floor(table.day.max()) - 60
    park = learn_park(table, start, continuous(SENSORS))
    late = np.flatnonzero((table.day >= start) & sound[table.order])
    chosen = np.random.default_rng(0).choice(late, min(ALTERED_ROWS, len(late)), replace=False)
    hits = {kind: [0, 0] for kind in INVENTED}
    positions = np.arange(len(table))
    for row in chosen:
        history = table.kept((table.turbine == table.turbine[row]) & (positions < row))
        day = float(table.day[row])
        past = past_of_one(history, day, park, SENSORS)
        values = {name: float(table.values[name][row]) for name in SENSORS}
        for kind, alter in INVENTED.items():
            for at, limits in enumerate((DEFAULT, WIDER)):
                findings = judge(alter(values), day, SENSORS, past=past, park=park, limits=limits)
                hits[kind][at] += any(f.code in set(Implausible) for f in findings)
    return {kind: (near / len(chosen), far / len(chosen)) for kind, (near, far) in hits.items()}


def percent(share: float, digits: int = 0) -> str:
    """Return a share in the document's format."""
    return f"{100 * share:.{digits}f} %".replace(".", ",")


def count(number: int) -> str:
    """Return a number of rows in the document's format."""
    return f"{number:,}".replace(",", " ")


def share_of(part: int, whole: int) -> str:
    """Return a text such as « 5 sur 15 069 (0,03 %) »."""
    return f"{count(part)} sur {count(whole)} ({percent(part / whole, 2)})"


def document() -> str:
    """Return the document's text, with plain spaces."""
    return plain(DOCUMENT.read_text("utf-8"))


def altered_cells(shares: Mapping[str, tuple[float, float]]) -> dict[str, str]:
    """Return, by kind of alteration, the two cells of one sample in the document's table."""
    return {kind: f" {percent(near)} | {percent(far)} |" for kind, (near, far) in shares.items()}


def main() -> None:
    """Print every figure of the document; EnergiTech's files are expected beside the project."""
    folder = DOCUMENT.parent.parent.parent / "shared" / "energitech"
    for name, frame in (("EnergiTech", client_frame(folder)), ("simulated", simulated_frame())):
        sample, wider, sound = sample_of(frame), sample_of(frame, WIDER), sound_of(frame)
        print(name, "sound:", share_of((sample.doubtful & sound).sum(), sound.sum()), sample.by_code(sound))
        print(name, "sound, wider limits:", share_of((wider.doubtful & sound).sum(), sound.sum()))
        print(name, "not sound:", share_of((sample.doubtful & ~sound).sum(), (~sound).sum()))
        print(name, "not sound:", sample.by_code(~sound))
        print(name, "silent:", share_of(*silent_share(sample)))
        print(altered_cells(found_when_altered(sample)))
        if "wear" in frame:
            _print_truth(sample)


def _print_truth(sample: Sample) -> None:
    frame, doubtful = sample.frame, sample.doubtful
    fault = frame["sensor_fault"].to_numpy()
    for kind in sorted(set(fault) - {""}):
        share = share_of((doubtful & (fault == kind)).sum(), (fault == kind).sum())
        print(" ", kind, share, episodes(frame, kind, doubtful) if kind.startswith("frozen") else "")
    for low, high in ((0.0, 0.01), (0.01, 0.5), (0.5, 0.8), (0.8, 1.01)):
        worn = (fault == "") & (frame["wear"] >= low).to_numpy() & (frame["wear"] < high).to_numpy()
        print(f"  wear {low}-{high}:", share_of((doubtful & worn).sum(), worn.sum()))
    week = (fault == "") & (frame["failure_within_7d"] == 1).to_numpy()
    print("  a week before failure:", share_of((doubtful & week).sum(), week.sum()))


if __name__ == "__main__":
    main()
