"""Runs work on a file that nobody trusts yet in a child process, bounded, without the service's secrets."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from api.domain.exceptions import FieldError, InvalidInput, ModelRefused

logger = logging.getLogger(__name__)

WALL_SECONDS = 600.0
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


def run_in_child(job: BaseModel, outcome: Path, wall_seconds: float) -> dict[str, Any]:
    """Do one of :mod:`api.inference.child`'s jobs there.

    Args:
        job: what to do, with absolute paths.
        outcome: file that the child writes; this process only reads JSON from it.
        wall_seconds: longest time given to the child [s].

    Returns:
        What the job found.

    Raises:
        ModelRefused: the child refused, was stopped, or fell.
        InvalidInput: an option or a companion file must be corrected.
    """
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
            "model child process failed",
            extra={"code": done.returncode, "stderr": done.stderr.decode(errors="replace")[-2000:]},
        )
        raise ModelRefused(
            f"Le contrôle du fichier s’est interrompu (code {done.returncode}) : fichier refusé. Il dépasse "
            "peut-être la mémoire ou le temps accordés, ou son contenu est endommagé."
        )
    result: dict[str, Any] = json.loads(outcome.read_text(encoding="utf-8"))
    return _raised_again(result)


def _raised_again(result: dict[str, Any]) -> dict[str, Any]:
    """What was found; a refusal in the child is one on this side too."""
    if "refused" in result:
        raise ModelRefused(str(result["refused"]))
    if "invalid" in result:
        raise InvalidInput([FieldError(*entry) for entry in result["invalid"]])
    return result
