"""The ranking in the natural order of turbines, a page at a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.bench import park_child
from api.bench.park_data import Place, build
from api.domain.exceptions import InvalidInput
from api.services.park_view import ParkQuery, TurbineFilter


def test_sorted_by_turbine__pages_follow_one_another_both_ways_and_under_a_filter(tmp_path: Path) -> None:
    core = Place(tmp_path).core()
    build(core, 120, 2)
    park_child.score(core, park_child.LAST)
    plain = core.view.park(ParkQuery(limit=200))
    whole = {item.turbine_id: item for item in plain.items}

    def pages(sort: str, text: str | None = None) -> tuple[set[int], list[str]]:
        where = TurbineFilter(text=text)
        found = [
            core.view.park(ParkQuery(sort=sort, limit=50, offset=start, where=where))
            for start in (0, 50, 100, 150)
        ]
        for page in found:
            assert all(item == whole[item.turbine_id] for item in page.items)
        return {page.total for page in found}, [item.turbine_id for page in found for item in page.items]

    rising = [str(number) for number in range(1, 121)]
    sevens = [name for name in rising if "7" in name]

    assert pages("turbine") == ({120}, rising)
    assert pages("-turbine") == ({120}, rising[::-1])
    assert pages("turbine", "7") == ({len(sevens)}, sevens)
    core.close()


def test_unknown_order__is_refused(tmp_path: Path) -> None:
    core = Place(tmp_path).core()
    with pytest.raises(InvalidInput, match="ordre inconnu"):
        core.view.park(ParkQuery(sort="couleur"))
    core.close()
