"""The dashboard's calls about models: what is stored, what serves, what is tried in shadow."""

from __future__ import annotations

from api.schemas.candidates import Candidate, ModelComparison, ShadowReport
from api.schemas.common import Items
from api.schemas.models import ModelCard, ModelList, ModelSummary
from ui.client_base import Calls, segment


class ModelCalls(Calls):
    """One typed method per call; the client that inherits them carries them over HTTP."""

    def models(self) -> ModelList:
        """Every stored version of every model."""
        return self._get("/models", ModelList)

    def model_card(self, name: str, version: int) -> ModelCard:
        """The card of one version."""
        return self._get(f"/models/{segment(name)}/{version}", ModelCard)

    def activate(self, name: str, version: int, reason: str) -> ModelSummary:
        """Lets a version serve its task.

        Raises:
            ApiError: 403 without the right, 409 where it does not pass the quality gate.
        """
        body = {"reason": reason}
        return self._ask("POST", f"/models/{segment(name)}/{version}/activate", ModelSummary, json=body)

    def candidates(self) -> list[Candidate]:
        """Versions tried in shadow, one per task at most, then the last that were."""
        return self._get("/candidates", Items[Candidate]).items

    def choose_candidate(self, task: str, name: str, version: int, reason: str) -> Candidate:
        """Tries a version in shadow, in place of the one tried before.

        Raises:
            ApiError: 403 without the right, 409 where it is in force or tried already, 422 where it reads
                what the park does not measure.
        """
        body = {"name": name, "version": version, "reason": reason}
        return self._ask("PUT", f"/candidates/{segment(task)}", Candidate, json=body)

    def withdraw_candidate(self, task: str, reason: str) -> Candidate:
        """Ends the candidate of a task."""
        return self._ask("DELETE", f"/candidates/{segment(task)}", Candidate, params={"reason": reason})

    def candidate_report(self, task: str, limit: int) -> ShadowReport:
        """What the candidate would have changed; ``limit`` turbines at most, the widest gaps first."""
        return self._get(f"/candidates/{segment(task)}/report", ShadowReport, {"limit": limit})

    def compare_models(self, task: str, left: str, right: str) -> ModelComparison:
        """Two versions, each ``name:version``, on rows that neither has seen."""
        return self._get("/models/compare", ModelComparison, {"task": task, "left": left, "right": right})
