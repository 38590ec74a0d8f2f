"""From a file that somebody brings to a published version, or a refusal that leaves nothing behind.

The file is read in a child process with bounded time and memory and without the service's secrets; this
process never unpickles it.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from api.domain.exceptions import FieldError, InvalidInput, ModelRefused
from api.inference.artefact import MAX_FILE_BYTES, sha256_of
from api.inference.manifest import Manifest
from api.inference.request import (
    ImportRequest,
    ImportResult,
    Job,
    check_request,
    read_draft,
    read_reported,
)
from api.inference.store import ModelStore

__all__ = ["ImportRequest", "ImportResult", "import_model"]

logger = logging.getLogger(__name__)

WALL_SECONDS = 600.0
_ARTEFACT = "model.joblib"
_ROOT = Path(__file__).resolve().parent.parent.parent
# What a Python process needs to start; nothing of the service's settings goes with it.
_ENVIRONMENT = (
    "PATH",
    "LANG",
    "LC_ALL",
    "LD_LIBRARY_PATH",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "TMPDIR",
    "VIRTUAL_ENV",
)


def import_model(
    request: ImportRequest, store: ModelStore, now: datetime, wall_seconds: float = WALL_SECONDS
) -> ImportResult:
    """Check, measure and publish a model file.

    Args:
        request: the file and what is said of it.
        store: where it is published.
        now: aware instant written in the manifest.
        wall_seconds: longest time given to the child process [s].

    Raises:
        ModelRefused: the file may not become a model.
        InvalidInput: an option or a companion file must be corrected.
    """
    check_request(request)
    # Read again by the child: here only so that a slip in them is told at once.
    read_draft(request.manifest)
    read_reported(request.reported)
    if request.file.stat().st_size > MAX_FILE_BYTES:
        raise ModelRefused(f"Le fichier dépasse {MAX_FILE_BYTES // 1024**2} Mo.")
    with store.staging() as work:
        folder = work / "version"
        folder.mkdir()
        # Everything is judged on this copy, so that what is checked is what is published.
        shutil.copyfile(request.file, folder / _ARTEFACT)
        sha256 = sha256_of(folder / _ARTEFACT)
        if known := store.same_artefact(request.name, sha256):
            message = f"Ce fichier est déjà la version {known.version} de {known.name} : rien n’a été ajouté."
            return ImportResult(known, created=False, message=message)
        job = Job(
            request=_with_absolute_paths(request),
            folder=folder.resolve(),
            artefact=_ARTEFACT,
            sha256=sha256,
            version=store.next_version(request.name),
            created_at=now,
        )
        manifest = _manifest_of(_run_child(job, work / "outcome.json", wall_seconds))
        if sha256_of(folder / _ARTEFACT) != sha256 or manifest.sha256 != sha256:
            raise ModelRefused("Le fichier a été modifié pendant son contrôle : il est refusé.")
        published = store.add(folder, manifest)
    logger.info("model published", extra={"model": published.name, "version": published.version})
    return ImportResult(published, created=True, message=_summary(published))


def _run_child(job: Job, outcome: Path, wall_seconds: float) -> dict[str, Any]:
    command = [sys.executable, "-P", "-m", "api.inference.child", str(outcome.resolve())]
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    # One thread: figures do not depend on the machine, and an import does not starve the service.
    environment |= {"PYTHONPATH": str(_ROOT), "PYTHONUTF8": "1", "OMP_NUM_THREADS": "1"}
    environment |= {"OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and module, no shell
            command,
            input=job.model_dump_json().encode(),
            capture_output=True,
            timeout=wall_seconds,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ModelRefused(
            f"Le contrôle du fichier n’a pas fini en {wall_seconds:.0f} s : il est refusé."
        ) from error
    if done.returncode != 0 or not outcome.is_file():
        logger.warning(
            "model import child failed",
            extra={"code": done.returncode, "stderr": done.stderr.decode(errors="replace")[-2000:]},
        )
        raise ModelRefused(
            f"Le contrôle du fichier s’est interrompu (code {done.returncode}) : fichier refusé. Il dépasse "
            "peut-être la mémoire ou le temps accordés, ou son contenu est endommagé."
        )
    result: dict[str, Any] = json.loads(outcome.read_text(encoding="utf-8"))
    return result


def _manifest_of(outcome: dict[str, Any]) -> Manifest:
    """The manifest of an accepted file; a refusal is raised again on this side."""
    if "refused" in outcome:
        raise ModelRefused(str(outcome["refused"]))
    if "invalid" in outcome:
        raise InvalidInput([FieldError(*entry) for entry in outcome["invalid"]])
    try:
        return Manifest.model_validate(outcome["manifest"])
    except ValidationError as error:
        raise ModelRefused("Le manifeste produit est incohérent : fichier refusé.") from error


def _with_absolute_paths(request: ImportRequest) -> ImportRequest:
    """The child has the same folder today; paths should not depend on it."""
    paths = {name: getattr(request, name) for name in ("file", "labelled", "reported", "manifest")}
    changes: dict[str, Any] = {name: path.resolve() for name, path in paths.items() if path is not None}
    return request.model_copy(update=changes)


def _summary(manifest: Manifest) -> str:
    verdict = (
        "passe le contrôle de qualité" if manifest.gate.passed else "ne passe pas le contrôle de qualité"
    )
    reasons = " ".join(manifest.gate.reasons)
    return f"{manifest.name} version {manifest.version} importé ; il {verdict}. {reasons}"
