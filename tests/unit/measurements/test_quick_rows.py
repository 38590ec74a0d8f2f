"""The short way reads what the full judgment accepts, to the same row, or leaves it alone."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.domain.measurements import day_format
from api.domain.measurements.measurements import canonical_values
from api.domain.measurements.notation import Notation
from api.domain.measurements.quick_rows import QuickReader
from api.domain.measurements.rows import Columns, judge_row
from api.domain.measurements.sensors import Sensor
from tests.support.measurements.corpus_tools import BASE, HEADER

TODAY = date(2025, 6, 1)
SENSORS = {
    "wind_speed": Sensor("wind_speed", "Vent", "m/s", "float", (0, 75)),
    "temperature": Sensor("temperature", "Température", "°C", "float", (-60, None)),
    "maintenance_done": Sensor("maintenance_done", "Intervention", "", "binary", (0, 1)),
}
COLUMNS = Columns.of(HEADER, SENSORS)
NATIVE, FRENCH = Notation(), Notation(",", day_format.named_format("JJ/MM/AAAA"))
ODD = [
    "",
    "-",
    "nan",
    "inf",
    "1e3",
    "-0",
    "-0.0",
    "00012",
    "1.",
    ".5",
    "75.01",
    "-61",
    "1 234",
    "1,5",
    "1.5",
    "٣",
]
DATES = ["2024-08-14", "14/08/2024", "2031-01-01", "2024-02-30", "2024-08-14T10:00:00", "1970-01-01", "hier"]
number = st.sampled_from(ODD) | st.floats(-100, 200).map(lambda v: f"{v:.2f}") | st.integers(-5, 99).map(str)
row = st.tuples(
    st.sampled_from(["5", "05", "5.0", "E-2", "", "nan", " 7 "]),
    st.sampled_from(DATES),
    number,
    st.just("x"),  # a column that no sensor of this catalogue reads
    number,
    st.just("x"),
    st.sampled_from(["0", "1", "2", "", "1.0", "0,0"]),
    st.sampled_from(["0", "1", "", "2", "oui"]),
    st.sampled_from(["", "2.0", "7", "33.2", "33,2", "-1", "1e9"]),
    st.sampled_from(["139", "", "T-12", "Jean Dupont"]),
    st.sampled_from(["2024-09-02", "02/09/2024", "", "2099-01-01", "bientôt"]),
)


@pytest.mark.parametrize("notation", [NATIVE, FRENCH], ids=["native", "french"])
@given(cells=row)
def test_read__what_is_read__is_what_the_judgment_accepts_without_a_word(
    notation: Notation, cells: tuple[str, ...]
) -> None:
    quick = QuickReader(COLUMNS, TODAY, notation).read(cells)
    judged, accepted, problems = judge_row(cells, COLUMNS, TODAY, notation)
    if quick is not None:
        assert accepted
        assert not problems
        assert quick[0] == judged
        assert judged is not None
        assert quick[1] == canonical_values(judged.values)


def test_read__plain_rows__take_the_short_way() -> None:
    reader = QuickReader(COLUMNS, TODAY, NATIVE)
    assert all(reader.read(cells) is not None for cells in BASE)
