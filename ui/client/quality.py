"""The dashboard's calls about realised quality: published scores beside their outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from api.schemas.quality import RealisedQuality
from ui.client.transport import Transport

# [s] Each answer recounts a year of the park.
QUALITY_S = 60.0


@dataclass(frozen=True)
class QualityCalls:
    """One typed method per call."""

    transport: Transport

    def realised(
        self,
        *,
        first: date | None = None,
        last: date | None = None,
        period: str = "month",
        limit: int = 0,
    ) -> RealisedQuality:
        """Read the realised quality of the rankings between two days, with ``limit`` scores and outcomes.

        Raises:
            ApiError: 422 where the days are in the wrong order.
        """
        query = {**_days(first, last), "period": period, "limit": limit}
        return self.transport.ask("GET", "/evaluation", RealisedQuality, params=query, read_s=QUALITY_S)

    def realised_csv(self, *, first: date | None = None, last: date | None = None) -> bytes:
        """Read every published score beside its outcome, as CSV for a French spreadsheet."""
        query = {**_days(first, last), "format": "csv"}
        return self.transport.call("GET", "/evaluation", params=query, read_s=QUALITY_S).content


def _days(first: date | None, last: date | None) -> Mapping[str, Any]:
    return {"from": first and first.isoformat(), "to": last and last.isoformat()}
