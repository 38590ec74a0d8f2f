"""The hidden life of one turbine: defects, wear, failures, repairs and technicians' visits.

Model
    A defect begins at random, sooner on frail machines and under load. Its wear then grows by random steps,
    faster under load and as it advances, until the machine fails at 1 (degradation as an increasing process:
    van Noortwijk, *Reliability Engineering & System Safety* 94, 2009; warning time before failure: P–F
    interval of Moubray, *RCM II*, 1997). A few failures, such as electrical ones, come without a sign. A
    repair takes some days and resets the wear.
    A visit is planned 14 to 29 days ahead, and brought forward when the machine shows signs: failures are
    nearer after a recent visit, which does not cause them. A visit repairs few advanced defects.
    The rates are chosen, not measured: see ``data/README.md``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from data.physics import MEAN_LOAD
from data.streams import FloatArray

BoolArray = NDArray[np.bool_]

DRAWS = 11  # uniform draws per day

_DEFECT_RATE = 1 / 133  # defects per day on an average healthy machine
_SUDDEN_RATE = 1 / 6500  # failures without any sign, per day
_INITIAL_WEAR = 0.02
_SLOWEST, _FASTEST = 0.018, 0.025  # growth per day at mean load: failure some 40 to 55 days after the defect
_VIBRATION_AT_FAILURE = 3.7  # added at wear 1 by a defect that only shakes, client's unit
_HEAT_AT_FAILURE = 18.0  # added at wear 1 by a defect that only heats [°C]
_REPAIR_DAYS = (3, 7)
_VISIT_DAYS = (14, 29)  # from one visit to the next
_RECENT_DAYS = 3  # a visit is recent on its day and the two after
_ALARM_SIGNAL = 1.7  # vibration above the machine's own level that may bring a visit forward
_CALLED_SOONER = 0.35  # chance per day that the alarm brings the visit forward
_ADVANCED, _MENDED_BY_VISIT = 0.4, 0.06  # wear from which a visit can see a defect; chance of its repair


@dataclass
class Life:
    """The life of one turbine, day by day.

    Attributes:
        wear: hidden wear, 0–1, shape ``(days,)``.
        vibration_signal: vibration added by the defect, client's unit, shape ``(days,)``.
        heat_signal: temperature added by the defect [°C], shape ``(days,)``.
        running: False on days of failure and repair, shape ``(days,)``.
        recent_visit: True with a visit on that day or the two before, shape ``(days,)``.
        planned: index of the day of the next planned visit after the day itself, shape ``(days,)``.
        failures: instants of failure in tenths of a day since the first day's midnight, ascending.
    """

    wear: FloatArray
    vibration_signal: FloatArray
    heat_signal: FloatArray
    running: BoolArray
    recent_visit: BoolArray
    planned: NDArray[np.int64]
    failures: list[int] = field(default_factory=list)


@dataclass
class _State:
    """The turbine today; ``growth`` and ``shake`` (share that shows as vibration) belong to the defect."""

    planned: int
    wear: float = 0.0
    growth: float = 0.0
    shake: float = 0.0
    down_until: int = 0
    last_visit: int = -_RECENT_DAYS


def live(load: FloatArray, stopped: BoolArray, frailty: float, draws: FloatArray) -> Life:
    """Simulate one turbine from a healthy first day.

    Args:
        load: power over rated power, 0–1, shape ``(days,)``.
        stopped: True on days of programmed stop: no wear, no failure, shape ``(days,)``.
        frailty: factor on the rate of defects and of sudden failures.
        draws: uniform draws, shape ``(days, DRAWS)``.
    """
    days = len(load)
    life = Life(
        wear=np.zeros(days),
        vibration_signal=np.zeros(days),
        heat_signal=np.zeros(days),
        running=np.ones(days, dtype=np.bool_),
        recent_visit=np.zeros(days, dtype=np.bool_),
        planned=np.zeros(days, dtype=np.int64),
    )
    state = _State(planned=1 + _between((0, 28), float(draws[0, 9])))
    for day in range(days):
        draw = [float(value) for value in draws[day]]
        if day >= state.down_until and not stopped[day]:
            _age(state, life, day, float(load[day]), frailty, draw)
        if day >= state.down_until:
            _visit(state, day, draw)
        life.running[day] = day >= state.down_until
        life.wear[day] = state.wear
        life.vibration_signal[day] = _VIBRATION_AT_FAILURE * state.shake * state.wear
        life.heat_signal[day] = _HEAT_AT_FAILURE * (1.25 - state.shake) * state.wear
        life.recent_visit[day] = day - state.last_visit < _RECENT_DAYS
        life.planned[day] = state.planned
    return life


def _between(bounds: tuple[int, int], draw: float) -> int:
    """Return a whole number within ``bounds``, both included."""
    lowest, highest = bounds
    return lowest + int((highest - lowest + 1) * draw)


def _age(state: _State, life: Life, day: int, load: float, frailty: float, draw: list[float]) -> None:
    """Run the turbine for one day: a defect may begin, wear grows, the machine may fail."""
    strain = 0.5 + 0.5 * load / MEAN_LOAD
    if state.wear > 0.0:
        state.wear += state.growth * strain * 2 * draw[3] * (0.8 + 0.4 * state.wear)
    elif draw[0] < _DEFECT_RATE * frailty * strain:
        state.wear = _INITIAL_WEAR
        state.growth = _SLOWEST + (_FASTEST - _SLOWEST) * draw[1]
        state.shake = 0.72 + 0.28 * draw[2]
    if state.wear >= 1.0 or draw[4] < _SUDDEN_RATE * frailty:
        life.failures.append(10 * day + int(10 * draw[5]))
        state.wear = 0.0
        state.down_until = day + _between(_REPAIR_DAYS, draw[6])
        # The end of the repair counts as a visit, from which the next one is planned.
        state.planned = state.down_until


def _visit(state: _State, day: int, draw: list[float]) -> None:
    """Make the visit on its planned day, or bring it forward when the machine shakes."""
    if day >= state.planned:
        state.last_visit = day
        state.planned = day + _between(_VISIT_DAYS, draw[7])
        if state.wear > _ADVANCED and draw[8] < _MENDED_BY_VISIT:
            state.wear = 0.0
        return
    signal = _VIBRATION_AT_FAILURE * state.shake * state.wear + 0.8 * (draw[10] - 0.5)
    if signal > _ALARM_SIGNAL and draw[9] < _CALLED_SOONER:
        state.planned = min(state.planned, day + _between((1, 4), draw[8]))
