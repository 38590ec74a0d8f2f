"""Answers together the questions that arrive together.

One call of the model and one pass over each rule then answer them all, which shares the cost. New questions
gather while the rows of the former group are written, for their own rows would wait for that anyway.
Otherwise no question waits for another.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

Question = TypeVar("Question")
Answer = TypeVar("Answer")
MOST = 64  # questions answered at once: no more than a few milliseconds between two turns of the loop
# An answer leaves in one turn of the loop, the client's next request is read in the next and asks in a third:
# clients answered together thus ask again together. Without traffic these turns take some microseconds.
QUIET_TURNS = 4


class Writer(Protocol):
    """Writes the answers to the log, one group after the other."""

    @property
    def busy(self) -> bool:
        """Whether a group is being written."""

    def when_free(self, then: Callable[[], None]) -> None:
        """Call ``then`` in the loop once that group is written."""


class Gathering(Generic[Question, Answer]):
    """Gathers questions to answer them in groups.

    Args:
        answer: returns one answer or exception per question, in order; what it raises goes to every
            question.
        writer: writes the answers before they leave.
    """

    def __init__(
        self, answer: Callable[[Sequence[Question]], Sequence[Answer | Exception]], writer: Writer
    ) -> None:
        self._answer = answer
        self._writer = writer
        self._waiting: list[tuple[Question, asyncio.Future[Answer]]] = []

    async def ask(self, question: Question) -> Answer:
        """Answer one question; call it from the loop's own thread.

        Raises:
            Exception: the one returned or raised for this question.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append((question, future))
        if len(self._waiting) == 1:
            if self._writer.busy:
                self._writer.when_free(self._once_no_more_come)
            else:
                self._once_no_more_come()
        return await future

    def _once_no_more_come(self, before: int = 0, turns: int = 0) -> None:
        """Answer once some turns of the loop bring no further question.

        Args:
            before: questions waiting when the count of turns began.
            turns: turns still to wait.
        """
        soon = asyncio.get_running_loop().call_soon
        waiting = len(self._waiting)
        if turns:
            soon(self._once_no_more_come, before, turns - 1)
        elif before < waiting < MOST:
            soon(self._once_no_more_come, waiting, QUIET_TURNS - 1)
        else:
            self._settle()

    def _settle(self) -> None:
        taken, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._settle)
        try:
            answers = self._answer([question for question, _ in taken])
        except Exception as error:  # noqa: BLE001 - each caller raises it
            answers = [error] * len(taken)
        for (_, future), answer in zip(taken, answers, strict=True):
            if future.done():  # its request was cancelled
                continue
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)
