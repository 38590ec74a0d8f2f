"""Turbines per finding: in the supervision and for Prometheus, now and on the day before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from api.commands.score import run_now
from api.core import Core
from api.observability.park_metrics import ParkCollector
from api.schemas.findings import FINDING_LABELS
from api.schemas.supervision import FindingTrends
from api.services.measurements.ingest import ingest_file
from tests.support.client import new_core

pytestmark = pytest.mark.usefixtures("both_databases")

HEADER = "turbine_id,date_measure,wind_speed,vibration_level,temperature,power_output,maintenance_done\n"
CALM = "12.0,2.5,44.0,715.0,0"
WINDLESS = "0.0,2.5,44.0,715.0,0"
SHAKELESS = "12.0,0.0,44.0,715.0,0"
DAY = date(2024, 6, 30)


@pytest.fixture
def core(tmp_path: Path) -> Iterator[Core]:
    """The reference models in service on an empty park."""
    made = new_core(tmp_path)
    for summary in made.model_service.all():
        made.model_service.activate(summary.name, summary.version, by="essai", reason="essai")
    yield made
    made.close()


def _day(core: Core, tmp_path: Path, day: date, rows: list[str]) -> None:
    """One measurement of each turbine on that day, then a run."""
    file = tmp_path / f"{day}.csv"
    lines = [f"{n},{day},{row}" for n, row in enumerate(rows, start=1)]
    file.write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    ingest_file(
        core.database,
        file,
        core.sensors(),
        source="mesure",
        imported_by="essai",
        now=datetime.now(UTC),
    )
    run_now(core, day, kind="manuel", by="essai")


def _found(core: Core) -> FindingTrends:
    found = core.supervision.state().findings
    assert found is not None
    return found


def _counts(found: FindingTrends) -> dict[str, tuple[int, int | None]]:
    return {trend.code: (trend.turbines, trend.before) for trend in found.items}


def _gauges(core: Core) -> dict[str, float]:
    registry = CollectorRegistry()
    registry.register(ParkCollector(core.database, core.settings.now))
    families = text_string_to_metric_families(generate_latest(registry).decode())
    (family,) = [f for f in families if f.name == "cockpit_turbines_with_finding"]
    return {sample.labels["code"]: sample.value for sample in family.samples}


def test_before_any_run__nothing_is_counted(core: Core) -> None:
    assert core.supervision.state().findings is None


def test_a_rise_is_seen__beside_the_day_before(core: Core, tmp_path: Path) -> None:
    _day(core, tmp_path, DAY, [WINDLESS, CALM, CALM])
    first = _found(core)
    assert (first.as_of, first.previous_run_id, first.previous_as_of) == (DAY, None, None)
    assert _counts(first)["puissance_sans_vent"] == (1, None)

    _day(core, tmp_path, DAY + timedelta(days=1), [WINDLESS, WINDLESS, SHAKELESS])
    second = _found(core)
    assert (second.as_of, second.previous_run_id, second.previous_as_of) == (
        DAY + timedelta(days=1),
        first.run_id,
        DAY,
    )
    counts = _counts(second)
    assert counts["puissance_sans_vent"] == (2, 1)
    assert counts["vibration_nulle"] == (1, 0)
    numbers = [trend.turbines for trend in second.items]
    assert numbers == sorted(numbers, reverse=True)
    assert all(trend.label == FINDING_LABELS[trend.code] for trend in second.items)


def test_a_run_made_again__is_still_compared_with_the_day_before(core: Core, tmp_path: Path) -> None:
    _day(core, tmp_path, DAY, [CALM, CALM])
    _day(core, tmp_path, DAY + timedelta(days=1), [WINDLESS, CALM])
    run_now(core, DAY + timedelta(days=1), kind="manuel", by="essai")
    found = _found(core)
    assert found.previous_as_of == DAY
    assert _counts(found)["puissance_sans_vent"] == (1, 0)


def test_a_finding_that_went__is_still_told(core: Core, tmp_path: Path) -> None:
    _day(core, tmp_path, DAY, [WINDLESS, CALM])
    _day(core, tmp_path, DAY + timedelta(days=1), [CALM, CALM])
    assert _counts(_found(core))["puissance_sans_vent"] == (0, 1)


def test_prometheus__counts_as_the_supervision_does_and_gives_every_code(core: Core, tmp_path: Path) -> None:
    registry = CollectorRegistry()
    registry.register(ParkCollector(core.database, core.settings.now))
    assert "with_finding" not in generate_latest(registry).decode(), "no run, nothing to count"
    _day(core, tmp_path, DAY, [WINDLESS, SHAKELESS, WINDLESS])
    gauges = _gauges(core)
    assert set(gauges) >= set(FINDING_LABELS)
    told = {code: turbines for code, (turbines, _) in _counts(_found(core)).items()}
    assert {code: value for code, value in gauges.items() if value} == told
    assert gauges["puissance_sans_vent"] == 2


def test_prometheus__the_same_collector_follows_the_next_run(core: Core, tmp_path: Path) -> None:
    registry = CollectorRegistry()
    registry.register(ParkCollector(core.database, core.settings.now))
    line = 'cockpit_turbines_with_finding{code="puissance_sans_vent"}'
    for broken, day in ((1, DAY), (3, DAY + timedelta(days=1))):
        _day(core, tmp_path, day, [WINDLESS] * broken + [CALM] * (3 - broken))
        for _ in range(2):
            assert f"{line} {broken}.0" in generate_latest(registry).decode()
