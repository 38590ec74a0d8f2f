"""The dashboard's calls about interventions: proposals, planning, work, verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.schemas.interventions import (
    Assignees,
    InterventionDetail,
    InterventionPrecision,
    Interventions,
    Proposals,
)
from api.schemas.vocabulary import InterventionState
from ui.client.transport import Transport

PHOTO_S = 60.0  # two megabytes from a phone at the foot of a mast


@dataclass(frozen=True)
class InterventionCalls:
    """One typed method per call."""

    transport: Transport

    def search(
        self,
        *,
        states: Sequence[InterventionState] = (),
        turbine: str | None = None,
        assignee: str | None = None,
        limit: int = 100,
    ) -> Interventions:
        """What is to be done by day, then what ended, newest first."""
        query = {**_query(states, turbine, assignee), "limit": limit}
        return self.transport.get("/interventions", Interventions, query)

    def detail(self, number: int) -> InterventionDetail:
        """One intervention with its journal.

        Raises:
            ApiError: 404 when there is none of that number.
        """
        return self.transport.get(f"/interventions/{number}", InterventionDetail)

    def proposals(self, limit: int) -> Proposals:
        """What the last ranking recommends and nobody has decided."""
        return self.transport.get("/interventions/proposals", Proposals, {"limit": limit})

    def verdict_precision(self) -> InterventionPrecision:
        """The precision that verdicts show."""
        return self.transport.get("/interventions/precision", InterventionPrecision)

    def assignees(self) -> list[str]:
        """Pseudonyms to whom work can be given."""
        return self.transport.get("/interventions/assignees", Assignees).items

    def open(self, body: Mapping[str, Any]) -> InterventionDetail:
        """Plans an intervention, decides a proposal or reports a finding.

        Raises:
            ApiError: 403 without the right, 409 where the turbine has a living one, 422 per wrong field.
        """
        return self.transport.ask("POST", "/interventions", InterventionDetail, json=dict(body))

    def change(self, number: int, version: int, changes: Mapping[str, Any]) -> InterventionDetail:
        """Changes an intervention as it was read at ``version``.

        Raises:
            ApiError: 403 where it is not theirs, 409 where it has changed since, 422 per wrong field.
        """
        body = {"version": version, **changes}
        return self.transport.ask("PATCH", f"/interventions/{number}", InterventionDetail, json=body)

    def send_photo(self, number: int, content: bytes) -> None:
        """Joins a photo, in place of the one before.

        Raises:
            ApiError: 422 where it is not a photo, or too large.
        """
        headers = {"Content-Type": "application/octet-stream"}
        self.transport.call(
            "PUT", f"/interventions/{number}/photo", data=content, headers=headers, read_s=PHOTO_S
        )

    def photo(self, number: int) -> bytes:
        """The photo of an intervention that has one."""
        return self.transport.call("GET", f"/interventions/{number}/photo").content

    def calendar(self, *, states: Sequence[InterventionState] = (), assignee: str | None = None) -> bytes:
        """The same list for an agenda."""
        return self.transport.call("GET", "/interventions.ics", params=_query(states, None, assignee)).content


def _query(states: Sequence[InterventionState], turbine: str | None, assignee: str | None) -> dict[str, Any]:
    return {"state": [str(state) for state in states], "turbine": turbine, "assignee": assignee}
