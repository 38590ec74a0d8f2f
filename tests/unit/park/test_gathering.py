"""Questions that come together are answered together, each with its own answer; none waits for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.services.park.prediction.gathering import MOST, Gathering
from tests.support.loops import in_a_loop


class Doubling:
    """Doubles numbers, refuses negative ones, and remembers what came together."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []

    def __call__(self, questions: Sequence[int]) -> list[int | Exception]:
        self.groups.append(list(questions))
        return [ValueError(f"{q} < 0") if q < 0 else 2 * q for q in questions]


@dataclass
class Desk:
    """A writer that ends its groups when told to."""

    busy: bool = False
    told: list[Callable[[], None]] = field(default_factory=list)

    def when_free(self, then: Callable[[], None]) -> None:
        self.told.append(then)

    def end_group(self, *, another: bool) -> None:
        self.busy = another
        told, self.told = self.told, []
        for then in told:
            then()


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def asked_together(answer: Doubling, questions: Sequence[int]) -> list[int | BaseException]:
    async def ask() -> list[int | BaseException]:
        gathering = Gathering(answer, Desk())
        return await asyncio.gather(*(gathering.ask(q) for q in questions), return_exceptions=True)

    return in_a_loop(ask)


@given(st.lists(st.integers(-5, 5), max_size=3 * MOST))
def test_ask__each_gets_its_own_answer_in_bounded_groups_that_lose_nobody(questions: list[int]) -> None:
    answer = Doubling()
    given_back = asked_together(answer, questions)
    for question, told in zip(questions, given_back, strict=True):
        if question < 0:
            assert isinstance(told, ValueError)
            assert str(told) == f"{question} < 0"
        else:
            assert told == 2 * question
    assert [q for group in answer.groups for q in group] == questions
    assert all(len(group) <= MOST for group in answer.groups)
    assert len(answer.groups) == -(-len(questions) // MOST)


def test_ask__what_the_group_raises_is_everybodys_answer_and_the_next_group_is_served() -> None:
    calls = []

    def answer(questions: Sequence[int]) -> list[int | Exception]:
        calls.append(len(questions))
        if len(calls) == 1:
            raise RuntimeError("aucun modèle")
        return list(questions)

    async def ask() -> tuple[list[int | BaseException], int]:
        gathering = Gathering(answer, Desk())
        first = await asyncio.gather(gathering.ask(1), gathering.ask(2), return_exceptions=True)
        return list(first), await gathering.ask(3)

    first, after = in_a_loop(ask)
    assert [str(told) for told in first] == ["aucun modèle"] * 2
    assert after == 3
    assert calls == [2, 1]


def test_ask__a_cancelled_question_costs_its_neighbours_nothing() -> None:
    async def ask() -> int:
        gathering = Gathering(Doubling(), Desk())
        leaving = asyncio.ensure_future(gathering.ask(1))
        staying = asyncio.ensure_future(gathering.ask(2))
        await asyncio.sleep(0)
        leaving.cancel()
        answer = await staying
        with pytest.raises(asyncio.CancelledError):
            await leaving
        return answer

    assert in_a_loop(ask) == 4


@pytest.mark.parametrize("another", [False, True], ids=["then_free", "then_the_next_group"])
def test_ask__waits_for_the_group_being_written_and_no_longer(another: bool) -> None:
    answer, desk = Doubling(), Desk(busy=True)

    async def ask() -> list[int]:
        gathering = Gathering(answer, desk)
        asked = [asyncio.ensure_future(gathering.ask(1))]
        await turns(20)
        asked.append(asyncio.ensure_future(gathering.ask(2)))
        await turns(20)
        assert answer.groups == []
        desk.end_group(another=another)
        return await asyncio.gather(*asked)

    assert in_a_loop(ask) == [2, 4]
    assert answer.groups == [[1, 2]]


def test_ask__those_who_come_one_after_the_other_are_one_group() -> None:
    answer = Doubling()

    async def come(gathering: Gathering[int, int], question: int) -> int:
        await turns(question)
        return await gathering.ask(question)

    async def ask() -> list[int]:
        gathering = Gathering(answer, Desk())
        return await asyncio.gather(*(come(gathering, question) for question in range(10)))

    assert in_a_loop(ask) == [2 * question for question in range(10)]
    assert answer.groups == [list(range(10))]


def test_ask__alone__is_answered_within_a_few_turns() -> None:
    answer = Doubling()

    async def ask() -> None:
        asked = asyncio.ensure_future(Gathering(answer, Desk()).ask(1))
        await turns(8)
        assert asked.done()

    in_a_loop(ask)
