"""Runs work on a file that nobody trusts yet in a child process, bounded, without the service's secrets."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from api.domain.shared.exceptions import FieldError, InvalidInput, ModelRefused
from api.inference.importing.steps import STEPS, ReportStep, Step, ignore_step
from api.schemas import french

logger = logging.getLogger(__name__)

WALL_SECONDS = 600.0
_LOOK_S = 0.2
_ROOT = Path(__file__).resolve().parent.parent.parent.parent
# A Python process needs these to start; none of the service's settings goes with them.
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


def run_in_child(
    job: BaseModel, outcome: Path, wall_seconds: float, report_step: ReportStep = ignore_step
) -> dict[str, Any]:
    """Do one of the jobs of :mod:`api.inference.importing.child.child` in a child process.

    Args:
        job: with absolute paths.
        outcome: file that the child writes; this process only reads JSON from it.
        wall_seconds: longest time given to the child [s].
        report_step: called as each check begins there.

    Returns:
        The result of the job.

    Raises:
        ModelRefused: the child refused the file, was stopped, or failed.
        InvalidInput: an option or a companion file must be corrected.
    """
    command = [sys.executable, "-P", "-m", "api.inference.importing.child.child", str(outcome.resolve())]
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    # One thread: figures do not depend on the machine, and an import does not starve the service.
    environment |= {"PYTHONPATH": str(_ROOT), "PYTHONUTF8": "1", "OMP_NUM_THREADS": "1"}
    environment |= {"OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        code, errors = _follow(
            command, environment, job.model_dump_json().encode(), wall_seconds, _Steps(outcome, report_step)
        )
    except subprocess.TimeoutExpired as error:
        raise ModelRefused(
            f"Le contrôle du fichier n’a pas fini en {french.quantity(wall_seconds, 's', 0)} : il est refusé."
        ) from error
    if code != 0 or not outcome.is_file():
        logger.warning(
            "model child process failed",
            extra={"code": code, "stderr": errors.decode(errors="replace")[-2000:]},
        )
        raise ModelRefused(_end_words(code))
    result: dict[str, Any] = json.loads(outcome.read_text(encoding="utf-8"))
    if "trace" in result:
        logger.warning("model child process refused a file unexpectedly", extra={"trace": result["trace"]})
    return _without_refusal(result)


# What the end of a child says of its file, by the signal that ended it.
_ENDS = {
    "SIGSEGV": "il a fait lire de la mémoire qui n’est pas la sienne",
    "SIGBUS": "il a fait lire de la mémoire qui n’est pas la sienne",
    "SIGABRT": "une bibliothèque a refusé son contenu",
    "SIGFPE": "il a fait faire un calcul impossible",
    "SIGXCPU": "il dépasse le temps de calcul accordé",
    "SIGXFSZ": "il fait écrire plus que permis",
    "SIGKILL": "le système a arrêté son contrôle, sans doute faute de mémoire",
}


def _end_words(code: int) -> str:
    """Say why a child that gave no answer ended, from its exit code."""
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = ""
    reason = _ENDS.get(name, "il n’a pas dit pourquoi ; le contenu est peut-être endommagé")
    return (
        f"Le contrôle du fichier s’est interrompu ({name or f'code {code}'}) : {reason}. Le fichier est "
        "refusé ; le reste du service continue."
    )


class _Steps:
    """Passes on the checks that the child reports, each once."""

    def __init__(self, outcome: Path, report_step: ReportStep) -> None:
        self._file, self._report_step, self._reported = outcome.with_suffix(STEPS), report_step, 0

    def look(self) -> None:
        """Pass on the new lines; a line that is being written waits for the next look."""
        if not self._file.is_file():
            return
        lines = self._file.read_text(encoding="ascii").split("\n")[:-1]
        for line in lines[self._reported :]:
            self._report_step(Step(line))
        self._reported = len(lines)


def _follow(
    command: Sequence[str], environment: Mapping[str, str], job: bytes, wall_seconds: float, steps: _Steps
) -> tuple[int, bytes]:
    """Run a process to its end; return its exit code and what it wrote to its standard error."""
    ends, first, pipe = time.monotonic() + wall_seconds, True, subprocess.PIPE
    with subprocess.Popen(  # noqa: S603 - our own interpreter and module, no shell
        command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment
    ) as process:
        try:
            while True:
                left = max(0.0, min(_LOOK_S, ends - time.monotonic()))
                try:
                    _, errors = process.communicate(job if first else None, timeout=left)
                except subprocess.TimeoutExpired:
                    if time.monotonic() >= ends:
                        raise
                    first = False
                    steps.look()
                else:
                    steps.look()
                    return process.returncode, errors
        except BaseException:
            process.kill()  # whatever ends the wait, nothing is left running
            raise


def _without_refusal(result: dict[str, Any]) -> dict[str, Any]:
    """Return the result; raise here the refusal that the child raised."""
    if "refused" in result:
        raise ModelRefused(str(result["refused"]))
    if "invalid" in result:
        raise InvalidInput([FieldError(*entry) for entry in result["invalid"]])
    return result
