"""From a model file to a published version, or a refusal that leaves nothing behind.

The file is read in a child process with bounded time and memory and without the service's secrets; this
process never unpickles it.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from api.domain.shared.exceptions import Conflict, ModelRefused
from api.inference.importing.isolation import WALL_SECONDS, run_in_child
from api.inference.importing.request import (
    ImportRequest,
    ImportResult,
    Job,
    check_request,
    read_draft,
    read_reported,
)
from api.inference.importing.steps import ReportStep, Step, ignore_step
from api.inference.serving.artefact import MAX_FILE_BYTES, is_onnx, sha256_of
from api.inference.serving.manifest import ONNX_ENDING, Manifest
from api.inference.serving.store import ModelStore
from api.schemas import french

__all__ = ["ImportRequest", "ImportResult", "import_model"]

logger = logging.getLogger(__name__)

_PICKLE, _ONNX = "model.joblib", f"model{ONNX_ENDING}"


def import_model(
    request: ImportRequest,
    store: ModelStore,
    now: datetime,
    wall_seconds: float = WALL_SECONDS,
    report_step: ReportStep = ignore_step,
    agree: Callable[[Manifest], None] = lambda _manifest: None,
) -> ImportResult:
    """Check, measure and publish a model file.

    Args:
        request: the file and its description.
        store: where the version is published.
        now: aware instant written in the manifest.
        wall_seconds: longest time given to the child process [s].
        report_step: called as each check begins.
        agree: called before the version is published; a Conflict that it raises refuses it.

    Raises:
        ModelRefused: the file may not become a model.
        InvalidInput: an option or a companion file must be corrected.
    """
    check_request(request)
    # The child reads these again; they are read here so that a mistake in them is refused at once.
    read_draft(request.manifest)
    read_reported(request.reported)
    if request.file.stat().st_size > MAX_FILE_BYTES:
        raise ModelRefused(f"Le fichier dépasse {french.quantity(MAX_FILE_BYTES // 1024**2, 'Mo')}.")
    with store.staging() as work:
        folder = work / "version"
        folder.mkdir()
        # Every check reads this copy, so that the file checked is the file published.
        artefact = _kept(request.file, folder)
        sha256 = sha256_of(folder / artefact)
        if known := store.same_artefact(request.name, sha256):
            message = f"Ce fichier est déjà la version {known.version} de {known.name} : rien n’a été ajouté."
            return ImportResult(known, created=False, message=message)
        job = Job(
            request=request.absolute(),
            folder=folder.resolve(),
            artefact=artefact,
            sha256=sha256,
            version=store.next_version(request.name),
            created_at=now,
        )
        manifest = _manifest_of(run_in_child(job, work / "outcome.json", wall_seconds, report_step))
        report_step(Step.RANGEMENT)
        if sha256_of(folder / artefact) != sha256 or (manifest.artefact, manifest.sha256) != (
            artefact,
            sha256,
        ):
            raise ModelRefused("Le fichier a été modifié pendant son contrôle : il est refusé.")
        try:
            agree(manifest)
        except Conflict as error:
            raise ModelRefused(error.detail) from error
        published = store.add(folder, manifest)
    logger.info("model published", extra={"model": published.name, "version": published.version})
    return ImportResult(published, created=True, message=_summary(published))


def _kept(file: Path, folder: Path) -> str:
    """Copy a model file into the folder of its version; return its name there.

    Its content decides the kind, not its own name.
    """
    copy = folder / _PICKLE
    shutil.copyfile(file, copy)
    with copy.open("rb") as stream:
        onnx = is_onnx(stream.read(1))
    if onnx:
        copy.rename(folder / _ONNX)
    return _ONNX if onnx else _PICKLE


def _manifest_of(result: Mapping[str, Any]) -> Manifest:
    try:
        return Manifest.model_validate(result["manifest"])
    except ValidationError as error:
        raise ModelRefused("Le manifeste produit est incohérent : fichier refusé.") from error


def _summary(manifest: Manifest) -> str:
    verdict = (
        "passe le contrôle de qualité" if manifest.gate.passed else "ne passe pas le contrôle de qualité"
    )
    reasons = " ".join(manifest.gate.reasons)
    return f"{manifest.name} version {manifest.version} importé ; il {verdict}. {reasons}"
