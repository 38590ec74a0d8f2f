"""Answering together what one turn of the event loop brings.

Requests that arrive together are answered by one call of the model and one pass over each rule: what a pass
costs is then shared, and nobody waits for a neighbour that has not come yet.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Question = TypeVar("Question")
Given = TypeVar("Given")
MOST = 64  # questions answered at once: no more than a few milliseconds between two turns of the loop


class Gathering(Generic[Question, Given]):
    """Gathers the questions of one turn of the loop.

    Args:
        answer: gives one answer, or the exception that stands for it, per question and in order; what it
            raises is everybody's answer.
    """

    def __init__(self, answer: Callable[[Sequence[Question]], Sequence[Given | Exception]]) -> None:
        self._answer = answer
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
            loop.call_soon(self._settle)
        return await future

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
