"""Figures beside their targets, and the growth read from them."""

from __future__ import annotations

import pytest

from bench import ui
from bench.park import park
from bench.report import Line, markdown, text
from tests.support.words import plain

pytestmark = pytest.mark.slow  # loads the whole service


@pytest.mark.parametrize(
    ("value", "most", "held", "word"),
    [
        (1.0, 1.0, True, "tenu"),
        (1.01, 1.0, False, "non tenu"),
        (None, 1.0, None, ""),
        (3.0, None, None, ""),
    ],
)
def test_line__held_up_to_its_target(
    value: float | None, most: float | None, held: bool | None, word: str
) -> None:
    line = Line("calcul", value, "s", most)

    assert line.held is held
    assert line.cells()[3] == word


def test_tables__french_numbers_one_row_per_line() -> None:
    lines = [Line("calcul", 1234.5, "ms", 2000.0, 1), Line("mémoire", None, "Mo")]

    assert "1 234,5 ms" in plain(text(lines))
    rows = markdown(lines).splitlines()
    assert len(rows) == 4
    assert {row.count("|") for row in rows} == {5}
    assert "non mesuré" in rows[3]


def test_growth__slope_of_a_year() -> None:
    def asked(days: int, p95: float) -> dict[str, object]:
        return {"days": days, "queries": {"http": {"page": {"p50_ms": 1.0, "p95_ms": p95}}}}

    grown = park.growth([asked(0, 10.0), asked(73, 12.0), asked(365, 20.0)])

    assert grown["http"]["page"] == pytest.approx(10.0)
    assert park.growth([asked(0, 10.0)]) == {}


def test_park_lines__the_run_is_held_against_three_bare_calls_and_two_seconds() -> None:
    run = {"run_s": [2.5, 2.7, 9.0], "bare_s": [0.1, 0.2, 0.3], "peak_mb": 1_200.0, "changes": 3}
    figures = {
        "parks": [{"turbines": 10, "run": run, "history": []}],
        "replay": {"seconds": 31.0, "days": 365},
    }

    by = {plain(line.what): line for line in park.lines(figures)}

    whole = by["10 turbines, calcul entier"]
    assert (whole.value, whole.held) == (2.7, False)
    assert whole.most == pytest.approx(2.6)
    assert by["10 turbines, mémoire du calcul"].held is False
    assert by["reprise de 365 jours, 50 turbines"].held is False


def test_ui_lines__each_page_beside_the_target_of_its_park() -> None:
    def seen(seconds: float) -> dict[str, list[float]]:
        return {"seconds": [seconds], "kilobytes": [12.0], "requests": [3]}

    pages = {"cockpit": seen(1.2), "filtre": seen(0.4), "turbine": seen(1.6)}
    parks = [{"turbines": size, "pages": pages, "memory_mb": 300.0} for size in (50, 3_000)]

    held = {line.what: line.held for line in ui.lines({"sessions": 5, "parks": parks})}

    assert [held["50 turbines, cockpit"], held["3000 turbines, cockpit"]] == [False, True]
    assert [held["50 turbines, filtre"], held["50 turbines, turbine"]] == [True, False]
    assert held["3000 turbines, tableau de bord avec 5 sessions"] is True
