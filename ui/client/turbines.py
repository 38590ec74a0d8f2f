"""The dashboard's calls about turbines and the past of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from api.schemas.common import Items, Page
from api.schemas.park import MeasurementRow, ScorePoint, Turbine, TurbineDetail
from api.schemas.turbine_story import PowerAtWind, TurbineEvent
from ui.client.transport import Transport, segment


@dataclass(frozen=True)
class TurbineCalls:
    """One typed method per call."""

    transport: Transport

    def all(self) -> list[Turbine]:
        """Read every turbine, by name."""
        return self.transport.get("/turbines", Page[Turbine]).items

    def detail(self, turbine_id: str) -> TurbineDetail:
        """Read one turbine with its current score.

        Raises:
            ApiError: 404 when there is no such turbine.
        """
        return self.transport.get(f"/turbines/{segment(turbine_id)}", TurbineDetail)

    def measurements(self, turbine_id: str, limit: int) -> list[MeasurementRow]:
        """Read the turbine's last measurements, newest first."""
        return self.transport.get(
            f"/turbines/{segment(turbine_id)}/measurements", Items[MeasurementRow], {"limit": limit}
        ).items

    def history(self, turbine_id: str) -> list[ScorePoint]:
        """Read the turbine's published scores."""
        return self.transport.get(f"/turbines/{segment(turbine_id)}/history", Items[ScorePoint]).items

    def events(self, turbine_id: str, first: date) -> list[TurbineEvent]:
        """Read the visits, interventions and failures of a turbine from a day on, oldest first."""
        path = f"/turbines/{segment(turbine_id)}/events"
        return self.transport.get(path, Items[TurbineEvent], {"from": first.isoformat()}).items

    def power_at(
        self, turbine_id: str, wind: float, from_wind: float | None, from_power: float | None
    ) -> PowerAtWind:
        """Read the power that this turbine delivers at a wind, by its own measured curve.

        Raises:
            ApiError: 409 when the turbine has no power curve of its own; 422 for a wind out of range.
        """
        query = {"wind_speed": wind, "from_wind": from_wind, "from_power": from_power}
        return self.transport.get(f"/turbines/{segment(turbine_id)}/power", PowerAtWind, query)
