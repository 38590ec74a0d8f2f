"""The dashboard's calls about realised quality: what was published beside what was observed since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from api.schemas.quality import RealisedQuality
from ui.client.transport import Transport

# A year of a park is recounted for each answer.
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
        """Realised quality of the rankings between two days, with ``limit`` scores beside their outcomes.

        Raises:
            ApiError: 422 where the days are in the wrong order.
        """
        query = {**_days(first, last), "period": period, "limit": limit}
        return self.transport.ask("GET", "/evaluation", RealisedQuality, params=query, read_s=QUALITY_S)

    def realised_csv(self, *, first: date | None = None, last: date | None = None) -> bytes:
        """Every published score beside its outcome, as CSV for a French spreadsheet."""
        query = {**_days(first, last), "format": "csv"}
        return self.transport.call("GET", "/evaluation", params=query, read_s=QUALITY_S).content


def _days(first: date | None, last: date | None) -> Mapping[str, Any]:
    return {"from": first and first.isoformat(), "to": last and last.isoformat()}
