"""Models sent to the API: received here, checked and stored by the worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from pydantic import ValidationError
from sqlalchemy import Row

from api.domain.shared.exceptions import FieldError, InvalidInput, ModelRefused, NotFound
from api.inference.importing.importer import ImportRequest, ImportResult, import_model
from api.inference.importing.request import check_request, read_draft, read_reported
from api.inference.importing.split_words import split_sent
from api.inference.importing.steps import Step
from api.inference.serving.manifest import Manifest
from api.inference.serving.store import ModelStore
from api.schemas import french
from api.schemas.common import FieldProblem
from api.schemas.model_imports import ModelImport, ModelImportStep
from api.schemas.vocabulary import AuditAction
from api.services.models import import_words as words
from api.services.models.labelled_rows import plain_rows
from api.services.models.sensors import check_units, current_catalogue
from api.services.shared.audit import AuditQuery, AuditService
from api.services.shared.uploads import Uploads
from api.storage.shared import jobs
from api.storage.shared.database import Database

ROLES = ("file", "labelled", "reported", "golden", "manifest")
TEXTS = ("name", "task", "positive", "features", "split", "reason")
_LONGEST = {"reason": 500, "features": 20_000, "split": 300, "positive": 80}
_REQUIRED = {
    "name": "donnez le nom du modèle : lettres minuscules sans accent, chiffres, - et _.",
    "task": "« classification » ou « regression » est attendu.",
}
Files = Mapping[str, tuple[BinaryIO, str | None]]


@dataclass(frozen=True)
class ModelImports:
    """Receives model files and reports their import by the worker; unpickles nothing itself."""

    database: Database
    store: ModelStore
    audit: AuditService
    uploads: Uploads
    now: Callable[[], datetime]

    def receive(self, files: Files, texts: Mapping[str, str], sender: str) -> ModelImport:
        """Store the files and queue their import.

        Args:
            files: content and name by role, see :data:`ROLES`; ``file`` is the model.
            texts: fields by name, see :data:`TEXTS`; commas or spaces separate features.
            sender: who asks.

        Raises:
            InvalidInput: a field or a companion file must be corrected; nothing is stored.
        """
        _check_texts(files, texts)
        token, queued = self.uploads.new(), False
        try:
            kept = {
                role: self.uploads.keep_with(token, role, stream, filename).path.name
                for role, (stream, filename) in files.items()
            }
            payload = {"upload": token, "filename": kept["file"], "files": kept, "texts": dict(texts)}
            request = self._request(payload, sender)
            check_request(request)
            read_draft(request.manifest)
            read_reported(request.reported)
            with self.database.write() as connection:
                kind, now = jobs.MODEL_IMPORT, self.now()
                job_id = jobs.add(connection, kind=kind, payload=payload, by=sender, now=now)
            queued = True
        except InvalidInput as error:
            raise InvalidInput([_in_form(entry) for entry in error.errors]) from error
        finally:
            if not queued:
                self.uploads.drop(token)
        return self.get(job_id)

    def carry_out(self, job: Row[Any]) -> dict[str, Any]:
        """Do a queued import, in the worker; doing it again adds no second version.

        Returns:
            The job's result: the version, or the refusal.
        """
        progress: dict[str, Any] = {"current": Step.CONTENU.value}

        def report_step(step: Step) -> None:
            progress["current"] = step.value
            with self.database.write() as connection:
                jobs.keep_result(connection, job.id, progress)

        report_step(Step.CONTENU)
        try:
            request = self._request(job.payload, job.requested_by)
            with plain_rows(request.labelled, current_catalogue(self.database, self.store)) as rows:
                request = request.model_copy(update={"labelled": rows.path, "labelled_sha256": rows.sha256})
                result = import_model(
                    request, self.store, job.created_at, report_step=report_step, agree=self.agree
                )
        except InvalidInput as error:
            entries = [_in_form(entry) for entry in error.errors]
            errors = [[entry.field, entry.message, entry.value] for entry in entries]
            sentence = " ".join(entry.message for entry in entries)
            return {
                **progress,
                "refusal": sentence,
                "remedy": words.remedy_of(error.detail),
                "errors": errors,
            }
        except ModelRefused as error:
            refusal = words.in_a_form(error.detail)
            return {**progress, "refusal": refusal, "remedy": words.remedy_of(error.detail)}
        return self._kept(job, result)

    def agree(self, manifest: Manifest) -> None:
        """Refuse a version whose columns have other units than those that the cockpit stores.

        Raises:
            Conflict: it names them.
        """
        with self.database.read() as connection:
            check_units(connection, self.store, manifest)

    def _kept(self, job: Row[Any], result: ImportResult) -> dict[str, Any]:
        manifest = result.manifest
        # A worker killed after publishing meets its own version when the job is done again.
        own = manifest.created_at == job.created_at and manifest.imported_by == job.requested_by
        created = result.created or (job.attempts > 1 and own)
        which = f"{manifest.name}:{manifest.version}"
        if created and not self._noted(which):
            details = {"task": manifest.task, "sha256": manifest.sha256}
            self.audit.note(AuditAction.MODELE_IMPORTE, "modele", which, by=job.requested_by, details=details)
        message = result.message
        if created and not result.created:
            message = f"{manifest.name} version {manifest.version} importé. {' '.join(manifest.gate.reasons)}"
        return {
            "current": None,
            "version": manifest.version,
            "created": created,
            "admitted": manifest.gate.passed,
            "message": message,
            "found": words.check_results(manifest),
        }

    def _noted(self, which: str) -> bool:
        query = AuditQuery(action=AuditAction.MODELE_IMPORTE, object_id=which, limit=1)
        return self.audit.page(query).total > 0

    def forget(self, job: Row[Any]) -> None:
        """Delete the files of a job that ended."""
        self.uploads.drop(job.payload["upload"])

    def get(self, job_id: int) -> ModelImport:
        """Return the progress of an import.

        Raises:
            NotFound: no such import.
        """
        with self.database.read() as connection:
            row = jobs.get(connection, job_id)
        if row is None or row.kind != jobs.MODEL_IMPORT:
            raise NotFound("Import de modèle", job_id)
        return _answer(row)

    def newest(self, limit: int) -> list[ModelImport]:
        """Return the last imports, newest first."""
        with self.database.read() as connection:
            return [_answer(row) for row in jobs.newest(connection, jobs.MODEL_IMPORT, limit)]

    def _request(self, payload: Mapping[str, Any], sender: str) -> ImportRequest:
        texts: Mapping[str, str] = payload["texts"]
        paths: dict[str, Path] = {
            role: self.uploads.path(payload["upload"], role) / name for role, name in payload["files"].items()
        }
        features = tuple(texts.get("features", "").replace(",", " ").replace(";", " ").split())
        try:
            return ImportRequest.model_validate(
                {
                    **paths,
                    "name": texts["name"],
                    "task": texts["task"],
                    "positive": texts.get("positive"),
                    "features": features or None,
                    "split": split_sent(texts.get("split")),
                    "imported_by": sender,
                }
            )
        except ValidationError as error:
            raise InvalidInput.single("task", _REQUIRED["task"], texts["task"]) from error


def _check_texts(files: Files, texts: Mapping[str, str]) -> None:
    wrong = [FieldError(field, remedy) for field, remedy in _REQUIRED.items() if not texts.get(field)]
    if "file" not in files:
        wrong.append(FieldError("file", "joignez le modèle (pickle, joblib ou ONNX) dans le champ « file »."))
    if texts.get("split") and "labelled" not in files:
        wrong.append(FieldError("split", "joignez aussi les mesures étiquetées qu’il départage (labelled)."))
    wrong += [
        FieldError(field, f"{french.counted(most, 'caractère')} au plus.")
        for field, most in _LONGEST.items()
        if len(texts.get(field, "")) > most
    ]
    if wrong:
        raise InvalidInput(wrong)


def _in_form(entry: FieldError) -> FieldError:
    return FieldError(entry.field, words.in_a_form(entry.message), entry.value)


def _answer(row: Row[Any]) -> ModelImport:
    result: Mapping[str, Any] = row.result or {}
    texts, refusal = row.payload["texts"], result.get("refusal")
    status = "refuse" if row.status == "termine" and refusal else row.status
    return ModelImport(
        import_id=row.id,
        filename=row.payload["filename"],
        name=texts["name"],
        task=texts["task"],
        status=status,
        steps=_steps(status, result),
        requested_by=row.requested_by,
        reason=texts.get("reason"),
        created_at=row.created_at,
        finished_at=row.finished_at,
        version=result.get("version"),
        created=result.get("created"),
        admitted=result.get("admitted"),
        message=result.get("message"),
        refusal=refusal or row.error,
        remedy=result.get("remedy"),
        errors=[FieldProblem(field=f, message=m, value=v) for f, m, v in result.get("errors", [])],
    )


def _steps(status: str, result: Mapping[str, Any]) -> list[ModelImportStep]:
    """List the checks: those before the current one passed, those after it wait or were not reached."""
    order = list(Step)
    details: Mapping[str, str] = result.get("found", {})
    current = result.get("current")
    reached = len(order) if status == "termine" else 0 if current is None else order.index(Step(current))
    under_way = status in {"en_attente", "en_cours"}
    here = {"en_cours": "en_cours", "refuse": "refuse"}.get(status, "en_attente" if under_way else "non_fait")
    after = "en_attente" if under_way else "non_fait"
    return [
        ModelImportStep.model_validate(
            {
                "key": step.value,
                "name": words.NAMES[step],
                "state": "reussi" if number < reached else here if number == reached else after,
                "detail": result.get("refusal", "") if number == reached else details.get(step.value, ""),
            }
        )
        for number, step in enumerate(order)
    ]
