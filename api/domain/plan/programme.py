"""The mixed-integer programme of a week: candidates, where each fits, and what a solution must hold."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from api.domain.plan.week_plan import Candidate, Room, to_cents, to_minutes
from api.domain.shared.exceptions import InvalidInput

FIELD = "adjustments"
Slot = tuple[int, int]
Placed = dict[int, Slot]  # place of a candidate → crew and day
_OPTIMAL, _TIME_OUT, _INFEASIBLE = 0, 1, 2
_NO_LESS = 0.4  # [c€]: an optimum in whole cents is kept exactly, whatever the solver rounds


@dataclass(frozen=True)
class Outcome:
    """The answer of the solver; ``chosen`` is None where it found no plan in time."""

    chosen: Placed | None
    bound: float
    proven: bool


@dataclass(frozen=True)
class Programme:
    """Candidates that may be placed, where each fits, and the time limit.

    Args:
        open: candidates, in their order.
        slots: for each, the (crew, day) pairs where it fits.
        room: the empty week.
        until: instant of the monotonic clock at which the solver stops [s].
    """

    open: Sequence[Candidate]
    slots: Sequence[Sequence[Slot]]
    room: Room
    until: float

    def solve(
        self,
        worth: Callable[[Candidate, Slot], int],
        must: Callable[[int], bool],
        least: tuple[Callable[[Candidate], int], int] | None = None,
    ) -> Outcome:
        """Place candidates so that the sum of ``worth`` is the greatest.

        Args:
            worth: of a candidate at a place.
            must: whether the candidate at that position has to be placed.
            least: an amount of each candidate, and the least sum over those placed.

        Raises:
            InvalidInput: candidates that must be placed do not fit together.
        """
        from scipy.optimize import Bounds, milp  # noqa: PLC0415 - a third of a second, only to plan

        columns = [(number, slot) for number, slots in enumerate(self.slots) for slot in slots]
        if not columns:
            return Outcome({}, 0.0, proven=True)
        gains = np.array([worth(self.open[number], slot) for number, slot in columns], dtype=float)
        answer: Any = milp(
            -gains,
            integrality=np.ones(len(columns)),
            bounds=Bounds(0, 1),
            constraints=self._limits(columns, must, least),
            options={"time_limit": max(0.05, self.until - time.monotonic()), "mip_rel_gap": 0.0},
        )
        if answer.status == _INFEASIBLE:
            sentence = "les turbines imposées ne tiennent pas ensemble dans les heures et le budget."
            raise InvalidInput.single(FIELD, sentence)
        if answer.status not in {_OPTIMAL, _TIME_OUT}:
            raise RuntimeError(f"the solver gave up: {answer.message}")
        dual = getattr(answer, "mip_dual_bound", None)
        bound = -dual if dual is not None else math.inf
        if answer.x is None:
            return Outcome(None, bound, proven=False)
        chosen = {columns[place][0]: columns[place][1] for place in np.flatnonzero(answer.x > 0.5)}
        return Outcome(chosen, bound, proven=answer.status == _OPTIMAL)

    def _limits(
        self,
        columns: Sequence[tuple[int, Slot]],
        must: Callable[[int], bool],
        least: tuple[Callable[[Candidate], int], int] | None,
    ) -> Any:
        """Return the constraints.

        One visit per candidate at most, each crew's minutes of each day, the budget, the least amount.
        """
        from scipy.optimize import LinearConstraint  # noqa: PLC0415
        from scipy.sparse import csr_array  # noqa: PLC0415

        rows: list[tuple[float, float, dict[int, float]]] = []
        once: dict[int, dict[int, float]] = {}
        minutes: dict[Slot, dict[int, float]] = {}
        for column, (number, slot) in enumerate(columns):
            once.setdefault(number, {})[column] = 1.0
            minutes.setdefault(slot, {})[column] = to_minutes(self.open[number].hours)
        rows += [(1.0 if must(number) else 0.0, 1.0, terms) for number, terms in once.items()]
        rows += [(-np.inf, self.room.minutes[slot], terms) for slot, terms in minutes.items()]
        if self.room.cents is not None:
            costs = {c: float(to_cents(self.open[number].cost_eur)) for c, (number, _) in enumerate(columns)}
            rows.append((-np.inf, self.room.cents, costs))
        if least is not None:
            amount, floor = least
            terms = {c: float(amount(self.open[number])) for c, (number, _) in enumerate(columns)}
            rows.append((floor - _NO_LESS, np.inf, terms))
        scaled = [_scaled(*row) for row in rows]
        places = [(number, column) for number, row in enumerate(scaled) for column in row[2]]
        values = [value for row in scaled for value in row[2].values()]
        matrix = csr_array((values, tuple(zip(*places, strict=True))), shape=(len(rows), len(columns)))
        return LinearConstraint(matrix, [row[0] for row in scaled], [row[1] for row in scaled])


def _scaled(low: float, high: float, terms: dict[int, float]) -> tuple[float, float, dict[int, float]]:
    """Divide a row by the common divisor of its coefficients: equal costs make a budget a plain count."""
    common = math.gcd(*(int(value) for value in terms.values())) or 1
    top = high if math.isinf(high) else float(high // common)
    return low / common, top, {column: value / common for column, value in terms.items()}
