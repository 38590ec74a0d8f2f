"""The dashboard's calls about the ranking: published rankings, scoring runs, what-ifs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from api.schemas.changes import ParkEvents
from api.schemas.common import Items
from api.schemas.park import Park, ParkDay, ParkState, Run
from api.schemas.predictions import Prediction
from ui.client.transport import Query, Transport

PARK_LIMIT = 10_000  # the most that one call answers


@dataclass(frozen=True)
class ParkCalls:
    """One typed method per call."""

    transport: Transport

    def ranking(self, asked: Query | None = None, *, limit: int = PARK_LIMIT, offset: int = 0) -> Park:
        """Read turbines of the published ranking, narrowed by ``asked``: ``limit`` of them after ``offset``.

        Raises:
            ApiError: 404 when no ranking of that day was published.
        """
        return self.transport.get("/park", Park, {**(asked or {}), "limit": limit, "offset": offset})

    def state(self) -> ParkState:
        """Read what is true of the park on every page."""
        return self.transport.get("/park/state", ParkState)

    def events(self, day: date, limit: int) -> ParkEvents:
        """Read what changed on that day since the day before, the most urgent first."""
        query = {"from": day.isoformat(), "to": day.isoformat(), "limit": limit}
        return self.transport.get("/park/changes", ParkEvents, query)

    def days(self, first: date | None = None) -> list[ParkDay]:
        """Read the days whose ranking was published, oldest first."""
        query = {"from": first and first.isoformat()}
        return self.transport.get("/park/history", Items[ParkDay], query).items

    def start_run(self) -> Run:
        """Ask for a new scoring of the park."""
        return self.transport.write("POST", "/park/runs", Run, {})

    def run(self, run_id: int) -> Run:
        """Read the progress of one scoring."""
        return self.transport.get(f"/park/runs/{run_id}", Run)

    def cancel_run(self, run_id: int) -> Run:
        """Stop a scoring that waits or is under way; the published ranking stays.

        Raises:
            ApiError: 403 without the right, 404 where there is none, 409 where it has ended.
        """
        return self.transport.write("POST", f"/park/runs/{run_id}/cancel", Run)

    def what_if(self, measurement: Mapping[str, Any]) -> Prediction:
        """Read the active models' answer to values that nobody measured.

        Raises:
            ApiError: 422 with one entry of ``errors`` per wrong field.
        """
        query = {"explain": "true", "purpose": "et_si"}
        return self.transport.ask("POST", "/predictions", Prediction, params=query, json=dict(measurement))
