"""The dashboard's calls about the park's days and about one turbine's own past."""

from __future__ import annotations

from datetime import date

from api.schemas.common import Items, Page
from api.schemas.park import MeasurementRow, ParkDay, ScorePoint, Turbine, TurbineDetail
from api.schemas.turbine_story import PowerAtWind, TurbineEvent
from ui.client.base import Calls, segment


class TurbineCalls(Calls):
    """One typed method per call; the client that inherits them carries them over HTTP."""

    def park_days(self, first: date | None = None) -> list[ParkDay]:
        """The days whose ranking was published, oldest first."""
        return self._get("/park/history", Items[ParkDay], {"from": first and first.isoformat()}).items

    def turbines(self) -> list[Turbine]:
        """Every turbine, by name."""
        return self._get("/turbines", Page[Turbine]).items

    def turbine(self, turbine_id: str) -> TurbineDetail:
        """One turbine with its current score.

        Raises:
            ApiError: 404 when there is no such turbine.
        """
        return self._get(f"/turbines/{segment(turbine_id)}", TurbineDetail)

    def measurements(self, turbine_id: str, limit: int) -> list[MeasurementRow]:
        """The turbine's last measurements, newest first."""
        return self._get(
            f"/turbines/{segment(turbine_id)}/measurements", Items[MeasurementRow], {"limit": limit}
        ).items

    def history(self, turbine_id: str) -> list[ScorePoint]:
        """The turbine's published scores."""
        return self._get(f"/turbines/{segment(turbine_id)}/history", Items[ScorePoint]).items

    def turbine_events(self, turbine_id: str, first: date) -> list[TurbineEvent]:
        """Visits, interventions and failures of a turbine from that day on, oldest first."""
        path = f"/turbines/{segment(turbine_id)}/events"
        return self._get(path, Items[TurbineEvent], {"from": first.isoformat()}).items

    def power_at(
        self, turbine_id: str, wind: float, from_wind: float | None, from_power: float | None
    ) -> PowerAtWind:
        """The power that goes with a wind on this turbine, from what was measured.

        Raises:
            ApiError: 409 when the turbine has no power curve of its own; 422 for a wind out of range.
        """
        query = {"wind_speed": wind, "from_wind": from_wind, "from_power": from_power}
        return self._get(f"/turbines/{segment(turbine_id)}/power", PowerAtWind, query)
