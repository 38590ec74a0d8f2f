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

PHOTO_S = 60.0  # [s] for two megabytes from a phone at the foot of a mast


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
        """Read the interventions to be done, by day, then those that ended, newest first."""
        query = {**_query(states, turbine, assignee), "limit": limit}
        return self.transport.get("/interventions", Interventions, query)

    def detail(self, number: int) -> InterventionDetail:
        """Read one intervention with its journal.

        Raises:
            ApiError: 404 when there is none of that number.
        """
        return self.transport.get(f"/interventions/{number}", InterventionDetail)

    def proposals(self, limit: int) -> Proposals:
        """Read what the last ranking recommends and nobody has decided on."""
        return self.transport.get("/interventions/proposals", Proposals, {"limit": limit})

    def verdict_precision(self) -> InterventionPrecision:
        """Read the precision of the alerts, as verdicts measure it."""
        return self.transport.get("/interventions/precision", InterventionPrecision)

    def assignees(self) -> list[str]:
        """Read the pseudonyms to whom work can be given."""
        return self.transport.get("/interventions/assignees", Assignees).items

    def open(self, body: Mapping[str, Any]) -> InterventionDetail:
        """Plan an intervention, decide on a proposal or report a finding.

        Raises:
            ApiError: 403 without the right, 409 where the turbine has one open already, 422 per wrong field.
        """
        return self.transport.write("POST", "/interventions", InterventionDetail, body)

    def change(self, number: int, version: int, changes: Mapping[str, Any]) -> InterventionDetail:
        """Change an intervention that was read at ``version``.

        Raises:
            ApiError: 403 where it is not theirs, 409 where it has changed since, 422 per wrong field.
        """
        body = {"version": version, **changes}
        return self.transport.write("PATCH", f"/interventions/{number}", InterventionDetail, body)

    def send_photo(self, number: int, content: bytes) -> None:
        """Send a photo; it replaces the one before.

        Raises:
            ApiError: 422 where it is not a photo, or too large.
        """
        headers = {"Content-Type": "application/octet-stream"}
        self.transport.call(
            "PUT", f"/interventions/{number}/photo", data=content, headers=headers, read_s=PHOTO_S
        )

    def photo(self, number: int) -> bytes:
        """Read the photo of an intervention that has one."""
        return self.transport.call("GET", f"/interventions/{number}/photo").content

    def calendar(self, *, states: Sequence[InterventionState] = (), assignee: str | None = None) -> bytes:
        """Read the interventions as a calendar file (.ics)."""
        return self.transport.call("GET", "/interventions.ics", params=_query(states, None, assignee)).content


def _query(states: Sequence[InterventionState], turbine: str | None, assignee: str | None) -> dict[str, Any]:
    return {"state": [str(state) for state in states], "turbine": turbine, "assignee": assignee}
