"""Hours that interventions already planned take from the crews of a week. Pure.

The hours are those of the crew whose technician is assigned; else of the crew for which an earlier plan
placed the intervention. Where neither names a crew of the week, or the technician belongs to no crew, no crew
loses hours: a guess would hide hours that are free.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from api.domain.plan.week_plan import Crew, to_minutes


@dataclass(frozen=True, slots=True)
class Booking:
    """An intervention that stands in the week already.

    Args:
        intervention: its number.
        turbine: identifier.
        day: of the week, from 0.
        minutes: expected on site; 0 where not known.
        assignee: technician, by pseudonym.
        crew: for which an earlier plan placed it.
    """

    intervention: int
    turbine: str
    day: int
    minutes: int
    assignee: str | None = None
    crew: str | None = None


def crew_of(booking: Booking, crews: Sequence[Crew]) -> Crew | None:
    """Return the crew whose hours an intervention takes; None where it is not known."""
    planned = next((crew for crew in crews if crew.name == booking.crew), None)
    if booking.assignee is None:
        return planned
    theirs = [crew for crew in crews if crew.assignee == booking.assignee]
    if planned in theirs or (not theirs and planned is not None and planned.assignee is None):
        return planned
    return theirs[0] if len(theirs) == 1 else None


def booked_minutes(bookings: Sequence[Booking], crews: Sequence[Crew]) -> dict[tuple[str, int], int]:
    """Return the minutes taken, by crew and day."""
    taken: dict[tuple[str, int], int] = {}
    for booking in bookings:
        crew = crew_of(booking, crews)
        if crew is not None:
            slot = (crew.name, booking.day)
            taken[slot] = taken.get(slot, 0) + booking.minutes
    return taken


def free_crews(bookings: Sequence[Booking], crews: Sequence[Crew]) -> list[Crew]:
    """Return the crews with the hours that are left of each day, never below zero."""
    taken = booked_minutes(bookings, crews)

    def left(crew: Crew, day: int, hours: float) -> float:
        minutes = taken.get((crew.name, day), 0)
        return max(0, to_minutes(hours) - minutes) / 60 if minutes else hours

    return [
        replace(crew, hours=tuple(left(crew, day, hours) for day, hours in enumerate(crew.hours)))
        for crew in crews
    ]
