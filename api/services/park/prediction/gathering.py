"""Answering together the questions that come together.

Requests that arrive together are answered by one call of the model and one pass over each rule: what a pass
costs is then shared. While the rows of the group before are being written, new questions gather: their own
rows would have to wait for that writing anyway. Nobody waits for a neighbour otherwise.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

Question = TypeVar("Question")
Given = TypeVar("Given")
MOST = 64  # questions answered at once: no more than a few milliseconds between two turns of the loop
# An answer leaves in one turn, the request that follows it is read in the next and asks in a third. Those
# whose answers left together thus come back together; without traffic these turns take some microseconds.
QUIET_TURNS = 4


class Writer(Protocol):
    """Writes what becomes of the answers, one group after the other."""

    @property
    def busy(self) -> bool:
        """Whether a group is being written."""

    def when_free(self, then: Callable[[], None]) -> None:
        """Have ``then`` called in the loop once that group is settled."""


class Gathering(Generic[Question, Given]):
    """Gathers questions while there is nothing to gain from answering them one by one.

    Args:
        answer: gives one answer, or the exception that stands for it, per question and in order; what it
            raises is everybody's answer.
        writer: where the answers go before they leave.
    """

    def __init__(
        self, answer: Callable[[Sequence[Question]], Sequence[Given | Exception]], writer: Writer
    ) -> None:
        self._answer = answer
        self._writer = writer
        self._waiting: list[tuple[Question, asyncio.Future[Given]]] = []

    async def ask(self, question: Question) -> Given:
        """The answer to one question; to be called from the loop's own thread.

        Raises:
            Exception: what was given, or raised, for this question.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Given] = loop.create_future()
        self._waiting.append((question, future))
        if len(self._waiting) == 1:
            if self._writer.busy:
                self._writer.when_free(self._once_no_more_come)
            else:
                self._once_no_more_come()
        return await future

    def _once_no_more_come(self, before: int = 0, turns: int = 0) -> None:
        """Answer as soon as some turns of the loop bring no further question.

        Args:
            before: questions that waited when the turns began to be counted.
            turns: still to be let pass.
        """
        soon = asyncio.get_running_loop().call_soon
        now = len(self._waiting)
        if turns:
            soon(self._once_no_more_come, before, turns - 1)
        elif before < now < MOST:
            soon(self._once_no_more_come, now, QUIET_TURNS - 1)
        else:
            self._settle()

    def _settle(self) -> None:
        taken, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._settle)
        try:
            answers = self._answer([question for question, _ in taken])
        except Exception as error:  # noqa: BLE001 - handed to those who asked, who raise it
            answers = [error] * len(taken)
        for (_, future), given in zip(taken, answers, strict=True):
            if future.done():  # its request was cancelled
                continue
            if isinstance(given, Exception):
                future.set_exception(given)
            else:
                future.set_result(given)
