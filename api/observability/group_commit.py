"""One thread per API process that writes the call log: everything waiting goes into one transaction.

A prediction waits for the commit of its row, together with its neighbours'; other rows are written behind. So
one writer keeps up with thousands of requests a second, and each costs a fraction of a commit.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from api.domain.exceptions import DatabaseUnavailable, Unavailable
from api.observability.metrics import Metrics
from api.storage import call_log
from api.storage.call_log import CallRow
from api.storage.database import Database

CAPACITY = 10_000  # rows that may wait
LARGEST_GROUP = 1_000
ATTEMPTS = 3
PAUSE_S = 1.0  # between attempts to write rows that nobody waits for
log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Entry:
    row: CallRow
    future: asyncio.Future[None] | None  # None: written behind
    attempts: int = 0


class GroupCommitter:
    """Writes call log rows in groups, from :meth:`start` to :meth:`stop`."""

    def __init__(self, database: Database, metrics: Metrics, *, capacity: int = CAPACITY) -> None:
        self._database = database
        self._metrics = metrics
        self._capacity = capacity
        self._queue: queue.SimpleQueue[_Entry | None] = queue.SimpleQueue()
        self._again: list[_Entry] = []
        self._again_at = 0.0
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread."""
        self._thread = threading.Thread(target=self._run, name="call-log", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, then end the thread; rows that still cannot be written are counted as lost."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._queue.put(None)
        thread.join()
        late, _ = self._drain([])
        _wake(late, Unavailable("Le service s’arrête."))

    async def commit(self, row: CallRow) -> None:
        """Return once the row is committed.

        Raises:
            DatabaseUnavailable: it could not be written.
            Unavailable: too many rows wait already, or the service is stopping.
        """
        if not self._has_room():
            raise Unavailable("Le service est saturé : réessayez dans quelques secondes.")
        future = asyncio.get_running_loop().create_future()
        self._queue.put(_Entry(row, future))
        await future

    def enqueue(self, row: CallRow) -> None:
        """Have the row written soon; it is dropped and counted where too many wait already."""
        if self._has_room():
            self._queue.put(_Entry(row, None))
        else:
            self._lose(1, "too many rows wait")

    def _has_room(self) -> bool:
        return self._thread is not None and self._queue.qsize() + len(self._again) < self._capacity

    def _run(self) -> None:
        stopping = False
        while not stopping:
            group, stopping = self._next_group()
            if self._again and (stopping or time.monotonic() >= self._again_at):
                group, self._again = group + self._again, []
            if group:
                self._write(group)
        for entry in self._again:
            entry.attempts = ATTEMPTS
        self._refused(self._again, Unavailable("Le service s’arrête."))

    def _next_group(self) -> tuple[list[_Entry], bool]:
        """Everything that waits, after waiting for the first; and whether the end was asked for."""
        patience = max(0.0, self._again_at - time.monotonic()) if self._again else None
        try:
            first = self._queue.get(timeout=patience)
        except queue.Empty:
            return [], False
        return ([], True) if first is None else self._drain([first])

    def _drain(self, group: list[_Entry]) -> tuple[list[_Entry], bool]:
        with contextlib.suppress(queue.Empty):
            while len(group) < LARGEST_GROUP:
                entry = self._queue.get_nowait()
                if entry is None:
                    return group, True
                group.append(entry)
        return group, False

    def _write(self, group: Sequence[_Entry]) -> None:
        try:
            for entry in group:
                entry.row.pack()
            with self._database.write() as connection:
                call_log.add_many(connection, [entry.row for entry in group])
        except DatabaseUnavailable as error:
            self._refused(group, error)
        except Exception as error:
            # A row that the database will never take may cost neither its neighbours' rows nor the thread.
            if len(group) == 1:
                log.exception("call log row refused", extra={"request_id": group[0].row.request_id})
                group[0].attempts = ATTEMPTS
                self._refused(group, error)
                return
            for entry in group:
                self._write([entry])
        else:
            self._metrics.logged(len(group))
            _wake(group, None)

    def _refused(self, group: Sequence[_Entry], error: Exception) -> None:
        _wake(group, error)
        behind = [entry for entry in group if entry.future is None]
        for entry in behind:
            entry.attempts += 1
        again = [entry for entry in behind if entry.attempts < ATTEMPTS]
        if again:
            self._again += again
            self._again_at = time.monotonic() + PAUSE_S
        if lost := len(behind) - len(again):
            self._lose(lost, str(error))

    def _lose(self, rows: int, reason: str) -> None:
        self._metrics.lost(rows)
        log.error("call log rows lost", extra={"rows": rows, "reason": reason})


def _wake(group: Sequence[_Entry], error: Exception | None) -> None:
    """Answer whoever waits: one call into each event loop for the whole group."""
    waiting: dict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = defaultdict(list)
    for entry in group:
        if entry.future is not None:
            waiting[entry.future.get_loop()].append(entry.future)
    for loop, futures in waiting.items():
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_settle, futures, error)


def _settle(futures: Sequence[asyncio.Future[None]], error: Exception | None) -> None:
    told = error.detail if isinstance(error, Unavailable) else "La réponse n’a pas pu être enregistrée."
    for future in futures:
        if future.done():  # its request was cancelled
            continue
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(DatabaseUnavailable(told))
