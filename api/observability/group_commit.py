"""The thread of each API process that writes the call log: all waiting rows go into one transaction.

A prediction waits for the commit of its row; the rows of other calls are written later, and nobody waits for
them. So one writer keeps up with thousands of requests a second, at a fraction of a commit each.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from api.domain.shared.exceptions import DatabaseUnavailable, Unavailable
from api.observability.metrics import Metrics
from api.storage.shared import call_log
from api.storage.shared.call_log import CallRow
from api.storage.shared.database import Database

CAPACITY = 10_000  # rows that may wait
ATTEMPTS = 3
PAUSE_S = 1.0  # before the next attempt to write rows that nobody waits for
# How long rows that nobody waits for are gathered: one transaction for each would cost ten times more.
LINGER_S = 0.1
log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Entry:
    row: CallRow
    future: asyncio.Future[None] | None  # None: nobody waits for the row
    attempts: int = 0


class GroupCommitter:
    """Writes call log rows in groups, from :meth:`start` to :meth:`stop`."""

    def __init__(self, database: Database, metrics: Metrics, *, capacity: int = CAPACITY) -> None:
        self._database = database
        self._metrics = metrics
        self._capacity = capacity
        # Messages to the thread: awaited rows, an empty list as a signal that other rows wait, None to end.
        self._queue: queue.SimpleQueue[list[_Entry] | None] = queue.SimpleQueue()
        self._arrived: deque[_Entry] = deque()
        self._handing_over = False
        self._awaited = 0  # rows on their way to the database that somebody waits for
        self._freed: list[Callable[[], None]] = []
        self._behind: deque[_Entry] = deque()
        self._signalled = False
        self._counting = threading.Lock()
        self._taken = 0
        self._settled = 0
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
        late, _ = self._gather([])
        self._wake(late, Unavailable("Le service s’arrête."))

    @property
    def busy(self) -> bool:
        """True while rows that somebody waits for are on their way to the database."""
        return self._awaited > 0

    def when_free(self, then: Callable[[], None]) -> None:
        """Call ``then``, in the event loop, once the group under way is settled.

        To be called only while :attr:`busy`, and from the loop's own thread.
        """
        self._freed.append(then)

    async def commit(self, row: CallRow) -> None:
        """Return once the row is committed.

        Raises:
            DatabaseUnavailable: it could not be written.
            Unavailable: too many rows wait already, or the service is stopping.
        """
        if not self._has_room():
            raise Unavailable("Le service est saturé : réessayez dans quelques secondes.")
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        self._awaited += 1
        self._arrived.append(_Entry(row, future))
        if not self._handing_over:  # rows that arrive in the same turn of the loop leave together
            self._handing_over = True
            loop.call_soon(self._hand_over)
        await future

    def enqueue(self, row: CallRow) -> None:
        """Queue a row to be written soon; drop it, and count it as lost, where too many wait already."""
        if not self._has_room():
            self._lose(1, "too many rows wait")
            return
        self._behind.append(_Entry(row, None))
        if not self._signalled:
            self._signalled = True
            self._queue.put([])

    def _has_room(self) -> bool:
        with self._counting:
            if self._thread is None or self._taken - self._settled >= self._capacity:
                return False
            self._taken += 1
            return True

    def _hand_over(self) -> None:
        self._handing_over = False
        self._queue.put(_emptied(self._arrived))

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
        """Wait for a row, then return all waiting rows, and whether the thread must end."""
        patience = max(0.0, self._again_at - time.monotonic()) if self._again else None
        try:
            first = self._queue.get(timeout=patience)
            if first == []:
                first = self._queue.get(timeout=LINGER_S)
        except queue.Empty:
            first = []
        return self._gather(first)

    def _gather(self, first: list[_Entry] | None) -> tuple[list[_Entry], bool]:
        group: list[_Entry] = []
        stopping = False
        with contextlib.suppress(queue.Empty):
            item = first
            while True:
                stopping = stopping or item is None
                group += item or []
                item = self._queue.get_nowait()
        self._signalled = False  # before the rows are taken, so that a later row signals again
        return group + _emptied(self._behind), stopping

    def _write(self, group: Sequence[_Entry]) -> None:
        try:
            for entry in group:
                entry.row.pack()
            with self._database.write() as connection:
                call_log.add_many(connection, [entry.row for entry in group])
        except DatabaseUnavailable as error:
            self._refused(group, error)
        except Exception as error:
            # A row that the database refuses for good must cost neither its neighbours nor the thread.
            if len(group) == 1:
                log.exception("call log row refused", extra={"request_id": group[0].row.request_id})
                group[0].attempts = ATTEMPTS
                self._refused(group, error)
                return
            for entry in group:
                self._write([entry])
        else:
            self._settled += len(group)
            self._metrics.logged(len(group))
            self._wake(group, None)

    def _refused(self, group: Sequence[_Entry], error: Exception) -> None:
        self._wake(group, error)
        behind = [entry for entry in group if entry.future is None]
        for entry in behind:
            entry.attempts += 1
        again = [entry for entry in behind if entry.attempts < ATTEMPTS]
        self._settled += len(group) - len(again)
        if again:
            self._again += again
            self._again_at = time.monotonic() + PAUSE_S
        if lost := len(behind) - len(again):
            self._lose(lost, str(error))

    def _wake(self, group: Sequence[_Entry], error: Exception | None) -> None:
        """Settle the futures of a group, with one call into each event loop."""
        waiting: dict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = defaultdict(list)
        for entry in group:
            if entry.future is not None:
                waiting[entry.future.get_loop()].append(entry.future)
        for loop, futures in waiting.items():
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
                loop.call_soon_threadsafe(self._settled_in_loop, futures, error)

    def _settled_in_loop(self, futures: Sequence[asyncio.Future[None]], error: Exception | None) -> None:
        self._awaited -= len(futures)
        _settle(futures, error)
        freed, self._freed = self._freed, []
        for then in freed:
            then()

    def _lose(self, rows: int, reason: str) -> None:
        self._metrics.lost(rows)
        log.error("call log rows lost", extra={"rows": rows, "reason": reason})


def _emptied(waiting: deque[_Entry]) -> list[_Entry]:
    """Take all entries out of a queue and return them."""
    return [waiting.popleft() for _ in range(len(waiting))]


def _settle(futures: Sequence[asyncio.Future[None]], error: Exception | None) -> None:
    detail = error.detail if isinstance(error, Unavailable) else "La réponse n’a pas pu être enregistrée."
    for future in futures:
        if future.done():  # its request was cancelled
            continue
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(DatabaseUnavailable(detail))
