"""The dashboard's calls about scorings of the park, beside those that start and follow one."""

from __future__ import annotations

from api.schemas.park import Run
from ui.client.base import Calls


class RunCalls(Calls):
    """One typed method per call; the client that inherits them carries them over HTTP."""

    def cancel_run(self, run_id: int) -> Run:
        """Stops a scoring that waits or is under way; the published ranking stays.

        Raises:
            ApiError: 403 without the right, 404 where there is none, 409 where it has ended.
        """
        return self._ask("POST", f"/park/runs/{run_id}/cancel", Run)
