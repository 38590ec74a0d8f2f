"""The dashboard's calls about models: stored, active and candidate versions, cards, imports."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from api.schemas.candidates import Candidate, ModelComparison, ShadowReport
from api.schemas.common import Items
from api.schemas.model_imports import ModelImport
from api.schemas.models import ModelCard, ModelList, ModelSummary
from ui.client.measure_file import UPLOAD_S, Form, Part
from ui.client.transport import Transport, segment


@dataclass(frozen=True)
class ModelCalls:
    """One typed method per call."""

    transport: Transport

    def all(self) -> ModelList:
        """Read every stored version of every model."""
        return self.transport.get("/models", ModelList)

    def card(self, name: str, version: int) -> ModelCard:
        """Read the card of one version."""
        return self.transport.get(f"/models/{segment(name)}/{version}", ModelCard)

    def activate(self, name: str, version: int, reason: str) -> ModelSummary:
        """Put a version into service for its task.

        Raises:
            ApiError: 403 without the right, 409 where it does not pass the quality gate.
        """
        body = {"reason": reason}
        path = f"/models/{segment(name)}/{version}/activate"
        return self.transport.write("POST", path, ModelSummary, body)

    def candidates(self) -> list[Candidate]:
        """Read the versions tried in shadow, one per task at most, then the former ones."""
        return self.transport.get("/candidates", Items[Candidate]).items

    def choose_candidate(self, task: str, name: str, version: int, reason: str) -> Candidate:
        """Try a version in shadow, in place of the one tried before.

        Raises:
            ApiError: 403 without the right, 409 where it is in force or tried already, 422 where it reads
                what the park does not measure.
        """
        body = {"name": name, "version": version, "reason": reason}
        return self.transport.write("PUT", f"/candidates/{segment(task)}", Candidate, body)

    def withdraw_candidate(self, task: str, reason: str) -> Candidate:
        """End the trial of a task's candidate."""
        return self.transport.write(
            "DELETE", f"/candidates/{segment(task)}", Candidate, params={"reason": reason}
        )

    def candidate_report(self, task: str, limit: int) -> ShadowReport:
        """Read what the candidate would have changed; ``limit`` turbines at most, widest gaps first."""
        return self.transport.get(f"/candidates/{segment(task)}/report", ShadowReport, {"limit": limit})

    def compare(self, task: str, left: str, right: str) -> ModelComparison:
        """Compare two versions, each ``name:version``, on rows that neither has seen."""
        return self.transport.get(
            "/models/compare", ModelComparison, {"task": task, "left": left, "right": right}
        )

    def import_file(self, fields: Mapping[str, str], files: Mapping[str, tuple[str, bytes]]) -> ModelImport:
        """Send a model file to be checked and stored by the worker.

        Args:
            fields: name, task and the rest of the form.
            files: name and content by role; ``file`` is the model.

        Raises:
            ApiError: 403 without the right, 413 too large, 422 with one entry per wrong field.
        """
        texts = [Part(name, text.encode()) for name, text in fields.items() if text]
        form = Form([*texts, *(Part(role, content, name) for role, (name, content) in files.items())])
        digests = [hashlib.sha256(content).hexdigest() for _, content in files.values()]

        def send(key: dict[str, str]) -> ModelImport:
            headers = {**form.headers, **key}
            return self.transport.ask(
                "POST", "/models/imports", ModelImport, read_s=UPLOAD_S, headers=headers, data=form
            )

        return self.transport.once(f"/models/imports {fields} {list(files)} {digests}".encode(), send)

    def import_state(self, import_id: int) -> ModelImport:
        """Read one import of a model, check by check."""
        return self.transport.get(f"/models/imports/{import_id}", ModelImport)

    def imports(self, limit: int) -> list[ModelImport]:
        """Read the last imports of models, newest first."""
        return self.transport.get("/models/imports", Items[ModelImport], {"limit": limit}).items

    def printable_card(self, name: str, version: int) -> bytes:
        """Read the card of one version as a page to print."""
        path = f"/models/{segment(name)}/{version}/card"
        return self.transport.call("GET", path, headers={"Accept": "text/html"}).content

    def retire(self, name: str, version: int, reason: str) -> ModelSummary:
        """Take a version out, so that nobody activates it any more.

        Raises:
            ApiError: 403 without the right, 404 where it is unknown, 409 where it serves or is out already.
        """
        path = f"/models/{segment(name)}/{version}/retire"
        return self.transport.write("POST", path, ModelSummary, {"reason": reason})

    def rollback(self, name: str, reason: str) -> ModelSummary:
        """Put back into service the version that served the task before.

        Raises:
            ApiError: 403 without the right, 409 where nothing served before, 422 where it does not serve.
        """
        path = f"/models/{segment(name)}/rollback"
        return self.transport.write("POST", path, ModelSummary, {"reason": reason})
