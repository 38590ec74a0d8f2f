"""The inbox: taken in once whole, moved beside its report, never twice, never lost."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from api.core import Core, build_core
from api.services.measurements.inbox import EMPTY_SETTLE_S, SETTLE_S, Inbox, waiting
from api.storage.shared import leases
from api.storage.shared.jobs import LEASE
from api.storage.tables import imports, measurements, runs
from tests.support.client import new_core
from tests.support.measurements.ingest_tools import FULL, LABELLED, ROW, SHORT, write_csv

pytestmark = pytest.mark.usefixtures("both_databases")


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds

    def wait(self, seconds: float) -> bool:
        self.seconds += seconds
        return False


@pytest.fixture
def core(tmp_path: Path) -> Iterator[Core]:
    made = new_core(tmp_path)
    (tmp_path / "inbox").mkdir()
    yield made
    made.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def worker(core: Core, clock: Clock) -> Callable[[str], Inbox]:
    """Workers of one installation, on one clock."""

    def make(name: str = "un") -> Inbox:
        settings = core.settings
        return Inbox(core.database, core.sensors, settings.home, settings.now, name, clock.wait, clock)

    return make


def _drop(core: Core, name: str = "mesures.csv", rows: list[tuple[str, ...]] | None = None) -> Path:
    return write_csv(core.settings.home / "inbox" / name, SHORT, [ROW] if rows is None else rows)


def _settle(inbox: Inbox, clock: Clock) -> int:
    inbox.look()
    clock.seconds += SETTLE_S
    return inbox.look()


def _count(core: Core, table: object = measurements) -> int:
    with core.database.read() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0  # type: ignore[arg-type]


def _names(core: Core, folder: str) -> set[str]:
    place = core.settings.home / "inbox" / folder
    return {path.name for path in place.iterdir()} if place.is_dir() else set()


def test_good_file__is_ingested_and_moved_with_its_report(
    core: Core, clock: Clock, worker: Callable[[str], Inbox]
) -> None:
    path = _drop(core, rows=[ROW, ("6", "2024-08-14", "trop", "3.57", "49.6", "557.2", "0")])
    content = path.read_bytes()
    assert _settle(worker("un"), clock) == 1
    assert _names(core, "traites") == {"mesures.csv", "mesures.csv.rapport.csv"}
    assert not path.exists()
    assert (core.settings.home / "inbox/traites/mesures.csv").read_bytes() == content
    report = (core.settings.home / "inbox/traites/mesures.csv.rapport.csv").read_text("utf-8-sig")
    assert report.splitlines()[0] == "Ligne;Colonne;Valeur reçue;Motif"
    assert report.splitlines()[1].startswith("3;wind_speed;trop;")
    assert _count(core) == 1


def test_refused_file__goes_to_rejets_with_the_reason(
    core: Core, clock: Clock, worker: Callable[[str], Inbox]
) -> None:
    write_csv(core.settings.home / "inbox" / "autre.csv", ("a", "b"), [("1", "2")])
    assert _settle(worker("un"), clock) == 1
    assert _names(core, "rejets") == {"autre.csv", "autre.csv.rapport.csv"}
    (kept,) = core.imports.newest(5).items
    assert (kept.filename, kept.status, kept.rejected) == ("autre.csv", "refuse", 0)
    assert "turbine_id" in (core.settings.home / "inbox/rejets/autre.csv.rapport.csv").read_text("utf-8-sig")
    assert _count(core) == 0


def test_file_of_which_no_row_could_be_taken__goes_to_rejets_with_the_reason_of_each_line(
    core: Core, clock: Clock, worker: Callable[[str], Inbox]
) -> None:
    _drop(core, rows=[(turbine, "2024-08-14", "trop", "3.57", "49.6", "557.2", "0") for turbine in "67"])
    assert _settle(worker("un"), clock) == 1
    assert _names(core, "rejets") == {"mesures.csv", "mesures.csv.rapport.csv"}
    report = (core.settings.home / "inbox/rejets/mesures.csv.rapport.csv").read_text("utf-8-sig")
    assert [line.split(";")[:3] for line in report.splitlines()[1:3]] == [
        ["2", "wind_speed", "trop"],
        ["3", "wind_speed", "trop"],
    ]


def test_file_already_known__is_a_success(core: Core, clock: Clock, worker: Callable[[str], Inbox]) -> None:
    inbox = worker("un")
    for name in ("a.csv", "b.csv"):
        _drop(core, name)
        assert _settle(inbox, clock) == 1
    assert _names(core, "rejets") == set()
    assert _count(core) == 1


def test_growing_file__is_left_until_it_stops(
    core: Core, clock: Clock, worker: Callable[[str], Inbox]
) -> None:
    inbox, path = worker("un"), _drop(core)
    inbox.look()
    for day in range(15, 20):
        clock.seconds += SETTLE_S
        with path.open("a") as file:
            file.write(",".join(("5", f"2024-08-{day}", *ROW[2:])) + "\n")
        assert inbox.look() == 0
    assert _count(core) == 0
    clock.seconds += SETTLE_S - 0.1
    assert inbox.look() == 0
    clock.seconds += 0.1
    assert inbox.look() == 1
    assert _count(core) == 6


def test_empty_file__is_given_time_to_be_written(
    core: Core, clock: Clock, worker: Callable[[str], Inbox]
) -> None:
    path = core.settings.home / "inbox" / "a.csv"
    path.touch()
    inbox = worker("un")
    assert _settle(inbox, clock) == 0
    clock.seconds += EMPTY_SETTLE_S - SETTLE_S - 0.1
    assert inbox.look() == 0
    clock.seconds += 0.1
    assert inbox.look() == 1
    assert "a.csv" in _names(core, "rejets")


@pytest.mark.parametrize(
    "name", [".cache.csv", "~$mesures.xlsx", "mesures.csv.part", "a.tmp", "a.PART", "a.csv.rapport.csv"]
)
def test_unfinished_and_hidden_files__are_never_touched(
    core: Core, clock: Clock, worker: Callable[[str], Inbox], name: str
) -> None:
    path = _drop(core, name)
    assert _settle(worker("un"), clock) == 0
    assert path.exists()


def test_folders_and_links__are_never_followed(
    core: Core, clock: Clock, worker: Callable[[str], Inbox], tmp_path: Path
) -> None:
    elsewhere = write_csv(tmp_path / "ailleurs.csv", SHORT, [ROW])
    folder = core.settings.home / "inbox"
    (folder / "lien.csv").symlink_to(elsewhere)
    (folder / "dossier.csv").mkdir()
    assert waiting(folder) == []
    assert _settle(worker("un"), clock) == 0
    assert elsewhere.exists()
    assert _count(core) == 0


def test_killed_between_ingestion_and_move__nothing_doubles(
    core: Core, clock: Clock, worker: Callable[[str], Inbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _drop(core, rows=[ROW, ("6", *ROW[1:])])

    class Killed(BaseException):
        pass

    def die(*_: object) -> bool:
        raise Killed

    dying = worker("un")
    monkeypatch.setattr(dying, "_move", die)
    with pytest.raises(Killed):
        _settle(dying, clock)
    assert path.exists()
    assert _count(core) == 2
    clock.seconds += 60
    with core.database.write() as connection:  # the lease of the dead one ran out
        connection.exec_driver_sql("UPDATE leases SET until = '2020-01-01 00:00:00'")
    assert _settle(worker("deux"), clock) == 1
    assert _count(core) == 2
    assert "mesures.csv" in _names(core, "traites")


def test_two_workers__one_takes_the_file_while_it_holds_the_lease(
    core: Core, clock: Clock, worker: Callable[[str], Inbox]
) -> None:
    _drop(core)
    with core.database.write() as connection:
        assert leases.take(connection, "inbox", "un", datetime.now(UTC), LEASE)
    assert _settle(worker("deux"), clock) == 0
    assert _count(core) == 0
    with core.database.write() as connection:
        leases.release(connection, "inbox", "un")
    assert worker("deux").look() == 0  # a new worker looks twice before it takes
    clock.seconds += SETTLE_S
    assert _settle(worker("deux"), clock) == 1
    with core.database.read() as connection:
        assert not connection.exec_driver_sql("SELECT * FROM leases").all()


def test_same_name_again__both_are_kept(core: Core, clock: Clock, worker: Callable[[str], Inbox]) -> None:
    for day in ("2024-08-14", "2024-08-15", "2024-08-16"):
        _drop(core, rows=[("5", day, *ROW[2:])])
        assert _settle(worker("un"), clock) == 1
    assert {n for n in _names(core, "traites") if not n.endswith("rapport.csv")} == {
        "mesures.csv",
        "mesures-2.csv",
        "mesures-3.csv",
    }
    assert len(_names(core, "traites")) == 6
    assert _count(core) == 3


def test_file_that_cannot_be_moved__is_not_ingested_again_and_again(
    core: Core, clock: Clock, worker: Callable[[str], Inbox]
) -> None:
    for name in ("traites", "rejets"):
        (core.settings.home / "inbox" / name).write_text("un fichier là où le dossier doit être")
    _drop(core)
    inbox = worker("un")
    assert _settle(inbox, clock) == 0
    for _ in range(3):
        clock.seconds += 60
        assert inbox.look() == 0
    with core.database.read() as connection:
        names = list(connection.scalars(select(imports.c.filename)))
    assert names.count("mesures.csv") == 1


def test_a_name_that_is_no_text__stops_nobody(
    core: Core, clock: Clock, worker: Callable[[str], Inbox]
) -> None:
    if os.name == "nt":
        pytest.skip("names are text on Windows")
    source = _drop(core)
    odd = os.fsencode(str(source.parent)) + b"/\xff\xfe.csv"
    try:
        shutil.copy(os.fsencode(source), odd)
    except OSError:
        pytest.skip("this file system refuses such names")
    source.unlink()
    assert _settle(worker("un"), clock) == 1
    assert not os.path.exists(odd)  # noqa: PTH110 - a path of bytes


def test_labels_and_visits__come_in_as_from_any_file(
    core: Core, clock: Clock, worker: Callable[[str], Inbox]
) -> None:
    write_csv(core.settings.home / "inbox" / "a.csv", FULL, [LABELLED])
    assert _settle(worker("un"), clock) == 1
    with core.database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM outcomes").scalar() == 1
        assert connection.exec_driver_sql("SELECT count(*) FROM planned_visits").scalar() == 1


def test_scheduled_run__waits_for_what_lies_in_the_inbox(core: Core) -> None:
    """The run is asked for on the day that the file brought, which nobody knew before."""
    service = build_core(core.settings.model_copy(update={"run_hour": 0})).job_service()
    _drop(core, rows=[ROW])
    service.step()  # the first look only remembers; the run finds the file whole
    with core.database.read() as connection:
        [run] = connection.execute(select(runs.c.kind, runs.c.as_of)).all()
    assert run.kind == "planifie"
    assert run.as_of.isoformat() == ROW[1]
    assert _count(core) == 1
