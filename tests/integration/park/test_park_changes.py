"""Changes and queues of real runs: published with their run, told once, in the right queue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from api.commands.score import run_now
from api.core import Core
from api.domain.policy.risk_policy import RiskPolicy
from api.schemas.park import ParkItem
from api.schemas.vocabulary import ChangeKind, DataStatus, Queue, RiskLevel
from api.services.models.measurement_model import Reading
from api.services.park.scoring import score
from api.services.park.view import ParkQuery, ScoreFilter
from api.storage import policy as policies
from api.storage.tables import park_changes, run_summaries, turbines
from tests.support.client import new_core
from tests.support.measurements.ingest_tools import SHORT, VISITS, ingest, write_csv
from tests.support.refusing import refusing
from tests.support.words import plain

pytestmark = pytest.mark.usefixtures("both_databases_if_long")

DAY = date(2024, 6, 1)
CALM = {
    "wind_speed": 12.0,
    "vibration_level": 2.5,
    "temperature": 44.0,
    "power_output": 715.0,
    "maintenance_done": 0,
}
WORN = {
    "wind_speed": 14.0,
    "vibration_level": 6.5,
    "temperature": 75.0,
    "power_output": 840.0,
    "maintenance_done": 1,
}


@pytest.fixture
def core(tmp_path: Path) -> Iterator[Core]:
    """The reference models in service on an empty park."""
    made = new_core(tmp_path)
    for summary in made.model_service.all():
        made.model_service.activate(summary.name, summary.version, by="essai", reason="essai")
    yield made
    made.close()


def day(number: int) -> date:
    return DAY + timedelta(days=number)


def bring(core: Core, tmp_path: Path, rows: Sequence[tuple[str, date, Mapping[str, object]]]) -> None:
    """Ingest measurements; a missing value is an empty cell."""
    cells = [(name, on, *(values.get(sensor, "") for sensor in SHORT[2:])) for name, on, values in rows]
    path = write_csv(tmp_path / "mesures.csv", SHORT, cells)
    ingest(core.database, path, sensors=core.sensors())


def run(core: Core, on: date) -> int:
    ended = run_now(core, on, kind="reprise", by="essai")
    assert ended.error is None
    return ended.run_id


def items(core: Core, on: date) -> dict[str, ParkItem]:
    return {i.turbine_id: i for i in core.view.park(ParkQuery(limit=10_000, as_of=on)).items}


def wavering(core: Core) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two measurements on either side of the decision threshold, both inside the margin."""
    models, policy = core.models.current(), RiskPolicy()
    steps = [CALM | {"vibration_level": 3.0 + n / 100} for n in range(300)]
    scores = score([Reading("1", None, values) for values in steps], models, policy)
    levels = [s.risk.level for s in scores]
    high = next(n for n, level in enumerate(levels) if level is RiskLevel.ELEVE)
    low = max(n for n in range(high) if levels[n] is RiskLevel.MODERE)
    assert (scores[low].probability or 0) > policy.threshold / 2
    return steps[low], steps[high]


def test_oscillation__over_twenty_days__is_one_event(core: Core, tmp_path: Path) -> None:
    low, high = wavering(core)
    bring(core, tmp_path, [("1", day(n), high if n % 2 else low) for n in range(20)])
    for n in range(20):
        run(core, day(n))

    shown = [items(core, day(n))["1"] for n in range(20)]
    assert [i.risk_level for i in shown] == [RiskLevel.MODERE, RiskLevel.ELEVE] * 10
    assert [i.change and i.change.kind for i in shown] == [None] + [
        ChangeKind.HAUSSE,
        ChangeKind.BAISSE,
    ] * 9 + [ChangeKind.HAUSSE]
    told = core.view.events(None, None, 100, 0)
    assert [(e.as_of, e.kind, e.previous_level, e.risk_level) for e in told.items] == [
        (day(1), ChangeKind.HAUSSE, RiskLevel.MODERE, RiskLevel.ELEVE)
    ]
    assert told.items[0].sentence.startswith("Niveau de vibration : passage de ")
    assert told.total == 1


def test_sentence__names_the_sensor_with_both_values(core: Core, tmp_path: Path) -> None:
    bring(core, tmp_path, [("1", day(0), CALM), ("1", day(1), CALM | {"vibration_level": 6.9})])
    run(core, day(0))
    run(core, day(1))
    change = items(core, day(1))["1"].change
    assert change is not None
    assert change.kind is ChangeKind.ENTREE_CRITIQUE
    assert change.previous_level is RiskLevel.FAIBLE
    expected = "Niveau de vibration : passage de 2,5 à 6,9 u.a. (+4,4 u.a.)."
    assert plain(change.sentence) == expected


def test_silence_and_return__are_told_with_their_days(core: Core, tmp_path: Path) -> None:
    rows = [("mute", day(0), CALM), ("mute", day(9), CALM)]
    bring(core, tmp_path, rows + [("other", day(n), CALM) for n in range(10)])
    for n in range(10):
        run(core, day(n))
    told = [(e.turbine_id, e.as_of, e.kind, e.sentence) for e in core.view.events(None, None, 100, 0).items]
    assert [(turbine, on, kind) for turbine, on, kind, _ in told] == [
        ("mute", day(9), ChangeKind.RETOUR),
        ("mute", day(8), ChangeKind.PERIME),
    ]
    assert told[0][3] == "De nouveau mesurée le 10/06/2024."
    assert plain(told[1][3]) == "Mesure devenue trop ancienne : 8 jours (limite : 7 jours)."


def test_new_policy__is_the_reason_given(core: Core, tmp_path: Path) -> None:
    low, _ = wavering(core)
    bring(core, tmp_path, [("1", day(0), low), ("1", day(1), low)])
    run(core, day(0))
    strict = RiskPolicy(cost_failure_eur=250_000.0)
    with core.database.write() as connection:
        policies.add(connection, strict, by="essai", reason="essai", now=datetime.now(UTC))
    run(core, day(1))
    change = items(core, day(1))["1"].change
    assert change is not None
    assert change.sentence == "Politique de risque modifiée entre les deux calculs : v1 → v2."


def test_same_day_again__compares_with_the_day_before(core: Core, tmp_path: Path) -> None:
    bring(core, tmp_path, [("1", day(0), CALM), ("1", day(1), WORN)])
    first = run(core, day(0))
    for _ in range(2):
        run(core, day(1))
        park = core.view.park(ParkQuery())
        assert park.changes is not None
        assert (park.changes.previous_run_id, park.changes.previous_as_of) == (first, day(0))
        assert park.changes.events == {ChangeKind.ENTREE_CRITIQUE: 1}
        assert park.changes.levels.model_dump() == {"critique": 1, "eleve": 0, "modere": 0, "faible": -1}
    assert core.view.events(None, None, 100, 0).total == 1


def test_first_run__has_nothing_to_compare_with(core: Core, tmp_path: Path) -> None:
    bring(core, tmp_path, [("1", day(0), WORN), ("2", day(1), WORN)])
    run(core, day(0))
    park = core.view.park(ParkQuery())
    assert park.changes is None
    assert all(i.change is None for i in park.items)
    run(core, day(1))
    told = {e.turbine_id: e for e in core.view.events(None, None, 100, 0).items}
    assert told["2"].kind is ChangeKind.ENTREE_CRITIQUE  # measured for the first time: no longer unassessed
    assert "1" not in told


def test_archived_runs__are_never_compared_with(core: Core, tmp_path: Path) -> None:
    bring(core, tmp_path, [("1", day(0), CALM), ("77", day(1), WORN)])
    with core.database.write() as connection:
        connection.execute(update(turbines).values(source="simulation"))
    run(core, day(0))
    bring(core, tmp_path, [("88", day(1), WORN)])
    run(core, day(1))
    park = core.view.park(ParkQuery())
    assert [i.turbine_id for i in park.items] == ["88"]
    assert park.changes is None
    assert core.view.events(None, None, 100, 0).total == 0


def test_published_run__has_its_changes__or_is_not_published(core: Core, tmp_path: Path) -> None:
    """The database refuses the last write of a publication: neither run nor changes are to be seen."""
    bring(core, tmp_path, [("1", day(0), CALM), ("1", day(1), WORN)])
    good = run(core, day(0))

    with refusing(core.database, "UPDATE", "publication"):
        assert run_now(core, day(1), kind="manuel", by="essai").status == "echoue"

    with core.database.read() as connection:
        for table in (park_changes, run_summaries):
            later = select(func.count()).select_from(table).where(table.c.run > good)
            assert connection.scalar(later) == 0
    shown = core.view.park(ParkQuery()).run
    assert shown is not None
    assert shown.run_id == good
    run(core, day(1))
    assert core.view.events(None, None, 100, 0).total == 1


def test_stuck_and_silent_sensors__fill_the_right_queues(core: Core, tmp_path: Path) -> None:
    last = 20

    def moving(n: int, turbine: int) -> dict[str, Any]:
        shift = ((n * 7 + turbine * 3) % 11) / 10
        wind = 9.0 + 2 * shift
        return CALM | {
            "wind_speed": wind,
            "vibration_level": 2.2 + shift / 3,
            "temperature": 42.0 + 3 * shift,
            "power_output": 59.7 * wind,
        }

    rows: list[tuple[str, date, Mapping[str, object]]] = []
    for turbine, name in enumerate(("sain", "fige", "muet", "arrete", "troue", "chaud")):
        for n in range(last + 1):
            values = moving(n, turbine)
            if name in {"muet", "arrete"} and n > last - 9:
                continue
            if name == "fige":
                values["vibration_level"] = 2.31
            if n == last and name == "troue":
                values["vibration_level"] = ""
            if n == last and name == "chaud":
                values["temperature"] = 120.0
            rows.append((name, day(n), values))
    bring(core, tmp_path, rows)
    core.turbine_admin.change("arrete", {"service_state": "arret_programme"}, by="essai")
    run(core, day(last))

    found = items(core, day(last))
    statuses = {name: item.data_status for name, item in found.items()}
    assert statuses == {
        "sain": DataStatus.OK,
        "fige": DataStatus.DOUTEUX,
        "muet": DataStatus.PERIME,
        "arrete": DataStatus.PERIME,
        "troue": DataStatus.NON_EVALUE,
        "chaud": DataStatus.DOUTEUX,
    }
    waiting = {name for name, item in found.items() if Queue.A_VERIFIER in item.queues}
    assert waiting == {"fige", "muet", "troue", "chaud"}
    asked = core.view.park(ParkQuery(ScoreFilter(queues=(Queue.A_VERIFIER,))))
    assert {i.turbine_id for i in asked.items} == waiting
    assert asked.total == core.view.park(ParkQuery()).queues.a_verifier == 4


def test_visits__since_the_measurement(core: Core, tmp_path: Path) -> None:
    def row(name: str, on: date, values: Mapping[str, object], visit: date) -> tuple[object, ...]:
        return (name, on, *(values[sensor] for sensor in SHORT[2:]), "139", visit)

    rows = [
        row("tard", day(5), WORN, day(34)),
        row("tot", day(5), WORN, day(6)),
        row("calme", day(5), CALM, day(12)),
        row("visitee", day(2), CALM, day(4)),
    ]
    ingest(
        core.database,
        write_csv(tmp_path / "v.csv", (*SHORT, *VISITS), rows),
        sensors=core.sensors(),
    )
    run(core, day(5))
    found = items(core, day(5))
    assert found["calme"].queues == []
    assert [n for n, i in found.items() if Queue.INTERVENTION_DEPUIS in i.queues] == ["visitee"]
    # The day before the visit it is still to come.
    run(core, day(3))
    assert Queue.INTERVENTION_DEPUIS not in items(core, day(3))["visitee"].queues


def test_driver_filter__keeps_the_main_driver(core: Core, tmp_path: Path) -> None:
    bring(
        core,
        tmp_path,
        [("1", day(0), WORN), ("2", day(0), CALM), ("3", day(0), CALM | {"temperature": 80.0})],
    )
    run(core, day(0))
    everything = core.view.park(ParkQuery()).items
    drivers = {i.main_driver.feature for i in everything if i.main_driver}
    assert len(drivers) > 1
    for driver in drivers:
        kept = core.view.park(ParkQuery(ScoreFilter(driver=driver)))
        expected = [i.turbine_id for i in everything if i.main_driver and i.main_driver.feature == driver]
        assert [i.turbine_id for i in kept.items] == expected
        assert kept.total == len(expected)
