"""The dashboard's calls about a model's printable card and about going back."""

from __future__ import annotations

from api.schemas.models import ModelSummary
from ui.client.base import Calls, segment


class CardCalls(Calls):
    """One typed method per call; the client that inherits them carries them over HTTP."""

    def printable_card(self, name: str, version: int) -> bytes:
        """The card of one version as a page to print."""
        path = f"/models/{segment(name)}/{version}/card"
        return bytes(self._call("GET", path, headers={"Accept": "text/html"}).content)

    def rollback(self, name: str, reason: str) -> ModelSummary:
        """Gives its task back to what served before.

        Raises:
            ApiError: 403 without the right, 409 where nothing served before, 422 where it does not serve.
        """
        return self._ask("POST", f"/models/{segment(name)}/rollback", ModelSummary, json={"reason": reason})
