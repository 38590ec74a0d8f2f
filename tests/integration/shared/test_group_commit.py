"""The thread that writes the call log: what it promises to those who wait, and to those who do not."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import event

from api.domain.shared.exceptions import DatabaseUnavailable, Unavailable
from api.observability.group_commit import ATTEMPTS, LINGER_S, GroupCommitter
from api.observability.metrics import Metrics
from api.storage import migrate
from api.storage.shared import call_log
from api.storage.shared.call_log import CallRow
from api.storage.shared.database import Database
from tests.support.loops import in_a_loop


def row(request_id: str) -> CallRow:
    return CallRow(
        request_id=request_id,
        at=datetime.now(UTC),
        method="POST",
        endpoint="/api/v1/predictions",
        principal="cle:1",
        status=200,
        duration_ms=1.0,
        inputs=request_id.encode() * 20,
    )


def stored(database: Database) -> set[str]:
    with database.read() as connection:
        return set(connection.exec_driver_sql("SELECT request_id FROM call_log").scalars())


@contextmanager
def no_table(database: Database) -> Iterator[None]:
    """The log cannot be written meanwhile."""
    with database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE call_log RENAME TO gone")
    yield
    with database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE gone RENAME TO call_log")


class Committer(GroupCommitter):
    """One whose metrics can be read."""

    def __init__(self, database: Database, **options: int) -> None:
        self.metrics = Metrics()
        super().__init__(database, self.metrics, **options)

    def counted(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(f"cockpit_call_log_{name}", labels) or 0

    @property
    def commits(self) -> float:
        return self.counted("commits_total")

    @property
    def lost(self) -> float:
        return self.counted("rows_total", outcome="perdue")


@pytest.fixture
def committer(database: Database) -> Iterator[Committer]:
    started = Committer(database)
    started.start()
    yield started
    started.stop()


def test_two_thousand_at_once__all_in_the_table_in_far_fewer_transactions(any_database: Database) -> None:
    committer = Committer(any_database)
    committer.start()
    names = {f"{n:05}" for n in range(2_000)}

    async def all_at_once() -> None:
        await asyncio.gather(*(committer.commit(row(name)) for name in sorted(names)))

    in_a_loop(all_at_once)

    assert stored(any_database) == names, "all are there before anything is stopped"
    assert committer.commits <= 100
    assert committer.counted("rows_total", outcome="ecrite") == 2_000
    committer.stop()


def test_commit__returns_only_once_another_connection_sees_the_row(
    database: Database, committer: Committer
) -> None:
    async def one_after_another() -> None:
        for number in range(50):
            await committer.commit(row(f"{number}"))
            assert f"{number}" in stored(database)

    in_a_loop(one_after_another)


def test_several_event_loops__each_is_woken(database: Database, committer: Committer) -> None:
    async def some(name: str) -> None:
        for number in range(20):
            await asyncio.gather(*(committer.commit(row(f"{name}-{number}-{n}")) for n in range(10)))

    threads = [threading.Thread(target=asyncio.run, args=(some(f"loop{n}"),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert not any(thread.is_alive() for thread in threads)
    assert len(stored(database)) == 4 * 20 * 10


def test_rows_behind__are_gathered_and_flushed_at_the_end(database: Database, committer: Committer) -> None:
    for number in range(3_000):
        committer.enqueue(row(f"{number}"))
    committer.stop()
    assert len(stored(database)) == 3_000
    assert committer.commits <= 10
    assert committer.lost == 0


def test_row_behind__is_written_soon_without_a_stop(database: Database, committer: Committer) -> None:
    for name in ("first", "second"):
        committer.enqueue(row(name))
        deadline = time.monotonic() + LINGER_S + 10
        while name not in stored(database):
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_row_behind__rides_with_a_row_that_waits(database: Database, committer: Committer) -> None:
    async def both() -> float:
        committer.enqueue(row("behind"))
        await committer.commit(row("waiting"))
        return committer.commits

    assert in_a_loop(both) == 1
    assert stored(database) == {"behind", "waiting"}


def test_database_error__told_to_all_who_wait_and_over_when_it_is(
    database: Database, committer: Committer
) -> None:
    async def ask(count: int, prefix: str) -> list[BaseException | None]:
        return await asyncio.gather(
            *(committer.commit(row(f"{prefix}{n}")) for n in range(count)), return_exceptions=True
        )

    with no_table(database):
        refused = in_a_loop(ask, 100, "refused")
    accepted = in_a_loop(ask, 100, "accepted")

    assert {type(error) for error in refused} == {DatabaseUnavailable}
    assert all("migration" in str(error) for error in refused)
    assert accepted == [None] * 100
    assert stored(database) == {f"accepted{n}" for n in range(100)}


def test_locked_database__tells_after_its_patience(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("locked") / "cockpit.db"
    database = Database.at(f"sqlite:///{path}")
    migrate.upgrade(database)
    impatient = Database.at(f"sqlite:///{path}")
    event.listen(impatient.engine, "connect", lambda c, _: c.execute("PRAGMA busy_timeout=100"))
    committer = Committer(impatient)
    committer.start()

    with database.write(), pytest.raises(DatabaseUnavailable, match="occupée"):
        in_a_loop(committer.commit, row("locked-out"))

    in_a_loop(committer.commit, row("after"))
    assert stored(database) == {"after"}
    committer.stop()


def test_rows_behind__wait_out_a_short_failure(database: Database, committer: Committer) -> None:
    with no_table(database):
        committer.enqueue(row("patient"))
        with pytest.raises(DatabaseUnavailable):
            in_a_loop(committer.commit, row("impatient"))

    deadline = time.monotonic() + 20
    while "patient" not in stored(database):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert committer.lost == 0


def test_rows_behind__are_given_up_counted_and_told_after_some_attempts(
    database: Database,
    committer: Committer,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("api.observability.group_commit.PAUSE_S", 0.05)
    with no_table(database):
        for number in range(7):
            committer.enqueue(row(f"{number}"))
        deadline = time.monotonic() + 20
        while committer.lost < 7:
            assert time.monotonic() < deadline
            time.sleep(0.02)

    assert sum(record.__dict__.get("rows", 0) for record in caplog.records) == 7
    in_a_loop(committer.commit, row("afterwards"))
    assert stored(database) == {"afterwards"}


def test_stop__while_the_database_fails_ends_and_counts_the_loss(
    database: Database, committer: Committer
) -> None:
    with no_table(database):
        committer.enqueue(row("lost"))
        began = time.monotonic()
        committer.stop()

    assert time.monotonic() - began < ATTEMPTS + 5
    assert committer.lost == 1


def test_row_the_database_never_takes__costs_its_neighbours_nothing(
    any_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    committer = Committer(any_database)
    committer.start()
    in_a_loop(committer.commit, row("twice"))

    async def among_others() -> list[BaseException | None]:
        names = ["before", "twice", "after"]
        return await asyncio.gather(*(committer.commit(row(n)) for n in names), return_exceptions=True)

    before, twice, after = in_a_loop(among_others)

    assert (before, after) == (None, None)
    assert isinstance(twice, DatabaseUnavailable)
    assert stored(any_database) == {"twice", "before", "after"}
    assert [r.__dict__["request_id"] for r in caplog.records if r.exc_info] == ["twice"]
    committer.stop()


def test_cancelled_request__does_not_harm_the_others(database: Database, committer: Committer) -> None:
    async def one_gives_up() -> list[object]:
        tasks = [asyncio.ensure_future(committer.commit(row(f"{n}"))) for n in range(20)]
        await asyncio.sleep(0)
        tasks[7].cancel()
        return list(await asyncio.gather(*tasks, return_exceptions=True))

    results = in_a_loop(one_gives_up)

    assert isinstance(results[7], asyncio.CancelledError)
    assert [result for n, result in enumerate(results) if n != 7] == [None] * 19


def test_too_many_waiting__refused_at_once_and_nothing_grows(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    committer = Committer(database, capacity=10)
    committer.start()

    full = threading.Event()

    async def flood() -> list[BaseException | None]:
        tasks = [asyncio.ensure_future(committer.commit(row(f"{n}"))) for n in range(50)]
        await asyncio.sleep(0)  # each has been taken or refused
        full.set()
        return list(await asyncio.gather(*tasks, return_exceptions=True))

    results: list[BaseException | None] = []
    flooding = threading.Thread(
        target=lambda: results.extend(
            in_a_loop(
                flood,
            )
        )
    )
    with database.write():  # nothing can be written meanwhile
        flooding.start()
        assert full.wait(timeout=10)
        for number in range(5):
            committer.enqueue(row(f"behind{number}"))
    flooding.join(timeout=30)

    refused = [error for error in results if error is not None]
    assert len(results) == 50
    assert len(refused) == 40
    assert all(type(error) is Unavailable and "saturé" in str(error) for error in refused)
    assert committer.lost == 5
    assert len(stored(database)) == 10
    in_a_loop(committer.commit, row("room-again"))
    committer.stop()


def test_stopped__refuses_instead_of_waiting_for_ever(committer: Committer) -> None:
    committer.stop()

    with pytest.raises(Unavailable):
        in_a_loop(committer.commit, row("late"))
    committer.enqueue(row("late"))
    assert committer.lost == 1


def test_busy__from_the_first_row_that_waits_to_the_end_of_its_group(committer: Committer) -> None:
    async def watch() -> list[str]:
        seen = ["busy" if committer.busy else "free"]
        asked = asyncio.ensure_future(committer.commit(row("a")))
        await asyncio.sleep(0)
        seen.append("busy" if committer.busy else "free")
        ended: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        committer.when_free(lambda: ended.set_result(committer.busy))
        seen.append("busy" if await ended else "free")
        await asked
        return seen

    assert in_a_loop(watch) == ["free", "busy", "free"]


def test_busy__over_also_where_the_row_was_refused(database: Database, committer: Committer) -> None:
    async def watch() -> bool:
        asked = asyncio.ensure_future(committer.commit(row("a")))
        await asyncio.sleep(0)
        ended: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        committer.when_free(lambda: ended.set_result(committer.busy))
        with pytest.raises(DatabaseUnavailable):
            await asked
        return await ended

    with no_table(database):
        assert not in_a_loop(watch)


@pytest.mark.parametrize("count", [1, 2, 63, 64, 65, 200])
def test_group_of_any_size__each_row_once(any_database: Database, count: int) -> None:
    names = [f"r{number:03}" for number in range(count)]
    rows = [row(name) for name in names]
    for each in rows:
        each.pack()
    with any_database.write() as connection:
        call_log.add_many(connection, rows)
    assert stored(any_database) == set(names)
    with any_database.read() as connection:
        kept = call_log.get(connection, names[-1])
    assert kept is not None
    assert call_log.unpack(kept.inputs) == names[-1].encode() * 20
    assert kept.at == rows[-1].at
