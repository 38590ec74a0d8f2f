"""The crews of a week's plan, as its page holds and shows them. No Streamlit, no HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from typing import Any

import pandas as pd

from api.schemas import french
from api.schemas.vocabulary import Skill
from api.schemas.week_plan import WeekPlanInputs

WEEK, _WORKING_DAYS, _USUAL_HOURS = 7, 5, 7.0  # a French working day
USUAL_WEEK = tuple(_USUAL_HOURS if day < _WORKING_DAYS else 0.0 for day in range(WEEK))


@dataclass(frozen=True)
class CrewLine:
    """One crew; without a name it takes no part in the plan.

    Args:
        key: never given twice on a page.
        name: of the crew.
        skills: what it can do.
        assignee: pseudonym to whom its interventions are given.
        hours: of each day, always a week of them [h].
    """

    key: int
    name: str
    skills: tuple[Skill, ...] = tuple(Skill)
    assignee: str | None = None
    hours: tuple[float, ...] = USUAL_WEEK


def first_lines(inputs: WeekPlanInputs) -> list[CrewLine]:
    """Return the crews of the last plan, or one to begin with."""
    lines = [
        CrewLine(
            key, crew.name, tuple(crew.skills), crew.assignee, tuple([*crew.hours, *[0.0] * WEEK][:WEEK])
        )
        for key, crew in enumerate(inputs.crews)
    ]
    return lines or [CrewLine(0, "Équipe 1")]


def one_more(lines: Sequence[CrewLine]) -> CrewLine:
    """Return a crew to add: it can do everything, under a name that is free."""
    taken = {line.name.casefold() for line in lines}
    name = next(name for n in count(len(lines) + 1) if (name := f"Équipe {n}").casefold() not in taken)
    return CrewLine(max((line.key for line in lines), default=-1) + 1, name)


def crews_frame(lines: Sequence[CrewLine], start: date, days: int) -> pd.DataFrame:
    """Tabulate the crews, with the hours of each day of the plan."""
    return pd.DataFrame(
        [
            {
                "Équipe": line.name or french.NOTHING,
                "Compétences": ", ".join(skill.words for skill in line.skills) or french.NOTHING,
                "Affecter à": line.assignee or french.NOTHING,
                **{
                    french.short_date(start + timedelta(days=day)): french.hours(line.hours[day])
                    for day in range(days)
                },
            }
            for line in lines
        ]
    )


def requested(lines: Sequence[CrewLine], days: int) -> list[dict[str, Any]]:
    """Return the crews as the API takes them."""
    return [
        {
            "name": line.name.strip(),
            "skills": [skill.value for skill in line.skills],
            "assignee": line.assignee,
            "hours": list(line.hours[:days]),
        }
        for line in lines
        if line.name.strip()
    ]
