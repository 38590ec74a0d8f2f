"""Writes interventions as a calendar file (RFC 5545): one all-day event each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta

from api.schemas import french
from api.schemas.interventions import Intervention
from api.schemas.vocabulary import InterventionState

_STATUS = {InterventionState.PROPOSEE: "TENTATIVE", InterventionState.ANNULEE: "CANCELLED"}
_LINE_BYTES = 75  # RFC 5545 §3.1, without the line break
_ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": None})


def calendar(items: Iterable[Intervention], now: datetime, situations: Mapping[str, str]) -> bytes:
    """Write the file, without the interventions that have no day.

    Args:
        items: interventions.
        now: instant of the export.
        situations: of the turbines in words, by identifier.
    """
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Cockpit de maintenance//Interventions//FR"]
    for item in items:
        if (day := item.done_on or item.planned_on) is not None:
            lines += _event(item, day, now, situations.get(item.turbine_id))
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line)).encode()


def _event(item: Intervention, day: date, now: datetime, situation: str | None) -> list[str]:
    description = [
        *([f"Situation de la turbine : {situation}"] if situation else []),
        f"Priorité : {item.priority}",
        *([f"Affectée à : {item.assignee}"] if item.assignee else []),
        *([f"Durée prévue : {french.hours(item.expected_hours)}"] if item.expected_hours else []),
        *(f"- {line.text}" for line in item.checklist),
    ]
    place = " – ".join(part for part in (item.farm, item.site) if part)
    return [
        "BEGIN:VEVENT",
        f"UID:intervention-{item.id}@cockpit-maintenance",
        f"DTSTAMP:{now.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        f"SEQUENCE:{item.version}",
        f"DTSTART;VALUE=DATE:{day:%Y%m%d}",
        f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{_text(f'Turbine {item.turbine_id} : intervention n° {item.id}')}",
        f"DESCRIPTION:{_text(chr(10).join(description))}",
        *([f"LOCATION:{_text(place)}"] if place else []),
        f"STATUS:{_STATUS.get(item.state, 'CONFIRMED')}",
        "END:VEVENT",
    ]


def _text(words: str) -> str:
    return words.translate(_ESCAPED)


def _folded(line: str) -> Iterator[str]:
    """Yield the line in parts of 75 bytes at most; a space begins each further part, no character is cut."""
    part, size = "", 0
    for letter in line:
        width = len(letter.encode())
        if size + width > _LINE_BYTES:
            yield part
            part, size = " ", 1
        part, size = part + letter, size + width
    yield part
