"""The share of calm days on which a rule raises a false doubt: a table of ``docs/plausibilite.md``.

As a program (``python -m tests.support.measurements.calm_days``) it prints the table; tests compare it with
the document.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from api.domain.plausibility.judging import continuous
from api.domain.plausibility.limits import Implausible
from api.domain.plausibility.park import learn_park
from api.domain.plausibility.trust import OUTSIDE_MODEL, KnownRange, outside_training
from tests.support.measurements.plausibility_judging import judge, past_of_one
from tests.support.measurements.plausibility_park import SENSORS
from tests.support.measurements.plausibility_tools import (
    DOCUMENT,
    MEASURED,
    Sample,
    client_frame,
    sample_of,
    share_of,
    simulated_frame,
    sound_of,
)

CALM_DAYS = 500
JUDGED = (*(code.value for code in Implausible if code != Implausible.SILENT), OUTSIDE_MODEL)
Calm = dict[str, float | None]


def calm_days(sample: Sample) -> tuple[Counter[str], int]:
    """Count, by code, the findings on invented calm days (seed 0), and the days judged.

    A sound row of the last two months becomes a windless day: 0 to 3 m/s, 4 to 12 kW drawn from the grid, a
    nacelle up to 15 °C colder, and a vibration of rest, of zero or absent. Its past stays as it is; the model
    is taken to have learned the earlier rows.
    """
    counted: Counter[str] = Counter()
    judged = 0
    table = sample.table
    start = np.floor(table.day.max()) - 60
    earlier, park = table.day < start, learn_park(table, start, continuous(SENSORS))
    learned = {
        name: KnownRange(name, "", float(np.nanmin(column)), float(np.nanmax(column)))
        for name in MEASURED
        for column in [table.values[name][earlier]]
    }
    positions = np.arange(len(table))
    for row, calm in _invented(sample, start):
        history = table.kept((table.turbine == table.turbine[row]) & (positions < row))
        day = float(table.day[row])
        past = past_of_one(history, day, park, SENSORS)
        findings = judge(calm, day, SENSORS, past=past, park=park) + outside_training(calm, learned)
        counted.update({finding.code for finding in findings})
        judged += 1
    return counted, judged


def _invented(sample: Sample, start: float) -> Iterator[tuple[int, Calm]]:
    table, rng = sample.table, np.random.default_rng(0)
    late = np.flatnonzero((table.day >= start) & sound_of(sample.frame)[table.order])
    for row in rng.choice(late, min(CALM_DAYS, len(late)), replace=False):
        rest = rng.uniform(0.02, 0.2) * float(np.median(table.values["vibration_level"]))
        yield (
            int(row),
            {
                "wind_speed": float(rng.uniform(0.0, 3.0)),
                "power_output": -float(rng.uniform(4.0, 12.0)),
                "temperature": float(table.values["temperature"][row] - rng.uniform(0.0, 15.0)),
                "vibration_level": [rest, rest, rest, 0.0, None][int(rng.integers(5))],
                "maintenance_done": 0.0,
            },
        )


def measured_calm(sample: Sample) -> tuple[Counter[str], int]:
    """Count, by code, the findings on the sample's own sound rows below 3 m/s, and these rows."""
    calm = sound_of(sample.frame) & (sample.frame["wind_speed"] < 3).to_numpy()
    return sample.by_code(calm), int(calm.sum())


def lines(counts: Sequence[tuple[Counter[str], int]]) -> list[str]:
    """Return the table's lines, one per rule, one cell per pair of counts."""
    cells = [[share_of(found[code], rows) for found, rows in counts] for code in JUDGED]
    return [f"| `{code}` | {' | '.join(own)} |" for code, own in zip(JUDGED, cells, strict=True)]


def main() -> None:
    """Print the table; EnergiTech's files are expected beside the project."""
    client = sample_of(client_frame(DOCUMENT.parent.parent.parent / "shared" / "energitech"))
    simulated = sample_of(simulated_frame())
    print("\n".join(lines([calm_days(client), calm_days(simulated), measured_calm(simulated)])))


if __name__ == "__main__":
    main()
