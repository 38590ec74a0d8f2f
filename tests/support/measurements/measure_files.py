"""Files of measurements as people send them, for the tests of the dashboard."""

from __future__ import annotations

from datetime import date, timedelta

HEADER = "turbine_id,date_measure,wind_speed,vibration_level,temperature,power_output,maintenance_done"


def lines(count: int, first: date) -> list[str]:
    """Return plausible rows, all different: fifty turbines a day."""
    return [
        f"{n % 50 + 1},{first + timedelta(days=n // 50)},{6 + n % 70 / 10},{1 + n % 31 / 10},"
        f"{40 + n % 13},{200 + n % 600},0"
        for n in range(count)
    ]


def file_of(rows: list[str], header: str = HEADER) -> bytes:
    """Return the rows as a CSV file."""
    return "\n".join([header, *rows, ""]).encode()


GOOD = file_of(lines(40, date(2025, 1, 6)))
WRONG_COLUMNS = b"machine;jour;vent\n1;2025-01-06;8,2\n"
BAD_ROWS = file_of(
    [
        *lines(3, date(2025, 2, 3)),
        "4,2025-02-03,**gras**,2.0,50,300,0",
        "5,2025-02-03,7,2.0,chaud,300,0",
        ",2025-02-03,7,2.0,50,300,0",
    ]
)
"""Lines 5, 6 and 7 have different errors."""
SWAPPABLE_DATES = file_of([f"{n},03/04/2024,7.{n},2.0,50,30{n},0" for n in range(1, 6)])
LARGE_ROWS = 20_000
LARGE = file_of(lines(LARGE_ROWS, date(2023, 1, 2)))
