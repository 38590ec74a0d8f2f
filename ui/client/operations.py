"""The dashboard's calls about the cockpit's own health."""

from __future__ import annotations

from dataclasses import dataclass

from api.schemas.supervision import CallLog, Supervision
from ui.client.transport import Transport


@dataclass(frozen=True)
class OperationCalls:
    """One typed method per call."""

    transport: Transport

    def supervision(self) -> Supervision:
        """Read whether the cockpit runs and how well."""
        return self.transport.get("/supervision", Supervision)

    def logs(self, limit: int) -> CallLog:
        """Read the last calls, newest first."""
        return self.transport.get("/logs", CallLog, {"limit": limit})
